"""The way around a residual's body, written out from what the body makes of its input.

He et al. 2016, sec. 3.3: where the sizes differ the identity is projected, by 1x1 convolutions
with the body's stride (option B). In a block the body's own expressions are used, so that the
projection serves every call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from archcompile.diagnostics import Edit, Fix, Span, SpecError
from archcompile.frontend.document.document import Residual
from archcompile.frontend.expressions.frame import Frame, Open
from archcompile.frontend.expressions.sizes import to_python
from archcompile.frontend.mending.record import Made
from archcompile.frontend.mending.rewriting import behind_comment, replaced, with_entry, yaml_text
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree
from archcompile.ir.dim import Dim
from archcompile.ir.types import TensorType

_OPS = {2: "linear", 3: "conv1d", 4: "conv2d"}
_MOST_STRIDE = 16
_PLAIN = re.compile(r"[A-Za-z(][\w.()*/+!=<> -]*[\w)]")
"""Conditions that YAML reads as they stand."""


@dataclass(frozen=True, slots=True)
class Projection:
    """From one type to another: channels, and a stride for each axis."""

    channels: Dim
    stride: tuple[int, ...]


def projection(given: TensorType, wanted: TensorType) -> Projection | None:
    """How a 1x1 convolution (a ``linear`` of vectors) makes one type of the other, if it can."""
    if given.rank != wanted.rank or given.rank not in _OPS or not wanted.channels.is_constant:
        return None
    strides = tuple(map(_stride, given.spatial, wanted.spatial))
    known = tuple(stride for stride in strides if stride is not None)
    return Projection(wanted.channels, known) if len(known) == len(strides) else None


def written(made: Projection, body: Iterable[Made], frame: Frame) -> str:
    """The shortcut as YAML in flow style, in the body's own expressions where they hold here."""
    nodes = tuple(body)
    channels = _expression(nodes, ("out_channels", "out_features"), int(made.channels), frame)
    op = _OPS[len(made.stride) + 2]
    if op == "linear":
        call = f"linear: {yaml_text(channels or str(made.channels))}"
        return f"{{{_condition(channels, None)}{call}}}"
    is_even = len(set(made.stride)) == 1
    stride = _expression(nodes, ("stride",), made.stride[0], frame) if is_even else None
    steps = stride or (str(made.stride[0]) if is_even else f"[{', '.join(map(str, made.stride))}]")
    parts = [yaml_text(channels or str(made.channels)), "1"]
    parts += [] if steps == "1" else [f"stride: {yaml_text(steps) if stride else steps}"]
    when = _condition(channels, stride) if stride or set(made.stride) == {1} else ""
    return f"{{{when}{op}: [{', '.join((*parts, 'bias: false'))}]}}"


def with_shortcut(residual: Residual, text: str) -> Fix:
    """The residual with this way around its body, whichever form it is written in."""
    tree = residual.tree
    entry = f"shortcut: {text}"
    if isinstance(tree, Mapping):
        now = tree.get("shortcut")
        if now is not None:
            return replaced(now, text)
        return with_entry(tree, entry) or _first_entry(tree, entry)
    if not isinstance(tree, Sequence):
        return ()
    if tree.flow:
        end = tree.span.end()
        return (Edit(tree.span.start(), "{body: "), Edit(end, f", {entry}}}"))
    return _block_form(residual.span, tree, entry)


def _first_entry(tree: Mapping, entry: str) -> Fix:
    """Above the other entries, where what stands behind the last one is not sure."""
    first = tree.entries[0].key.span
    return (Edit(first.start(), f"{entry}\n{' ' * (first.column - 1)}"),)


def _block_form(key: Span, items: Sequence, entry: str) -> Fix:
    """``body:`` above the items, which may stay where they are if they stand further in."""
    first, last = items.items[0].span, items.items[-1].span
    before = first.file.line(first.line)[: first.column - 1]
    indent = len(before) - len(before.lstrip())
    if before.strip() != "-" or first.line == key.line:
        return ()
    if indent > key.column - 1:
        start = Span(first.file, first.line, indent + 1, first.line, indent + 1)
        lead = " " * indent
        return (Edit(start, f"body:\n{lead}"), Edit(behind_comment(last.end()), f"\n{lead}{entry}"))
    lead = " " * (indent + 2)
    rows = range(first.line + 1, last.end_line + 1)
    inner = tuple(Edit(Span(first.file, row, 1, row, 1), "  ") for row in rows)
    start = Span(first.file, first.line, 1, first.line, 1)
    return (
        Edit(start, f"{lead}body:\n  "),
        *inner,
        Edit(behind_comment(last.end()), f"\n{lead}{entry}"),
    )


def _stride(given: Dim, wanted: Dim) -> int | None:
    """The stride with which a kernel of one position makes so many of so many: (n - 1) // s + 1."""
    return next((s for s in range(1, _MOST_STRIDE + 1) if (given - 1) // s + 1 == wanted), None)


def _condition(channels: str | None, stride: str | None) -> str:
    """Where the sizes depend on the call: that they differ at all."""
    parts = [f"{_operand(stride)} != 1"] if stride is not None else []
    if channels is not None:
        parts.append(f"in.channels != {_operand(channels)}")
    text = " or ".join(parts)
    quoted = text if _PLAIN.fullmatch(text) else yaml_text(text)
    return f"when: {quoted}, " if parts else ""


def _operand(text: str) -> str:
    return f"({text})" if " if " in text or " or " in text or " and " in text else text


def _expression(
    nodes: tuple[Made, ...], names: tuple[str, ...], value: int, frame: Frame
) -> str | None:
    tree = expression(nodes, names, value, frame)
    return None if tree is None else tree.text.strip()


def expression(
    nodes: tuple[Made, ...], names: tuple[str, ...], value: int, frame: Frame
) -> Scalar | None:
    """The one expression in the body that gives an argument this value; ``None``: a number."""
    found: dict[str, Scalar] = {}
    for made in nodes:
        for name in names:
            tree = made.built.given.get(name)
            if tree is not None and made.call.preset is None and _means(tree, value, frame):
                assert isinstance(tree, Scalar)
                found[tree.text.strip()] = tree
    return next(iter(found.values())) if len(found) == 1 else None


def _means(tree: Tree, value: int, frame: Frame) -> bool:
    """Whether an argument is an expression that has this value in a frame, and does not ask it."""
    if not isinstance(tree, Scalar) or not isinstance(tree.value, str) or "\n" in tree.text:
        return False
    try:
        result = to_python(frame.value(tree))
    except (SpecError, Open, TypeError):
        return False
    return result == value and not isinstance(result, bool)
