"""Arguments of a call: Python's rules (positions, then keywords), then the callee's types.

An op's arguments are validated by its own pydantic model, a block's by its parameters' type words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from pydantic import ValidationError

from archcompile.diagnostics import Code, Span, SpecError
from archcompile.frontend.binding import bind_trees, report_missing
from archcompile.frontend.findings import Findings
from archcompile.frontend.frame import Frame, mentioned
from archcompile.frontend.mentions import dim_words
from archcompile.frontend.passed import Passed
from archcompile.frontend.sizes import is_constant, to_dim, to_python
from archcompile.frontend.slots import Slot, slots
from archcompile.frontend.tree import Scalar, Sequence, Tree
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr, ListOf, Literal, Name
from archcompile.ir.op import Op, Unknown


@dataclass(frozen=True, slots=True)
class BuiltOp:
    """An op with its arguments, each as it is written, and the author's form of symbolic sizes."""

    op: Op
    given: dict[str, Tree]
    written: tuple[tuple[Dim, Expr], ...]
    """None that names what its size does not depend on, as ``n - n + 1`` would."""


@dataclass(frozen=True, slots=True)
class Call:
    """A line's call: the word, its arguments and the frame that explains them.

    Where the word is a layer parameter, ``preset`` is what was handed over for it, whose arguments
    stand behind the line's own.
    """

    word: Scalar
    arguments: Tree | None
    frame: Frame
    preset: Passed | None = None

    @property
    def op(self) -> Scalar:
        """The word of the op or block itself."""
        return self.word if self.preset is None else self.preset.op

    def given(self, callee: str, names: tuple[str, ...], findings: Findings) -> Given:
        """Each argument with its frame."""
        found: Given = {}
        if self.preset is not None:
            handed = bind_trees(callee, self.preset.op, self.preset.arguments, names, findings)
            shapes = {**self.preset.frame.shapes, **self.frame.shapes}
            frame = replace(self.preset.frame, shapes=shapes)
            found = {name: (tree, frame) for name, tree in handed.items()}
        own = bind_trees(callee, self.word, self.arguments, names, findings)
        return found | {name: (tree, self.frame) for name, tree in own.items()}


Given: TypeAlias = dict[str, tuple[Tree, Frame]]


def build_op(kind: type[Op], call: Call) -> BuiltOp:
    """The op with these arguments. Raises every finding about them at once."""
    wanted = slots(kind)
    findings = Findings()
    given = _as_one_list(kind, call).given(kind.key, tuple(wanted), findings)
    values: dict[str, Expr] = {}
    for name, (tree, frame) in given.items():
        with findings.collecting():
            values[name] = frame.value(tree, wanted[name].words)
    missing = [name for name, slot in wanted.items() if slot.required and name not in given]
    report_missing(kind.key, call.word, missing, findings)
    findings.stop()
    return _validated(kind, call.word, values, {name: tree for name, (tree, _) in given.items()})


def _as_one_list(kind: type[Op], call: Call) -> Call:
    """``permute: [0, 2, 3, 1]`` gives its first argument, which is a list, not four of them."""
    whole = call.arguments
    if not kind.takes_list or not isinstance(whole, Sequence):
        return call
    is_flat = all(isinstance(item, Scalar) for item in whole.items)
    if not is_flat and len(kind.model_fields) > 1:
        return call
    return replace(call, arguments=Sequence(whole.span, (whole,)))


def _validated(
    kind: type[Op], call: Scalar, values: dict[str, Expr], given: dict[str, Tree]
) -> BuiltOp:
    held = {name: _held(value, slots(kind)[name]) for name, value in values.items()}
    unknown = {name: value for name, value in held.items() if isinstance(value, Unknown)}
    known = {name: value for name, value in held.items() if name not in unknown}
    try:
        op = kind.model_validate(known)
    except ValidationError as error:
        raise _refused(error, call, given) from None
    parts = (part for value in values.values() for part in _symbolic_parts(value))
    written = tuple(
        (size, part) for part in parts if mentioned(part) <= dim_words(size := to_dim(part))
    )
    return BuiltOp(op.updated(unknown) if unknown else op, given, written)


def _held(value: Expr, slot: Slot) -> object:
    """What the op's field holds: a constant, a size, or ``Unknown`` until a block is called."""
    if is_constant(value):
        return to_python(value)
    if not slot.is_size:
        return Unknown(str(value))
    if isinstance(value, ListOf):
        return tuple(_held(item, slot) for item in value.items)
    return to_dim(value)


def _symbolic_parts(value: Expr) -> tuple[Expr, ...]:
    if isinstance(value, ListOf):
        return tuple(part for item in value.items for part in _symbolic_parts(item))
    return () if isinstance(value, Literal | Name) else (value,)


def _refused(error: ValidationError, call: Scalar, given: dict[str, Tree]) -> SpecError:
    """pydantic's findings, one for each argument, at the argument's own place."""
    findings = Findings()
    seen: set[object] = set()
    for detail in error.errors(include_url=False):
        field = detail["loc"][0] if detail["loc"] else None
        if field in seen:
            continue  # the members of a union each complain; the first says it
        seen.add(field)
        span = _place(given, detail["loc"], call)
        about = f"`{field}`: " if field is not None else ""
        findings.add(Code.BAD_ARGUMENT, f"{about}{_plain(detail['msg'])}", span)
    return SpecError(findings.found)


def _place(given: dict[str, Tree], location: tuple[int | str, ...], call: Scalar) -> Span:
    tree = given.get(str(location[0])) if location else None
    if tree is None:
        return call.span
    for step in location[1:]:
        if isinstance(step, int) and isinstance(tree, Sequence) and step < len(tree.items):
            tree = tree.items[step]
    return tree.span


def _plain(message: str) -> str:
    """pydantic's sentence, in the house's words."""
    for theirs, ours in (
        ("Input should be a valid boolean", "expected true or false"),
        ("Input should be a valid number", "expected a number"),
        ("Input should be a valid integer", "expected an integer"),
        ("Input should be a valid string", "expected a word"),
        ("Input should be a valid tuple", "expected a list"),
        ("Input should be ", "expected "),
        ("Value error, ", ""),
    ):
        if message.startswith(theirs):
            return ours + message[len(theirs) :]
    return message
