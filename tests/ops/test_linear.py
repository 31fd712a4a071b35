"""``linear`` against torch and onnxruntime: vectors, sequences, maps and groups."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, assert_state_dict, distance, onnx_model, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError, Unknown
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn


@settings(max_examples=150)
@given(
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(1, 3),
    st.booleans(),
    st.sampled_from([(2,), (1,), (2, 5), (2, 4, 3)]),
)
def test_shapes_state_dict_and_results_are_torchs(
    out: int, features: int, groups: int, bias: bool, positions: tuple[int, ...]
) -> None:
    layer = op(
        "linear",
        out_features=out * groups,
        bias=bias,
        groups=groups,
        channels_last=len(positions) == 3,
    )
    case = Case.of(layer, (*positions, features * groups))
    assert_agreement(case)
    assert_state_dict(case)
    places = 1
    for size in positions[1:]:
        places *= size
    assert int(layer.macs(*case.types)) == places * out * groups * features
    assert int(layer.connections(*case.types)) == places * out * groups * (features + bias)


@pytest.mark.parametrize("groups", [1, 4])
def test_weights_start_as_torchs_do(groups: int) -> None:
    case = Case.of(op("linear", out_features=2000, groups=groups), (1, 120))
    torch.manual_seed(0)
    module = case.module()
    for weight in case.layer.weights(*case.types):
        assert weight.init == UniformFanIn(Dim.of(120 // groups))
        bound = (120 // groups) ** -0.5
        largest = float(module.get_parameter(weight.name).detach().abs().max())
        assert 0.99 * bound < largest <= bound


def test_groups_are_a_block_diagonal_matrix() -> None:
    case = Case.of(op("linear", out_features=4, groups=2, bias=False), (3, 6))
    whole = torch.block_diag(*torch.tensor(case.weights["weight"]).chunk(2))
    assert distance(case.in_torch(), case.inputs[0] @ whole.numpy().T) <= 1e-12


def test_on_two_gpus_a_linear_layer_has_two_groups() -> None:
    assert op("linear", out_features=4).divided(2) == op("linear", out_features=4, groups=2)
    assert op("linear", out_features=4).has_channels


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    ("told", "shape"),
    [(("N", 6), (2, 6)), (("N", "T", 6), (2, 5, 6)), (("N", "H", "W", 6), (2, 4, 3, 6))],
)
def test_symbolic_sizes_run_in_onnxruntime(
    told: tuple[int | str, ...], shape: tuple[int, ...], groups: int
) -> None:
    layer = op("linear", out_features=4, groups=groups, channels_last=True)
    case = Case.of(layer, shape)
    assert distance(case.in_onnx((TensorType.of(*told),)), case.in_torch()) <= 1e-5
    assert str(layer.infer(TensorType.of(*told)).dims[-2]) == str(told[-2])


def test_a_vectors_layer_is_one_node() -> None:
    layer, x = op("linear", out_features=4, bias=False), TensorType.of("N", 6)
    model = onnx_model(layer, (x,), {"weight": torch.zeros(4, 6).numpy()})
    assert [node.op_type for node in model.graph.node] == ["Gemm"]


@pytest.mark.parametrize(
    ("arguments", "shape", "text"),
    [
        ({}, ("N", 6), "nn.Linear(6, 4)"),
        ({"bias": False}, ("N", "T", 6), "nn.Linear(6, 4, bias=False)"),
        ({"channels_last": True}, ("N", "H", "W", 6), "nn.Linear(6, 4)"),
        ({"groups": 2}, ("N", 6), "GroupedLinear(6, 4, groups=2)"),
        ({"groups": 2, "bias": False}, ("N", 6), "GroupedLinear(6, 4, bias=False, groups=2)"),
    ],
)
def test_the_source_is_what_a_person_would_write(
    arguments: dict[str, object], shape: tuple[int | str, ...], text: str
) -> None:
    assert printed(op("linear", out_features=4, **arguments), shape) == text


def test_a_map_that_may_have_its_channels_last_is_left_to_the_call() -> None:
    layer = op("linear", out_features=4).updated({"channels_last": Unknown("last")})
    assert printed(layer, ("N", "H", "W", 6)) == "nn.Linear(6, 4)"


@pytest.mark.parametrize(
    ("arguments", "x", "code", "words", "help"),
    [
        (
            {},
            TensorType.of("N", 16, 5, 5),
            Code.WRONG_RANK,
            "`linear` expects a vector [N, F], got [N, 16, 5, 5]",
            "write `flatten` before it",
        ),
        (
            {"groups": 3},
            TensorType.of("N", 6),
            Code.NOT_DIVISIBLE,
            "`groups: 3` must divide the input's 6 features and the output's 4",
            "write `groups: 2`",
        ),
        (
            {"groups": 2},
            TensorType.of("N", 8, 6).split(2),
            Code.CROSSES_GROUPS,
            "[N, 8, 6], which is split over the GPUs along axis 1",
            "`exchange`",
        ),
    ],
)
def test_what_cannot_work_is_refused(
    arguments: dict[str, object], x: TensorType, code: Code, words: str, help: str
) -> None:
    with pytest.raises(OpError) as caught:
        op("linear", out_features=4, **arguments).infer(x)
    assert caught.value.code is code
    assert words in caught.value.message
    assert help in (caught.value.help or "")
