"""Catalogue: everything that a spec can call, ops and its own blocks."""

from __future__ import annotations

from dataclasses import dataclass

from archcompile.diagnostics import Code
from archcompile.diagnostics.suggest import closest
from archcompile.frontend.document import Block
from archcompile.frontend.findings import finding
from archcompile.frontend.tree import Scalar
from archcompile.ir.op import Op
from archcompile.ops import all_ops

_FOREIGN = {
    "dense": "linear",
    "fc": "linear",
    "fully_connected": "linear",
    "gemm": "linear",
    "conv": "conv2d",
    "convolution": "conv2d",
    "convolution2d": "conv2d",
    "pooling": "max_pool2d",
    "maxpool": "max_pool2d",
    "maxpooling2d": "max_pool2d",
    "avgpool": "avg_pool2d",
    "averagepooling2d": "avg_pool2d",
    "averagepool": "avg_pool2d",
    "globalaveragepooling2d": "adaptive_avg_pool2d: 1",
    "globalaveragepool": "adaptive_avg_pool2d: 1",
    "bn": "batch_norm2d",
    "batchnorm": "batch_norm2d",
    "batchnormalization": "batch_norm2d",
    "concatenate": "concat",
    "cat": "concat",
    "eltwise": "add",
    "view": "flatten",
    "reshape": "flatten",
    "globalavgpool2d": "adaptive_avg_pool2d: 1",
    "gap": "adaptive_avg_pool2d: 1",
    "lrn": "local_response_norm",
    "responsenorm": "local_response_norm",
    "swish": "silu",
    "hswish": "hardswish",
    "hsigmoid": "hardsigmoid",
    "gn": "group_norm",
    "ln": "layer_norm",
    "zeropad2d": "pad",
    "zeropadding2d": "pad",
    "constantpad2d": "pad",
    "reflectionpad2d": "pad",
    "split": "chunk",
    "multiply": "mul",
    "prod": "mul",
    "subtract": "sub",
    "transpose": "permute",
    "reducemean": "mean",
    "depthtospace": "pixel_shuffle",
    "l2norm": "normalize",
    "clip": "hardtanh",
    "clamp": "hardtanh",
    "deconv": "conv_transpose2d",
    "deconvolution": "conv_transpose2d",
}
"""Other frameworks' words, letter case and underscores left out."""

_NOT_YET = frozenset(
    [
        "batchnorm3d",
        "celu",
        "conv3d",
        "depthwiseconv2d",
        "dropout1d",
        "dropout2d",
        "embedding",
        "glu",
        "gru",
        "instancenorm1d",
        "instancenorm2d",
        "logsigmoid",
        "lstm",
        "multiheadattention",
        "rmsnorm",
        "selu",
    ]
)
"""What torch has and this version has not: the nearest name would be another function."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Ops by key and the file's blocks by name; a block may not hide an op."""

    ops: dict[str, type[Op]]
    blocks: dict[str, Block]

    @classmethod
    def of(cls, blocks: tuple[Block, ...]) -> Catalogue:
        """The catalogue of one file."""
        return cls(all_ops(), {block.name.text: block for block in blocks})

    def find(self, call: Scalar) -> type[Op] | Block:
        """What a call names. Raises ``UNKNOWN_OP`` with what was likely meant."""
        name = call.text
        found = self.blocks.get(name) or self.ops.get(name)
        if found is None:
            near = self._near(name)
            raise finding(
                Code.UNKNOWN_OP,
                f"`{name}` is no op and no block here",
                call.span,
                help=f"write `{near}`" if near else "`archcompile list --ops` shows what there is",
            )
        return found

    def _near(self, name: str) -> str | None:
        folded = name.casefold().replace("_", "").removeprefix("nn.")
        spelt = {key.replace("_", ""): key for key in (*self.ops, *self.blocks)}
        if folded in _NOT_YET:
            return None
        return spelt.get(folded) or _FOREIGN.get(folded) or closest(name, spelt.values())
