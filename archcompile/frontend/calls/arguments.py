"""Arguments of a call: Python's rules (positions, then keywords), then the callee's types.

An op's arguments are validated by its own pydantic model, a block's by its parameters' type words.
"""

from __future__ import annotations

from dataclasses import field, replace
from functools import lru_cache
from typing import TypeAlias

from pydantic import ValidationError

from archcompile.diagnostics import Code, SpecError
from archcompile.diagnostics.span import small_value
from archcompile.frontend.calls.binding import Binding
from archcompile.frontend.calls.passed import Passed
from archcompile.frontend.calls.repairs import refuse_misread, repaired
from archcompile.frontend.calls.slots import Slot, slots
from archcompile.frontend.definition.mentions import dim_words
from archcompile.frontend.document.document import Layer
from archcompile.frontend.expressions.frame import Frame, mentioned
from archcompile.frontend.expressions.sizes import is_constant, to_dim, to_python
from archcompile.frontend.findings import Findings
from archcompile.frontend.text.tree import Scalar, Sequence, Tree
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr, ListOf, Literal, Name
from archcompile.ir.op import Op, Unknown


@small_value
class BuiltOp:
    """An op with its arguments, each as it is written, and the author's form of symbolic sizes."""

    op: Op
    given: dict[str, Tree]
    written: tuple[tuple[Dim, Expr], ...]
    """None that names what its size does not depend on, as ``n - n + 1`` would."""


@small_value
class Call:
    """A line's call: the word, its arguments and the frame that explains them.

    Where the word is a layer parameter, ``preset`` is what was handed over for it, whose arguments
    stand behind the line's own.
    """

    word: Scalar
    arguments: Tree | None
    frame: Frame
    preset: Passed | None = None
    layer: Layer | None = None
    """The line, where the word and its arguments are the line's own."""

    @property
    def op(self) -> Scalar:
        """The word of the op or block itself."""
        return self.word if self.preset is None else self.preset.op

    @property
    def op_arguments(self) -> Tree | None:
        """The arguments that stand behind the word of the op or block itself."""
        return self.arguments if self.preset is None else self.preset.arguments

    @property
    def op_layer(self) -> Layer | None:
        """The line, if the word of the op or block itself stands in it."""
        return self.layer if self.preset is None else None

    def given(
        self, callee: str, names: tuple[str, ...], required: list[str], findings: Findings
    ) -> Given:
        """Each argument with its frame; a required one that is not given is a finding."""
        own = Binding(callee, names, self.word, self.arguments, self.layer)
        if self.preset is not None:
            return self._given_behind(self.preset, own, required, findings)
        found = {name: (tree, self.frame) for name, tree in own.bind(findings).items()}
        own.report_missing([name for name in required if name not in found], findings)
        return found

    def _given_behind(
        self, preset: Passed, own: Binding, required: list[str], findings: Findings
    ) -> Given:
        """The line's own arguments before those that were handed over with the layer."""
        handed = Binding(own.callee, own.names, preset.op, preset.arguments)
        handed.bind(findings)
        shapes = {**preset.frame.shapes, **self.frame.shapes}
        frame = replace(preset.frame, shapes=shapes)
        found = {name: (tree, frame) for name, tree in handed.bound.items()}
        own.meant |= handed.meant
        own.is_unclear |= handed.is_unclear
        own.bind(findings)
        found |= {name: (tree, self.frame) for name, tree in own.bound.items()}
        missing = [name for name in required if name not in found]
        if own.bound:
            own.report_missing(missing, findings)
        else:
            handed.meant |= own.meant
            handed.report_missing(missing, findings, self.word.text)
        return found


Given: TypeAlias = dict[str, tuple[Tree, Frame]]


def build_op(kind: type[Op], call: Call) -> BuiltOp:
    """The op with these arguments. Raises every finding about them at once."""
    wanted = slots(kind)
    findings = Findings()
    required = [name for name, slot in wanted.items() if slot.required]
    given = _as_one_list(kind, call).given(kind.key, tuple(wanted), required, findings)
    values: dict[str, Expr] = {}
    for name, (tree, frame) in given.items():
        with findings.collecting():
            refuse_misread(kind.key, wanted[name], tree, frame)
            values[name] = frame.value(tree, wanted[name].words)
    findings.stop()
    return _validated(kind, call, values, {name: tree for name, (tree, _) in given.items()})


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
    kind: type[Op], call: Call, values: dict[str, Expr], given: dict[str, Tree]
) -> BuiltOp:
    held = {name: _held(value, slots(kind)[name]) for name, value in values.items()}
    unknown = {name: value for name, value in held.items() if isinstance(value, Unknown)}
    known = {name: value for name, value in held.items() if name not in unknown}
    try:
        op = _model(kind, _Known(repr(known), known))
    except ValidationError as error:
        raise _refused(error, kind, call, given) from None
    parts = [part for value in values.values() for part in _symbolic_parts(value)]
    written = tuple(
        (size, part) for part in parts if mentioned(part) <= dim_words(size := to_dim(part))
    )
    return BuiltOp(op.updated(unknown) if unknown else op, given, written)


@small_value
class _Known:
    """Constant arguments; their text tells ``1`` from ``1.0`` and ``true`` as no equality does."""

    text: str
    values: dict[str, object] = field(compare=False)


@lru_cache(maxsize=4096)
def _model(kind: type[Op], known: _Known) -> Op:
    """The op of these arguments, remembered. Raises ``ValidationError``."""
    return kind.model_validate(known.values)


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


def _refused(
    error: ValidationError, kind: type[Op], call: Call, given: dict[str, Tree]
) -> SpecError:
    """pydantic's findings, one for each argument, at the argument's own place."""
    findings = Findings()
    seen: set[object] = set()
    for detail in error.errors(include_url=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        if name in seen:
            continue  # the members of a union each complain; the first says it
        seen.add(name)
        tree = _at(given.get(name), detail["loc"])
        about = f"`{name}`: " if name else ""
        repair = None if tree is None else repaired(call, slots(kind)[name], tree)
        findings.add(
            Code.BAD_ARGUMENT,
            f"{about}{_plain(detail['msg'])}",
            call.word.span if tree is None else tree.span,
            help=None if repair is None else repair.help,
            fix=() if repair is None else repair.fix,
        )
    return SpecError(findings.found)


def _at(tree: Tree | None, location: tuple[int | str, ...]) -> Tree | None:
    """The value at fault: an argument, or the item of a list."""
    for step in location[1:]:
        if isinstance(step, int) and isinstance(tree, Sequence) and step < len(tree.items):
            tree = tree.items[step]
    return tree


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
