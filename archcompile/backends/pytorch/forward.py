"""``forward``: one statement for each step, in variables that a person would choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archcompile.backends.pytorch import segments
from archcompile.backends.pytorch.construct import Classes, form_of, in_python
from archcompile.backends.pytorch.containers import Slot, callee, slots
from archcompile.backends.pytorch.layout import INDENT
from archcompile.backends.pytorch.names import output_name, spelled
from archcompile.backends.pytorch.printer import header, one_line, statement
from archcompile.backends.pytorch.statements import Statement, inlined, shown, statements
from archcompile.backends.pytorch.variables import Frame
from archcompile.diagnostics import InternalError
from archcompile.ir.definition import Apply, Definition, OpUse, Segment
from archcompile.targets.python import CallOf, Item, Python, Word
from archcompile.targets.pytorch import FunctionForm


@dataclass(frozen=True, slots=True)
class _Line:
    """An assignment; ``is_tensor``: the type checker knows it for one without being told."""

    targets: tuple[str, ...]
    text: str
    is_tensor: bool


@dataclass(frozen=True, slots=True)
class _Return:
    """What is returned; ``is_early``: in evaluation, before what only training needs."""

    values: tuple[str, ...]
    is_early: bool


def forward(definition: Definition, class_name: str, classes: Classes) -> list[str]:
    """The lines of the method."""
    body = statements(definition)
    frame = Frame(
        body, classes.all, frozenset(name for name, _ in definition.inputs), inlined(definition)
    )
    frame.holder |= {name: spelled(name) for name, _ in definition.inputs}
    members = slots(definition)
    lines: list[_Line | _Return] = []
    for place, each in enumerate(body):
        if each.is_return:
            lines.append(_returned(place, body, definition, frame))
            continue
        text, is_tensor = _text(each, frame, members, definition)
        lines.append(_Line(frame.assign(place), text, is_tensor))
    typed = {spelled(name) for name, _ in definition.inputs}
    return [*_head(definition, class_name), *_written(lines, class_name, typed)]


def result_type(definition: Definition, class_name: str) -> str:
    """What ``forward`` returns."""
    if len(definition.outputs) == 1:
        return "torch.Tensor"
    is_single = len(definition.outputs) - len(definition.training) == 1
    return f"torch.Tensor | {output_name(class_name)}" if is_single else output_name(class_name)


def _head(definition: Definition, class_name: str) -> list[str]:
    inputs = [f"{spelled(name)}: torch.Tensor" for name, _ in definition.inputs]
    returns = result_type(definition, class_name)
    return header(f"def forward({', '.join(['self', *inputs])}) -> {returns}:", INDENT)


def _returned(
    place: int, body: tuple[Statement, ...], definition: Definition, frame: Frame
) -> _Return:
    is_early = place < len(body) - 1
    left_out = definition.training if is_early else frozenset[str]()
    values = (value for name, value in shown(definition) if name not in left_out)
    return _Return(tuple(map(frame.of, values)), is_early)


def _written(lines: list[_Line | _Return], class_name: str, typed: set[str]) -> list[str]:
    """The statements; a call of a module is of no type until a variable has one."""
    results = {
        each.values[0] for each in lines if isinstance(each, _Return) and len(each.values) == 1
    }
    counts = [name for each in lines if isinstance(each, _Line) for name in each.targets]
    made: list[str] = []
    for line in lines:
        if isinstance(line, _Return):
            made += _return(line, class_name)
            continue
        (target, *others) = line.targets
        is_known = line.is_tensor and counts.count(target) == 1  # else it becomes Any
        is_untyped = target in results and target not in typed and not is_known
        kind = ": torch.Tensor" if is_untyped and not others else ""
        typed |= {*line.targets}
        made += statement(f"{', '.join(line.targets)}{kind} = {line.text}", 2 * INDENT)
    return made


def _return(line: _Return, class_name: str) -> list[str]:
    single = len(line.values) == 1
    text = line.values[0] if single else f"{output_name(class_name)}({', '.join(line.values)})"
    if not line.is_early:
        return statement(f"return {text}", 2 * INDENT)
    guard = header("if not self.training:", 2 * INDENT)
    return guard + statement(f"return {text}", 3 * INDENT)


def _text(
    each: Statement, frame: Frame, members: Mapping[str, Slot], definition: Definition
) -> tuple[str, bool]:
    """The right-hand side, and whether it is known for a tensor."""
    step = each.step
    assert step is not None  # no return
    words: tuple[Python, ...] = tuple(Word(frame.of(name)) for name in step.reads)
    if isinstance(step, Segment):
        return one_line(CallOf(segments.callee(step, definition), words)), False
    form = form_of(step.use) if isinstance(step, Apply) else None
    if not isinstance(form, FunctionForm):
        called = callee(step.name, members)
        text = one_line(CallOf(called, words))
        if step.otherwise is not None:
            text = f"{frame.of(step.otherwise)} if {called} is None else {text}"
        return text, False
    if step.condition is not None:
        raise InternalError(f"`{step.name}` is a function that a call may leave out")
    assert isinstance(step, Apply) and isinstance(step.use, OpUse)  # only ops have forms
    made = form.express(words)
    if isinstance(made, Item) and len(each.makes) > 1:
        made = made.value
    return in_python(made, step.use), isinstance(made, CallOf | Item)
