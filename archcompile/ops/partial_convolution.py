"""``partial_conv2d``: a convolution with a table of connections, as LeNet-5's C3."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.ir.arguments import (
    Flag,
    Integer,
    NaturalPair,
    PositivePair,
    said,
)
from archcompile.ir.dim import Dim, ceil_div
from archcompile.ir.op import Op, OpError, Window
from archcompile.ir.requirements import require_rank
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn, Weight
from archcompile.ops.fitting import slide
from archcompile.ops.kinds import known
from archcompile.ops.windows import NONE, ONE, Axes, axes_of, ints, pads, sides_of, taps
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import Support, pytorch, support_rule
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


def _rows(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise PydanticCustomError(
            "table", "expected a list of input channels, got {got}", {"got": said(value)}
        )
    return tuple(value)


def _of_channels(table: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    for row in table:
        if not row or min(row) < 0 or len(set(row)) < len(row):
            raise PydanticCustomError(
                "table",
                "expected different input channels from 0 on for each output channel, got {got}",
                {"got": said(row)},
            )
    if not table:
        raise PydanticCustomError("table", "expected a row for each output channel, got []")
    return table


Row: TypeAlias = Annotated[tuple[Integer, ...], BeforeValidator(_rows)]
Table: TypeAlias = Annotated[tuple[Row, ...], BeforeValidator(_rows), AfterValidator(_of_channels)]
"""For each output channel the input channels that it reads."""


class PartialConv2d(Op):
    """A convolution whose output channels read the input channels that a table says.

    LeCun, Bottou, Bengio, Haffner 1998, sec. II-B and table I: 60 links for C3. Only the kernels of
    links are weights. They start uniform in ±1/sqrt(fan in), with the mean fan in of the outputs,
    rounded up: one bound for one tensor.
    """

    key: ClassVar[str] = "partial_conv2d"
    title: ClassVar[str] = "Convolution with a table of connections (LeNet-5's C3)."
    has_channels: ClassVar[bool] = True

    table: Table = Field(
        description="For each output channel the input channels that it reads, counted from 0."
    )
    kernel_size: PositivePair = Field(description="Height and width of the kernels.")
    stride: PositivePair = Field((ONE, ONE), description="Steps between windows.")
    padding: NaturalPair = Field(
        (NONE, NONE), description="Rows and columns of zeros on each side of the input."
    )
    bias: Flag = Field(True, description="Whether each output channel has a bias.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, rows of the table, H', W'], as ``conv2d``."""
        (x,) = inputs
        require_rank(self, x, 4, layout="a map [N, C, H, W]")
        highest = max(max(row) for row in known(self.table))
        if x.channels.always_at_least(highest + 1) is False:
            raise OpError(
                Code.DOES_NOT_FIT,
                f"`partial_conv2d`: the table names channel {highest}, "
                f"and the input has {x.channels} (0 to {x.channels - 1})",
                argument="table",
                help="channels are counted from 0",
            )
        return TensorType((x.dims[0], Dim.of(len(self.table)), *slide(self, self.axes(x))))

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """``in_channels`` is axis 1."""
        return {"in_channels": inputs[0].channels}

    def links(self) -> tuple[tuple[int, int], ...]:
        """(output channel, input channel) of every kernel, in the order of ``weight``."""
        rows = enumerate(known(self.table))
        return tuple((out, channel) for out, row in rows for channel in row)

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight`` (links, kh, kw) and ``bias`` (out)."""
        links, outputs = len(self.links()), len(self.table)
        area = self.kernel_size[0] * self.kernel_size[1]
        init = UniformFanIn(ceil_div(area * links, outputs))
        bias = (Weight("bias", (Dim.of(outputs),), init),) if self.bias else ()
        return (Weight("weight", (Dim.of(links), *self.kernel_size), init), *bias)

    def macs(self, *inputs: TensorType) -> Dim:
        """H' × W' × links × kh × kw."""
        height, width = self.infer(*inputs).spatial
        return height * width * self.weights(*inputs)[0].elements()

    def windows(self, *inputs: TensorType) -> tuple[Window, ...]:
        """The kernel and the stride, along height and width."""
        return tuple(axis.window for axis in self.axes(inputs[0]))

    def axes(self, x: TensorType) -> Axes:
        """The kernels' windows on a map of this type."""
        return axes_of(x, self.kernel_size, self.stride, sides_of(self.padding))


PARTIAL = Support(
    "PartialConv2d",
    '''\
class PartialConv2d(nn.Module):
    """A convolution whose output channels read the input channels that ``table`` says.

    ``weight`` holds a kernel for each link, output channel by output channel.
    """

    links: torch.Tensor

    def __init__(
        self,
        in_channels: int,
        table: tuple[tuple[int, ...], ...],
        kernel_size: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if isinstance(kernel_size, int):
            kernel_size = (kernel_size, kernel_size)
        rows = enumerate(table)
        links = [in_channels * out + channel for out, row in rows for channel in row]
        self.shape = (len(table), in_channels, *kernel_size)
        self.stride = stride
        self.padding = padding
        self.register_buffer("links", torch.tensor(links), persistent=False)
        self.weight = nn.Parameter(torch.empty(len(links), *kernel_size))
        self.bias = nn.Parameter(torch.empty(len(table))) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform, by the mean number of inputs of an output, rounded up."""
        bound = (-(-self.weight.numel() // self.shape[0])) ** -0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        absent = self.weight.new_zeros(self.shape).flatten(0, 1)
        kernel = absent.index_copy(0, self.links, self.weight).reshape(self.shape)
        return nn.functional.conv2d(input, kernel, self.bias, self.stride, self.padding)
''',
)
pytorch.register(PartialConv2d)(support_rule(PARTIAL))


@onnx.register(PartialConv2d)
def _onnx(op: PartialConv2d, layer: OnnxLayer) -> str:
    """The dense kernel is gathered from the links' and one of zeros, then convolved with."""
    channels, outputs = int(layer.types[0].channels), len(op.table)
    height, width = ints(op.kernel_size)
    number = {link: place for place, link in enumerate(op.links())}
    chosen = [
        number.get((out, channel), len(number))
        for out in range(outputs)
        for channel in range(channels)
    ]
    absent = layer.floats("absent", (1, height, width), (0.0,) * (height * width))
    every = layer.part("kernels", "Concat", layer.weights["weight"], absent, axis=0)
    kernels = layer.part("chosen", "Gather", every, layer.ints("links", *chosen), axis=0)
    dense = layer.ints("dense", outputs, channels, height, width)
    return layer.node(
        "Conv",
        layer.inputs[0],
        layer.part("kernel", "Reshape", kernels, dense),
        *([layer.weights["bias"]] if op.bias else []),
        kernel_shape=(height, width),
        strides=ints(op.stride),
        pads=pads(sides_of(op.padding)),
    )


@reference.register(PartialConv2d)
def _reference(
    np: ModuleType, op: PartialConv2d, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[o, h, w] = b[o] + sum over c in table[o], i, j of W[o, c, i, j] x[c, s h + i, s w + j]``.

    ``W[o, c]`` is the kernel of the link from c to o.
    """
    (x,) = inputs
    type_ = TensorType.of(*x.shape)
    made = op.infer(type_)
    seen = np.stack(list(taps(np, x, op.axes(type_), ints(made.spatial))))  # (i, j), N, C, H', W'
    y: Array = np.zeros((len(x), *map(int, made.dims[1:])), np.result_type(x, weights["weight"]))
    for (out, channel), kernel in zip(op.links(), weights["weight"], strict=True):
        y[:, out] += np.tensordot(kernel.ravel(), seen[:, :, channel], 1)
    return y + weights["bias"][:, None, None] if op.bias else y
