"""RuleTable: how one target says each op. Register once, look up, list the holes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from archcompile.diagnostics import InternalError
from archcompile.ir.op import Op

Rule = TypeVar("Rule", bound=Callable[..., object])


class RuleTable(Generic[Rule]):
    """The rules of one target, by op class; a rule serves no subclasses of what it names."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._rules: dict[type[Op], Rule] = {}

    def register(self, *ops: type[Op]) -> Callable[[Rule], Rule]:
        """Decorate the rule of one or more ops. A second rule for an op is a mistake of ours."""

        def decorate(rule: Rule) -> Rule:
            for op in ops:
                if op in self._rules:
                    raise InternalError(f"{self.target} has two rules for `{op.key}`")
                self._rules[op] = rule
            return rule

        return decorate

    def find(self, op: type[Op]) -> Rule | None:
        """The op's rule, or ``None``."""
        return self._rules.get(op)

    def __getitem__(self, op: type[Op]) -> Rule:
        rule = self.find(op)
        if rule is None:
            raise InternalError(f"{self.target} has no rule for `{op.key}`")
        return rule

    def holes(self, ops: Iterable[type[Op]]) -> tuple[type[Op], ...]:
        """The ops that this target cannot say."""
        return tuple(op for op in ops if op not in self._rules)
