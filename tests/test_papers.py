"""What the papers argue, run: towers, stacks of 3 x 3, identity mappings, reductions, fields."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from archcompile.network import Network
from archcompile.passes.printed_number import PrintedNumber
from tests.families import load, papers
from tests.spec_text import compile_text

PAPERS = papers()

# --- Krizhevsky et al. 2012: two GPUs ---------------------------------------------------------

ON_ONE_GPU = """
  lower:                # what one GPU has of the first two layers
    layers:
      - {name: conv1, conv2d: [48, 11, 4, padding: [[0, 3], [0, 3]]]}
      - relu
      - local_response_norm: [5, 1e-4, 0.75, 2]
      - max_pool2d: [3, 2]
      - {name: conv2, conv2d: [128, 5, padding: 2]}
      - relu
      - local_response_norm: [5, 1e-4, 0.75, 2]
      - max_pool2d: [3, 2]
  upper:                # and of the next three
    layers:
      - {name: conv3, conv2d: [192, 3, padding: 1]}
      - relu
      - {name: conv4, conv2d: [192, 3, padding: 1]}
      - relu
      - {name: conv5, conv2d: [128, 3, padding: 1]}
      - relu
      - max_pool2d: [3, 2]
"""
TOWERS = f"""
input: [N, 3, 224, 224]
blocks:{ON_ONE_GPU}
layers:
  - {{name: lower1, lower}}
  - {{name: lower2, from: x, lower}}
  - {{name: maps, from: [lower1, lower2], concat}}
  - {{name: upper1, upper}}
  - {{name: upper2, from: maps, upper}}
  - {{from: [upper1, upper2], concat}}
"""
GROUPS = """
input: [N, 3, 224, 224]
blocks:
  norm_on_each_gpu:
    layers:
      - {name: a, slice: {dim: 1, stop: x.channels // 2}}
      - {name: norm_a, local_response_norm: [5, 1e-4, 0.75, 2]}
      - {name: b, from: x, slice: {dim: 1, start: x.channels // 2}}
      - {name: norm_b, local_response_norm: [5, 1e-4, 0.75, 2]}
      - {from: [norm_a, norm_b], concat}
layers:
  - {name: conv1, conv2d: [96, 11, 4, padding: [[0, 3], [0, 3]]]}
  - relu
  - norm_on_each_gpu
  - max_pool2d: [3, 2]
  - {name: conv2, conv2d: [256, 5, padding: 2, groups: 2]}
  - relu
  - norm_on_each_gpu
  - max_pool2d: [3, 2]
  - {name: conv3, conv2d: [384, 3, padding: 1]}
  - relu
  - {name: conv4, conv2d: [384, 3, padding: 1, groups: 2]}
  - relu
  - {name: conv5, conv2d: [256, 3, padding: 1, groups: 2]}
  - relu
  - max_pool2d: [3, 2]
"""
CONVOLUTIONS = ("conv1", "conv2", "conv3", "conv4", "conv5")


def alexnet_weights() -> dict[str, torch.Tensor]:
    """Weights of the five convolutions, such that the maps stay about as large as the image."""
    generator = torch.Generator().manual_seed(2012)
    shapes = {
        "conv1": (96, 3, 11, 11),
        "conv2": (256, 48, 5, 5),
        "conv3": (384, 256, 3, 3),
        "conv4": (384, 192, 3, 3),
        "conv5": (256, 192, 3, 3),
    }
    found = {}
    for name, shape in shapes.items():
        spread = math.sqrt(2 / math.prod(shape[1:]))
        found[f"{name}.weight"] = torch.randn(shape, generator=generator) * spread
        found[f"{name}.bias"] = torch.randn(shape[:1], generator=generator) * 0.1
    return found


def on_towers(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Each GPU has one half of every convolution's kernels."""
    found = {}
    for key, value in weights.items():
        part = "lower" if key.startswith(("conv1", "conv2")) else "upper"
        first, second = value.chunk(2)
        found |= {f"{part}1.{key}": first, f"{part}2.{key}": second}
    return found


def pool5(network: Network, weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """What leaves the last pooling of a shipped AlexNet."""
    module = network.module().eval()
    module.load_state_dict(module.state_dict() | weights)
    seen: list[torch.Tensor] = []
    module.get_submodule("pool5").register_forward_hook(lambda *call: seen.append(call[2]))
    with torch.no_grad():
        module(x)
    return seen[0]


def test_two_towers_are_two_groups_with_normalisation_on_each_gpu() -> None:
    weights = alexnet_weights()
    x = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)) * 60
    towers, groups = compile_text(TOWERS).module().eval(), compile_text(GROUPS).module().eval()
    towers.load_state_dict(on_towers(weights))
    groups.load_state_dict(weights)
    with torch.no_grad():
        expected = towers(x)
        assert torch.equal(groups(x), expected)
    assert torch.equal(pool5(load("alexnet_2012"), weights, x), expected)

    # the same, but that the normalisation reaches over the border between the GPUs
    across = load("alexnet_bvlc", k=2, size=224, overhang=3)
    difference = pool5(across, weights, x) - expected
    assert difference.norm() > 1e-3 * expected.norm()


def test_normalisation_over_all_channels_differs_at_the_border_of_the_gpus_only() -> None:
    x = torch.randn(1, 96, 3, 3, generator=torch.Generator().manual_seed(0)) * 60
    on_each = load("alexnet_2012").module().get_submodule("norm1")
    over_all = load("alexnet_bvlc", k=2).module().get_submodule("norm1")
    differs = (on_each(x) != over_all(x)).flatten(2).any(dim=2)[0]
    assert differs.nonzero().flatten().tolist() == [46, 47, 48, 49]


def test_figure_2_counts_alexnets_neurons_but_for_conv1() -> None:
    network = load("alexnet_2012")
    sizes = {node.path: node.output.type for node in network.program.nodes()}
    counted = [math.prod(int(n) for n in network.program.inputs[0].type.dims[1:])]
    for layer in (*CONVOLUTIONS, "fc6", "fc7", "fc8"):
        counted.append(math.prod(int(size) for size in sizes[layer].dims[1:]))
    wrong = [
        place for place, count in enumerate(PAPERS["alexnet_neurons"]) if count != counted[place]
    ]
    assert (wrong, counted[1]) == ([1], 290_400)
    assert sum(counted[1:]) == 659_272  # "650,000 neurons"


# --- Simonyan, Zisserman 2014: stacks of 3 x 3 --------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "field", "weights"),
    [
        ("[{repeat: 3, conv2d: [in.channels, 3, bias: false]}]", 7, 27),
        ("[conv2d: [in.channels, 7, bias: false]]", 7, 49),
        ("[{repeat: 2, conv2d: [in.channels, 3, bias: false]}]", 5, 18),
        ("[conv2d: [in.channels, 5, bias: false]]", 5, 25),
    ],
)
def test_a_stack_of_3x3_sees_as_much_for_fewer_weights(
    layers: str, field: int, weights: int
) -> None:
    channels = 64
    net = compile_text(
        f"input: [N, {channels}, 32, 32]\nlayers: [{{name: stack, sequence: {layers}}}]"
    )
    assert [int(size) for size in net.facts.receptive_fields.nodes[-1].extent] == [field, field]
    assert int(net.facts.costs.total.parameters) == weights * channels**2


# --- Szegedy et al. 2014: reductions ------------------------------------------------------------


def test_naive_modules_cost_13_9_times_the_parameters_and_7_9_times_the_operations() -> None:
    naive, reduced = (load(name).facts.costs.inference for name in ("googlenet_naive", "googlenet"))
    assert round(int(naive.parameters) / int(reduced.parameters), 1) == 13.9
    assert round(int(naive.macs) / int(reduced.macs), 1) == 7.9


def test_table_1_prints_googlenets_operations_but_for_5a() -> None:
    """And but for conv1, whose numbers are those of a separable convolution (left out here)."""
    network = load("googlenet")
    macs: dict[str, int] = {}
    for node, cost in zip(network.program.nodes(), network.facts.costs.nodes, strict=True):
        top = node.path.partition(".")[0].removeprefix("inception_").removesuffix("_reduce")
        row = "linear" if top == "classifier" else top
        macs[row] = macs.get(row, 0) + int(cost.macs)
    printed = PAPERS["googlenet_operations"]
    wrong = [row for row, text in printed.items() if not agrees(text, macs[row])]
    assert wrong == ["5a"]


def agrees(printed: str, count: int) -> bool:
    """Whether a count, rounded or cut, is what a paper prints."""
    number = PrintedNumber.parse(printed)
    return number is not None and number.agrees(count)


# --- He et al. 2015 and 2016: residual learning, identity mappings ------------------------------


def with_silent_bodies(stage: nn.Module, last: str) -> nn.Module:
    """A stage in which every body's last convolution gives zeros."""
    for unit in stage.children():
        nn.init.zeros_(unit.get_parameter(f"{last}.weight"))
    return stage.eval()


@pytest.mark.parametrize(("name", "last"), [("preresnet110", "conv2"), ("preresnet164", "conv3")])
def test_a_preactivation_trunk_of_silent_bodies_is_the_identity(name: str, last: str) -> None:
    net = load(name).module()
    for stage in ("layer1", "layer2", "layer3"):
        units = nn.Sequential(
            *list(net.get_submodule(stage))[1:]
        )  # the first one changes the width
        trunk = with_silent_bodies(units, last)
        x = signed(int(units[0].get_submodule("bn1").num_features))
        assert torch.equal(trunk(x), x)


def test_a_post_activation_trunk_of_silent_bodies_is_a_relu() -> None:
    net = load("resnet110").module()
    for stage in ("layer1", "layer2", "layer3"):
        units = nn.Sequential(*list(net.get_submodule(stage))[1:])
        trunk = with_silent_bodies(units, "conv2")
        x = signed(int(units[0].get_submodule("bn1").num_features))
        assert torch.equal(trunk(x), torch.relu(x)) and not torch.equal(trunk(x), x)


def signed(channels: int) -> torch.Tensor:
    return torch.randn(2, channels, 4, 4, generator=torch.Generator().manual_seed(2016))


@pytest.mark.parametrize("layers", [20, 32, 44, 56, 110])
def test_the_plain_twin_is_one_flag_away_and_has_the_same_weights(layers: int) -> None:
    residual, plain = load(f"resnet{layers}"), load(f"plain{layers}")
    assert weights_of(plain) == weights_of(residual)
    assert load(f"resnet{layers}", skip=False).program.members == plain.program.members
    joins = [node.op.key for node in residual.program.nodes()].count("add")
    assert joins == (layers - 2) // 2
    assert "add" not in {node.op.key for node in plain.program.nodes()}


def weights_of(network: Network) -> dict[str, tuple[int, ...]]:
    """Key and shape of every weight."""
    return {
        node.key(weight): tuple(int(size) for size in weight.shape)
        for node in network.program.nodes()
        for weight in node.weights()
    }


# --- receptive fields, as published -------------------------------------------------------------

PUBLISHED = PAPERS["receptive_fields_published"]


def fields_of(network: Network, *kinds: str) -> list[tuple[int, int]]:
    """Field and step of every layer of these kinds, in order."""
    known = zip(network.program.nodes(), network.facts.receptive_fields.nodes, strict=True)
    return [
        (int(seen.extent[0]), int(seen.jump[0])) for node, seen in known if node.op.key in kinds
    ]


@pytest.mark.parametrize(
    "name", ["alexnet_2012", "alexnet_bvlc", "alexnet_ungrouped", "alexnet_owt", "alexnet"]
)
def test_every_alexnet_has_the_published_fields(name: str) -> None:
    published, network = PUBLISHED["alexnet_v2"], load(name)
    convolutions = [field for field, _ in fields_of(network, "conv2d")]
    assert convolutions == [published[layer] for layer in CONVOLUTIONS]
    pools = fields_of(network, "max_pool2d")
    assert pools[0][0] == published["pool1"]
    assert pools[2] == (published["pool5"], published["eff_stride"])


def test_vgg_has_the_published_fields() -> None:
    assert fields_of(load("vgg11"), "max_pool2d")[4][0] == PUBLISHED["vgg_a"]["pool5"]
    published, vgg16 = PUBLISHED["vgg_16"], load("vgg16")
    assert fields_of(vgg16, "conv2d")[11][0] == published["conv5_2"]
    assert fields_of(vgg16, "max_pool2d")[4] == (published["pool5"], published["eff_stride"])


@pytest.mark.parametrize(
    ("name", "depths", "published"),
    [
        ("resnet50_v1", [3, 4, 6, 3], PUBLISHED["resnet_v1_50"]),
        ("resnet101_v1", [3, 4, 23, 3], PUBLISHED["resnet_v1_101"]),
        ("resnet152_v1", [3, 8, 36, 3], PUBLISHED["resnet_v1_152"]),
    ],
)
def test_resnet_has_the_published_fields(
    name: str, depths: list[int], published: list[int]
) -> None:
    joins = [field for field, _ in fields_of(load(name), "add")]
    ends = [sum(depths[: stage + 1]) - 1 for stage in range(4)]
    assert [joins[end] for end in ends] == published


def test_a_resnet_of_200_layers_has_the_published_field() -> None:
    deeper = load("resnet152_v1", depths=[3, 24, 36, 3])
    assert fields_of(deeper, "add")[-1][0] == PUBLISHED["resnet_v1_200"]
