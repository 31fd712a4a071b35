"""Windows that must fit their input: the output's size, or what to write for one that has any."""

from __future__ import annotations

from functools import partial

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import Mended, Op, OpError
from archcompile.ir.remedy import Argument
from archcompile.ops.windows import ONE, Axes, Axis


def slide(op: Op, axes: Axes, *, ceil: bool = False) -> tuple[Dim, ...]:
    """The number of output positions along each axis; ``OpError`` if not one window fits."""
    places = tuple([axis.places(ceil=ceil) for axis in axes])
    for axis, count in zip(axes, places, strict=True):
        if count.always_at_least(1) is False:
            raise _too_large(op, axis, axes)
    return places


def numbers(sizes: tuple[int, ...]) -> str:
    """Sizes as an argument in flow style: one number where all are equal."""
    if len(set(sizes)) == 1:
        return str(sizes[0])
    return f"[{', '.join(map(str, sizes))}]"


def _too_large(op: Op, axis: Axis, axes: Axes) -> OpError:
    return OpError(
        Code.DOES_NOT_FIT,
        f"`{op.key}`: kernel {_kernel(axis)} is larger than the {_input(axis)} "
        f"along the {axis.name}",
        argument="kernel_size",
        mend=partial(_mended, op, axes),
    )


def _mended(op: Op, axes: Axes) -> Mended:
    remedy = _padding(op, axes) or _kernels(axes)
    return _help(op, axes, remedy), remedy


def _help(op: Op, axes: Axes, remedy: Argument | None) -> str:
    if remedy is None:
        return "a smaller kernel, more padding, or a larger input"
    said = f"write `{remedy.name}: {remedy.value}`"
    if remedy.name == "padding":
        fits = _kernels(axes)
        also = f", or a kernel of at most {fits.value}" if fits is not None else ""
        return f"{said}, which keeps the size{also}"
    if all(axis.padded == ONE for axis in axes):
        return f"{said}, or leave the layer out: one position is left of the input"
    if op.key.startswith("avg_pool"):
        return f"{said}, the largest that fits; `adaptive_{op.key}: 1` fits an input of any size"
    return f"{said}, the largest that fits"


def _padding(op: Op, axes: Axes) -> Argument | None:
    """The padding with which a convolution keeps the size, along the axes that need it."""
    is_padded = op.has_channels and "padding" in type(op).model_fields
    if not is_padded or getattr(op, "padding_mode", "zeros") != "zeros":
        return None
    amounts: list[int] = []
    for axis in axes:
        spread = (axis.extent - 1).constant
        before, after = axis.before.constant, axis.after.constant
        if spread is None or before is None or before != after:
            return None
        if axis.padded.always_at_least(axis.extent) is not False:
            amounts.append(before)
        elif spread % 2:
            return None
        else:
            amounts.append(spread // 2)
    return Argument("padding", numbers(tuple(amounts)))


def _kernels(axes: Axes) -> Argument | None:
    """The largest kernel that fits: ``(padded - 1) // dilation + 1`` where one is too large."""
    sizes: list[int] = []
    for axis in axes:
        kernel, padded, step = axis.kernel.constant, axis.padded.constant, axis.dilation.constant
        if kernel is None or padded is None or step is None or padded < 1:
            return None
        sizes.append(min(kernel, (padded - 1) // step + 1))
    return Argument("kernel_size", numbers(tuple(sizes)))


def _kernel(axis: Axis) -> str:
    if axis.dilation == ONE:
        return str(axis.kernel)
    return f"{axis.extent} ({axis.kernel} dilated by {axis.dilation})"


def _input(axis: Axis) -> str:
    if axis.padded == axis.size:
        return f"input {axis.size}"
    return f"padded input {axis.padded} ({axis.before} + {axis.size} + {axis.after})"
