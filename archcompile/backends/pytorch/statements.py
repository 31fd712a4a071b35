"""The statements of ``forward`` in their order, before they have variables."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from archcompile.backends.pytorch.construct import form_of
from archcompile.backends.pytorch.names import module_path
from archcompile.backends.pytorch.segments import running
from archcompile.backends.pytorch.training import Work, only_training
from archcompile.diagnostics import InternalError
from archcompile.ir.definition import Apply, Definition, OpUse, Segment, Step
from archcompile.ir.op import Undecided
from archcompile.targets.pytorch import AttributeForm


@dataclass(frozen=True, slots=True)
class Statement:
    """An assignment, or a ``return`` where there is no step."""

    step: Step | None
    """Of several pieces of one value, the step of the first."""
    makes: tuple[str, ...]
    reads: tuple[str, ...]
    """The values in variables that it reads."""

    @property
    def is_return(self) -> bool:
        """Whether it ends ``forward``, perhaps in evaluation only."""
        return self.step is None


def inlined(definition: Definition) -> dict[str, str]:
    """The values that are attributes themselves, and how each is said where it is read."""
    found: dict[str, str] = {}
    for step in definition.steps:
        form = form_of(step.use) if isinstance(step, Apply) else None
        if isinstance(form, AttributeForm):
            path, kind = module_path(step.name), "parameter" if form.is_trained else "buffer"
            found[step.name] = f'self.get_{kind}("{path}")' if "." in path else f"self.{path}"
    return found


def shown(definition: Definition) -> tuple[tuple[str, str], ...]:
    """The outputs with their values: those that only training computes stand last."""
    return tuple(sorted(definition.outputs, key=lambda each: each[0] in definition.training))


def maker(value: str, names: Collection[str]) -> str:
    """The step that makes a value: ``stage2`` makes its output ``stage2.low``."""
    return value if value in names else value.rpartition(".")[0]


def statements(definition: Definition) -> tuple[Statement, ...]:
    """Every step, those behind that only training needs, and what is returned."""
    own = inlined(definition)
    steps = tuple(step for step in running(definition) if step.name not in own)
    last = _return(tuple(value for _, value in shown(definition)), own)
    if not definition.training:
        return (*_assignments(steps, own), last)
    always = _values(definition, training=False)
    later = _later(steps, always, _values(definition, training=True))
    first = tuple(step for place, step in enumerate(steps) if place not in later)
    heads = tuple(step for place, step in enumerate(steps) if place in later)
    return (*_assignments(first, own), _return(always, own), *_assignments(heads, own), last)


def _values(definition: Definition, *, training: bool) -> tuple[str, ...]:
    found = tuple(
        value for name, value in definition.outputs if (name in definition.training) is training
    )
    if not found:
        raise InternalError(f"`{definition.name}` has outputs in training only, or none there")
    return found


def _later(
    steps: tuple[Step, ...], always: tuple[str, ...], training: tuple[str, ...]
) -> frozenset[int]:
    names = {step.name for step in steps}

    def makers(values: Iterable[str]) -> frozenset[str]:
        return frozenset(maker(value, names) for value in values)

    work = [Work(frozenset({step.name}), makers(_operands(step))) for step in steps]
    return only_training(work, makers(always), makers(training))


def _return(values: tuple[str, ...], own: Collection[str]) -> Statement:
    return Statement(None, (), tuple(value for value in values if value not in own))


def _assignments(steps: tuple[Step, ...], own: Collection[str]) -> list[Statement]:
    """One for each step, but one for all pieces of a value."""
    found: list[Statement] = []
    rest = list(steps)
    while rest:
        group, rest = _pieces(rest)
        reads = tuple(value for value in _operands(group[0]) if value not in own)
        found.append(Statement(group[0], tuple(step.name for step in group), reads))
    return found


def _operands(step: Step) -> tuple[str, ...]:
    """What it reads; also what stands for it where it is not there."""
    if isinstance(step, Segment) or step.otherwise is None:
        return step.reads
    return (*step.reads, step.otherwise)


def _pieces(steps: list[Step]) -> tuple[list[Step], list[Step]]:
    """The first step, with those behind it that are the other pieces of the same value."""
    count = _piece_count(steps[0])
    group = steps[:count]
    wanted = [_without_index(steps[0], index) for index in range(count)]
    if count > 1 and [_without_index(each, None) for each in group] == wanted:
        return group, steps[count:]
    return steps[:1], steps[1:]


def _piece_count(step: Step) -> int:
    """How many pieces its op makes, of which the step is one; 1 for an op of one output."""
    if not isinstance(step, Apply) or not isinstance(step.use, OpUse):
        return 1
    try:
        return step.use.op.split_outputs() or 1
    except Undecided:
        return 1


def _without_index(step: Step, index: int | None) -> object:
    """What the pieces of one value have in common, and the piece's number."""
    if not isinstance(step, Apply) or not isinstance(step.use, OpUse):
        return None
    values = {name: getattr(step.use.op, name) for name in type(step.use.op).model_fields}
    number = values.pop("index", None)
    return type(step.use.op), values, step.reads, step.condition, number if index is None else index
