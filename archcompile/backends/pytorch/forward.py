"""``forward``: one statement for each step, in variables that a person would choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archcompile.backends.pytorch.construct import Classes, form_of, in_python
from archcompile.backends.pytorch.containers import Slot, callee, slots
from archcompile.backends.pytorch.layout import INDENT
from archcompile.backends.pytorch.names import (
    output_field,
    output_name,
    spelled,
    variable,
)
from archcompile.backends.pytorch.printer import header, one_line, statement
from archcompile.diagnostics import InternalError
from archcompile.ir.definition import Apply, Definition, OpUse, Step
from archcompile.targets.python import CallOf, Python, Word
from archcompile.targets.pytorch import FunctionForm


@dataclass(frozen=True, slots=True)
class _Line:
    """An assignment; ``is_tensor``: the type checker knows it for one without being told."""

    target: str
    text: str
    is_tensor: bool


@dataclass(slots=True)
class _Frame:
    """Which variable holds which value, and which step reads each value last and first."""

    reads: dict[str, list[int]]
    taken: frozenset[str]
    inputs: tuple[str, ...]
    """The variables that are typed as parameters."""
    tuples: frozenset[str]
    """The values that hold several outputs, which are read by name."""
    members: Mapping[str, Slot]
    holder: dict[str, str] = field(default_factory=dict)

    def needed(self, place: int) -> set[str]:
        """The variables whose values are read after the step at ``place``."""
        return {name for value, name in self.holder.items() if self._last(value) > place}

    def forget(self, place: int) -> None:
        """Drop the values that nothing reads after the step at ``place``."""
        for value in [value for value in self.holder if self._last(value) <= place]:
            del self.holder[value]

    def _last(self, value: str) -> int:
        return self.reads[value][-1] if self.reads[value] else -1

    def of(self, name: str) -> str:
        """The variable of a value, or the part of a tuple: ``stage2.low``."""
        if name in self.holder:
            return self.holder[name]
        whole, point, part = name.rpartition(".")
        if point and whole in self.holder:
            return f"{self.holder[whole]}.{output_field(part)}"
        raise InternalError(f"`{name}` is read but not made in this body")


def forward(definition: Definition, class_name: str, classes: Classes) -> list[str]:
    """The lines of the method.

    A value that only the next statement reads goes into ``x`` (into ``out`` while the input ``x``
    is still needed); one that lives longer has its layer's name.
    """
    inputs = tuple(spelled(name) for name, _ in definition.inputs)
    parts = {name.rpartition(".")[0] for names in _consumers(definition) for name in names}
    frame = _Frame(_reads(definition), classes.all, inputs, frozenset(parts), slots(definition))
    for name, _ in definition.inputs:
        frame.holder[name] = spelled(name)
    lines: list[_Line] = []
    for place, step in enumerate(definition.steps):
        text, is_tensor = _text(step, frame)
        target = _target(place, definition, frame)
        frame.forget(place)
        frame.holder[step.name] = target
        lines.append(_Line(target, text, is_tensor))
    outputs = [frame.of(value) for _, value in definition.outputs]
    return [*_head(definition, class_name), *_statements(lines, outputs, class_name, frame)]


def result_type(definition: Definition, class_name: str) -> str:
    """What ``forward`` returns."""
    return "torch.Tensor" if len(definition.outputs) == 1 else output_name(class_name)


def _head(definition: Definition, class_name: str) -> list[str]:
    inputs = [f"{spelled(name)}: torch.Tensor" for name, _ in definition.inputs]
    returns = result_type(definition, class_name)
    return header(f"def forward({', '.join(['self', *inputs])}) -> {returns}:", INDENT)


def _statements(
    lines: list[_Line], outputs: list[str], class_name: str, frame: _Frame
) -> list[str]:
    """The assignments and the return; a call of a module is of no type until a variable has one."""
    result = outputs[0] if len(outputs) == 1 else None
    made: list[str] = []
    seen, targets = set(frame.inputs), [line.target for line in lines]
    for line in lines:
        is_known = line.is_tensor and targets.count(line.target) == 1  # else it becomes Any
        is_untyped = line.target == result and line.target not in seen and not is_known
        kind = ": torch.Tensor" if is_untyped else ""
        seen.add(line.target)
        made += statement(f"{line.target}{kind} = {line.text}", 2 * INDENT)
    returned = result if result is not None else f"{output_name(class_name)}({', '.join(outputs)})"
    return made + statement(f"return {returned}", 2 * INDENT)


def _text(step: Step, frame: _Frame) -> tuple[str, bool]:
    """The right-hand side."""
    words: tuple[Python, ...] = tuple(Word(frame.of(name)) for name in step.reads)
    form = form_of(step.use) if isinstance(step, Apply) else None
    if not isinstance(form, FunctionForm):
        return one_line(CallOf(callee(step.name, frame.members), words)), False
    if step.condition is not None:
        raise InternalError(f"`{step.name}` is a function that a call may leave out")
    assert isinstance(step, Apply) and isinstance(step.use, OpUse)  # only ops have forms
    made = form.express(words)
    return in_python(made, step.use), isinstance(made, CallOf)


def _target(place: int, definition: Definition, frame: _Frame) -> str:
    """The variable that the value of the step at ``place`` goes into; ``_`` if nothing reads it."""
    step = definition.steps[place]
    if not frame.reads[step.name]:
        return "_"
    needed = frame.needed(place)
    # what is no tensor must not go where tensors do
    if step.name not in frame.tuples and _runs_on(place, definition, frame):
        is_out = "out" in map(frame.of, step.reads)
        for name in ("out", "x") if is_out else ("x", "out"):
            if name not in needed:
                return name
    return variable(step.name, {*needed, *frame.taken, "x", "out"})


def _consumers(definition: Definition) -> list[tuple[str, ...]]:
    """What each step reads; the return stands behind the last."""
    return [*(step.reads for step in definition.steps), tuple(v for _, v in definition.outputs)]


def _runs_on(place: int, definition: Definition, frame: _Frame) -> bool:
    """Whether a value is one of a row of statements, each of which reads the one before.

    It also is if it waits for other branches of one statement each, and then joins them; a branch
    of one statement is none, for what it joins deserves its name.
    """
    steps = definition.steps
    goes_on = place == 0 or steps[place - 1].name in steps[place].reads
    readers = set(frame.reads[steps[place].name])
    if readers <= {place + 1}:
        joins = place + 1 < len(steps) and len(steps[place + 1].reads) > 1
        return not joins or (goes_on and place > 0)
    if len(readers) != 1 or not goes_on or place == 0:
        return False
    (join,) = readers
    inputs = {name for name, _ in definition.inputs}
    return join < len(steps) and all(
        {*each.reads} <= inputs and frame.reads[each.name] == [join]
        for each in steps[place + 1 : join]
    )


def _reads(definition: Definition) -> dict[str, list[int]]:
    """The steps that read each value."""
    made = [*(name for name, _ in definition.inputs), *(step.name for step in definition.steps)]
    reads: dict[str, list[int]] = {name: [] for name in made}
    for place, names in enumerate(_consumers(definition)):
        for name in names:
            whole = name if name in reads else name.rpartition(".")[0]
            if whole not in reads:
                raise InternalError(f"`{name}` is read but not made in this body")
            reads[whole].append(place)
    return reads
