"""Where operands come from, in words: ``64 channels from `conv1` (line 12)``."""

from __future__ import annotations

from archcompile.diagnostics import Related, Span
from archcompile.ir.program import Value
from archcompile.ir.types import TensorType


def related(value: Value, inputs: bool) -> tuple[Related, ...]:
    """The place that made a value, with its type."""
    if value.span is None:
        return ()
    what = f"the input `{value.name}`" if inputs else f"`{value.name}`"
    return (Related(value.span, f"{what} is {value.type}"),)


def origin(value: Value, at: Span, *, is_input: bool) -> str:
    """A value by its name and line; the file too, where that is not the finding's."""
    name = f"the input `{value.name}`" if is_input else f"`{value.name}`"
    return f"{name}{place(value.span, at)}"


def place(span: Span | None, at: Span) -> str:
    """`` (line 12)``, seen from a finding."""
    if span is None:
        return ""
    if span.file.path != at.file.path:
        return f" ({span.file.path}, line {span.line})"
    return f" (line {span.line})"


def apart(one: TensorType, other: TensorType, but: int | None = None) -> tuple[str, str]:
    """What two types differ in: channels, or space, or more; along ``but`` they may."""
    if one.rank != other.rank or one.rank < 2:
        return str(one), str(other)
    same_space = one.spatial == other.spatial
    same_channels = one.channels == other.channels or but == 1
    if same_space and not same_channels:
        unit = "features" if one.rank == 2 else "channels"
        return f"{one.channels} {unit}", f"{other.channels} {unit}"
    if same_channels and not same_space and one.rank in (3, 4):
        return space(one), space(other)
    return str(one), str(other)


def space(kind: TensorType) -> str:
    """``28x28`` of a map, ``100 positions`` of a sequence; ``[H, W]`` where they are open."""
    if kind.rank == 3:
        return f"{kind.dims[2]} positions"
    if not all(size.is_constant for size in kind.spatial):
        return f"[{', '.join(map(str, kind.spatial))}]"
    return "x".join(map(str, kind.spatial))
