"""Op by target: every op says itself everywhere, and no hole is silent."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import Parameter, signature

import pytest
import torch
from voices import printed

from archcompile.ir.op import Op
from archcompile.ir.types import TensorType
from archcompile.ops import all_ops
from archcompile.targets.onnx import onnx
from archcompile.targets.pytorch import ModuleForm, form, pytorch
from archcompile.targets.reference import reference

OPS = sorted(all_ops())

EXAMPLES: dict[str, dict[str, object]] = {
    "adaptive_avg_pool1d": {"output_size": 2},
    "adaptive_avg_pool2d": {"output_size": 2},
    "adaptive_max_pool2d": {"output_size": 2},
    "avg_pool1d": {"kernel_size": 2},
    "avg_pool2d": {"kernel_size": 2},
    "channel_shuffle": {"groups": 2},
    "chunk": {"chunks": 2},
    "constant": {"values": [[0, 1], [1, 0]]},
    "conv1d": {"out_channels": 5, "kernel_size": 3},
    "conv2d": {"out_channels": 5, "kernel_size": 3},
    "euclidean_rbf": {"codes": [[1, -1, 1, 1, -1, 1], [-1, -1, 1, 1, 1, 1]]},
    "group_norm": {"num_groups": 2},
    "conv_transpose1d": {"out_channels": 5, "kernel_size": 3},
    "conv_transpose2d": {"out_channels": 5, "kernel_size": 3},
    "linear": {"out_features": 5},
    "local_response_norm": {"size": 5},
    "max_pool1d": {"kernel_size": 2},
    "max_pool2d": {"kernel_size": 2},
    "mean": {"dim": [2, 3]},
    "parameter": {"shape": [4, 1, 1]},
    "pad": {"padding": [1, 2]},
    "partial_conv2d": {"table": [[0, 1], [1, 2], [3]], "kernel_size": 3},
    "permute": {"dims": [0, 2, 3, 1]},
    "pixel_shuffle": {"upscale_factor": 2},
    "slice": {"dim": 2},
    "trainable_subsample": {"kernel_size": 2},
    "unflatten": {"dim": 1, "unflattened_size": [2, 2]},
    "upsample": {"size": 12},
}
"""Arguments for ops that have required ones."""

FUNCTIONS = {"add", "chunk", "concat", "constant", "mul", "parameter", "sub"}
"""Said as an expression, or a tensor; everything else is a module."""

SUPPORTED = {
    "abs",
    "euclidean_rbf",
    "layer_norm2d",
    "mean",
    "normalize",
    "pad",
    "partial_conv2d",
    "permute",
    "scaled_tanh",
    "slice",
    "trainable_subsample",
}
"""A class that the generated file brings along; torch.nn has none like it."""

NO_TORCH_CLASS = FUNCTIONS | SUPPORTED

NO_ARCHITECTURE = {"self", "args", "kwargs", "device", "dtype"}
"""What torch's constructors take that says nothing about a network (where its weights live)."""

DEPRECATED = {"min_value", "max_value"}
"""What torch itself warns of."""

OURS = {
    "layer_norm": ["normalized_shape"],
    "linear": ["groups", "channels_last"],
    "local_response_norm": ["groups"],
}
"""What torch's class has not, or only as a required argument that is inferred here."""

NO_DEFAULT = {"softmax", "log_softmax"}
"""torch's own default depends on the rank, and it warns of it."""


def example(key: str) -> Op:
    return all_ops()[key].model_validate(EXAMPLES.get(key, {}))


def inputs(op: Op) -> tuple[TensorType, ...]:
    """Types that the op accepts."""
    sizes = {"linear": (6,), "euclidean_rbf": (6,)}.get(
        op.key, (4, 6) if op.key.endswith("1d") else (4, 6, 8)
    )
    return (TensorType.of("N", *sizes),) * (op.arity or 2)


def holes() -> Iterator[tuple[str, str]]:
    """Every pair of op and target that has no rule."""
    kinds = all_ops().values()
    for table in (onnx, reference):
        for kind in table.holes(kinds):
            yield table.target, kind.key
    for kind in kinds:
        if pytorch.find(kind) is None and not hasattr(torch.nn, kind.__name__):
            yield "PyTorch", kind.key


def test_no_target_has_a_hole() -> None:
    assert list(holes()) == []


def test_the_ops_of_plain_chains_are_all_there() -> None:
    wanted = """adaptive_avg_pool2d add avg_pool2d batch_norm2d concat conv2d dropout flatten
    identity linear max_pool2d relu sigmoid softmax tanh"""
    assert set(wanted.split()) <= set(OPS)


@pytest.mark.parametrize("key", OPS)
def test_every_op_is_described(key: str) -> None:
    kind = all_ops()[key]
    assert kind.__doc__ and kind.__doc__ != Op.__doc__
    assert kind.title.endswith(".") and "\n" not in kind.title
    undescribed = [name for name, field in kind.model_fields.items() if not field.description]
    assert undescribed == []


@pytest.mark.parametrize("key", OPS)
def test_every_op_infers_its_type_and_says_itself_in_pytorch(key: str) -> None:
    op = example(key)
    assert type(op).infer is not Op.infer
    assert op.infer(*inputs(op)).rank >= 2
    assert isinstance(form(op, *inputs(op)), ModuleForm) is op.is_module
    assert op.is_module is (key not in FUNCTIONS)


@pytest.mark.parametrize("key", OPS)
def test_keys_are_torchs_class_names_in_snake_case(key: str) -> None:
    kind = all_ops()[key]
    squeezed = key.replace("_", "").lower()
    assert squeezed == kind.__name__.lower()


@pytest.mark.parametrize("key", sorted(set(OPS) - NO_TORCH_CLASS))
def test_arguments_are_torchs_in_torchs_order_with_torchs_defaults(key: str) -> None:
    kind, op = all_ops()[key], example(key)
    theirs = signature(getattr(torch.nn, kind.__name__).__init__).parameters
    known = NO_ARCHITECTURE | DEPRECATED | op.inferred(*inputs(op)).keys()
    wanted = {name: each.default for name, each in theirs.items() if name not in known}
    assert [name for name in kind.model_fields if name not in OURS.get(key, [])] == list(wanted)
    for name, default in wanted.items():
        field = kind.model_fields[name]
        assert field.is_required() is (default is Parameter.empty), name
        if key not in NO_DEFAULT and not field.is_required():
            given = kind.model_validate({**EXAMPLES.get(key, {}), name: default})
            assert getattr(given, name) == field.default, name


@pytest.mark.parametrize("key", OPS)
def test_defaults_are_not_printed(key: str) -> None:
    op = example(key)
    text = printed(op, *(tuple(map(str, each.dims)) for each in inputs(op)))
    assert "=" not in text or key in NO_DEFAULT | {"concat", "chunk"}
