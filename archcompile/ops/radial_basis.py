"""``euclidean_rbf``: LeNet-5's output, distances to fixed codes."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Integer, said
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Unknown, must_equal
from archcompile.ir.requirements import require_rank
from archcompile.ir.types import TensorType
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import CallOf, Constant, TupleOf
from archcompile.targets.pytorch import ModuleForm, Support, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


def _lists(value: object) -> object:
    if not isinstance(value, list | tuple) or not value:
        raise PydanticCustomError("codes", "expected a list, got {got}", {"got": said(value)})
    return tuple(value)


def _signs(codes: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    lengths = sorted({len(code) for code in codes})
    if len(lengths) > 1:
        raise PydanticCustomError(
            "codes",
            "expected codes of one length, got {first} and {second}",
            {"first": lengths[0], "second": lengths[1]},
        )
    strange = next((sign for code in codes for sign in code if sign not in (1, -1)), None)
    if strange is not None:
        raise PydanticCustomError("codes", "expected 1 and -1, got {got}", {"got": strange})
    return codes


CodeRow: TypeAlias = Annotated[tuple[Integer, ...], BeforeValidator(_lists)]
Codes: TypeAlias = Annotated[tuple[CodeRow, ...], BeforeValidator(_lists), AfterValidator(_signs)]
"""For each output a list of 1 and -1, all of one length."""


class EuclideanRBF(Op):
    """``y_i = sum over j of (x_j - w_ij)²`` with fixed codes w of ±1; the least output wins.

    LeCun, Bottou, Bengio, Haffner 1998, eq. 7. The codes are no weights: they stand in the spec,
    and neither train nor are part of the state_dict.
    """

    key: ClassVar[str] = "euclidean_rbf"
    title: ClassVar[str] = "Squared distances to fixed codes (LeNet-5's output)."
    has_channels: ClassVar[bool] = True

    codes: Codes = Field(description="For each output as many of 1 and -1 as the input has.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, F] to [N, number of codes]."""
        (x,) = inputs
        require_rank(self, x, 2, layout="a vector [N, F]")
        if isinstance(self.codes, Unknown):
            raise OpError(
                Code.UNSUPPORTED,
                f"`euclidean_rbf`: `codes` is `{self.codes.text}`, which a call would decide",
                argument="codes",
                help="write the codes here",
            )
        if not must_equal(x.channels, Dim.of(len(self.codes[0]))):
            raise OpError(
                Code.SHAPE_MISMATCH,
                f"`euclidean_rbf`: the codes have {len(self.codes[0])} numbers, "
                f"and the input has {x.channels}",
                argument="codes",
                help="each code has as many numbers as the input has features",
            )
        return TensorType((x.dims[0], Dim.of(len(self.codes))))

    def macs(self, *inputs: TensorType) -> Dim:
        """One square for each number of each code."""
        return inputs[0].channels * len(self.codes)


RBF = Support(
    "EuclideanRBF",
    '''\
class EuclideanRBF(nn.Module):
    """Squared distances to fixed codes, each a text of ``+`` (1) and ``-`` (-1)."""

    codes: torch.Tensor

    def __init__(self, codes: tuple[str, ...]) -> None:
        super().__init__()
        signs = [[1.0 if sign == "+" else -1.0 for sign in code] for code in codes]
        self.register_buffer("codes", torch.tensor(signs), persistent=False)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return (input.unsqueeze(1) - self.codes).square().sum(2)
''',
)


@pytorch.register(EuclideanRBF)
def _pytorch(op: EuclideanRBF, *inputs: TensorType) -> ModuleForm:
    """A code is a text there: as numbers, a formatter would give each a line of its own."""
    texts = ("".join("+" if sign == 1 else "-" for sign in code) for code in op.codes)
    return ModuleForm(CallOf(RBF.name, (TupleOf(tuple(map(Constant, texts))),)), (RBF,))


@onnx.register(EuclideanRBF)
def _onnx(op: EuclideanRBF, layer: OnnxLayer) -> str:
    shape = (len(op.codes), len(op.codes[0]))
    codes = layer.floats("codes", shape, tuple(float(sign) for code in op.codes for sign in code))
    lifted = layer.part("lifted", "Unsqueeze", layer.inputs[0], layer.ints("axis", 1))
    apart = layer.part("apart", "Sub", lifted, codes)
    squares = layer.part("squares", "Mul", apart, apart)
    return layer.node("ReduceSum", squares, layer.ints("last", 2), keepdims=0)


@reference.register(EuclideanRBF)
def _reference(
    np: ModuleType, op: EuclideanRBF, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    (x,) = inputs
    y: Array = np.stack([((x - np.array(code)) ** 2).sum(axis=1) for code in op.codes], axis=1)
    return y
