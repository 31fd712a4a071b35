"""What torch and torchinfo say of our modules: on the meta device, by torch's flop counter, by its
exporter. Where they differ from us, and who is right: docs/design/0011-other-judges.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import pytest
import torch
import torchinfo
from judged import (
    PARTS,
    SEEDS,
    axes,
    calls,
    drawn,
    inputs,
    judged,
    kinds,
    number,
    shape,
    sizes_for,
    stated_calls,
    tensors,
    uses,
    without_storage,
)
from spec_text import compile_text
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archcompile.ir.program import Node

DIFFER = {"partial_conv2d", "trainable_subsample", "euclidean_rbf"}
"""What the flop counter sees as something else than it is: see the test by ones."""
pytestmark = pytest.mark.filterwarnings("ignore")  # theirs, of their own ways


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_what_is_judged_has_most_ops_in_it() -> None:
    found = kinds([drawn(seed) for seed in range(SEEDS)])
    assert len(found) >= 45
    assert found.keys() >= DIFFER


@pytest.mark.parametrize("part", PARTS)
def test_every_module_gives_the_stated_shapes_on_the_meta_device(part: str) -> None:
    """In training, where the heads are there too; each call of a module that is called twice."""
    for name, network in judged(part):
        module = without_storage(network).train()
        functions = {"add", "sub", "mul", "concat", "chunk", "parameter"}
        for sizes in sizes_for(network):
            found = calls(module, inputs(network.program, sizes, "meta"))
            stated = stated_calls(network.program, sizes)
            for path, shapes in found.items():
                if path in stated:
                    assert shapes == stated[path], f"{name}: {path}"
                else:  # a shortcut that is not there in this call of a block
                    assert not list(module.get_submodule(path).children()), f"{name}: {path}"
                    assert isinstance(module.get_submodule(path), nn.Identity | nn.Sequential)
            ops = {node.path: node.op.key for node in network.program.nodes()}
            assert {ops[path] for path in stated.keys() - found.keys() if path in ops} <= functions


def flops(module: nn.Module, given: tuple[torch.Tensor, ...]) -> int:
    """What torch's flop counter says, in multiply-adds."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*given)
    assert counter.get_total_flops() % 2 == 0
    return counter.get_total_flops() // 2


def as_torchinfo_counts(node: Node, sizes: Mapping[str, int]) -> int:
    """torchinfo's rule, on what the program says of a layer.

    Parameters called ``weight`` and ``bias``, each as often as there are samples, and in whatever
    has "Conv" in its name as often as the output has positions.
    """
    batch, _, *positions = (*shape(node.output.type, sizes), 1)
    times = batch * (prod(positions) if "conv" in node.op.key else 1)
    names = ("weight", "bias")
    counted = (each for each in node.weights() if each.kind == "parameter" and each.name in names)
    return sum(int(each.elements()) for each in counted) * times


@pytest.mark.parametrize("part", PARTS)
def test_costs_are_those_of_the_flop_counter_and_of_torchinfo(part: str) -> None:
    """Parameters are torchinfo's; its multiply-adds differ by its rule, and by nothing else."""
    for name, network in judged(part):
        sizes = sizes_for(network)[1]
        module, given = without_storage(network).eval(), inputs(network.program, sizes, "meta")
        told = torchinfo.summary(module, input_data=given, verbose=0, device="meta")
        report = network.report().to_dict()
        assert told.total_params == report["parameters"], name
        assert told.trainable_params == report["trainable_parameters"], name
        known = uses(network)
        assert told.total_mult_adds == sum(as_torchinfo_counts(node, sizes) for node, _ in known)
        macs = sum(number(each, sizes) for _, each in known)
        assert macs == number(network.facts.costs.total.macs, sizes), name
        if DIFFER.isdisjoint(node.op.key for node, _ in known):
            assert flops(module, given) == macs * sizes["N"], name


TWICE = """{name: a, linear: [8, bias: false]}
  - {name: b, from: image, apply: a}
  - {from: [a, b], add}"""
BY_ONES: dict[str, tuple[str, str, tuple[int, int, int, int]]] = {
    "a convolution in groups": (
        *("[N, 6, 9, 8]", "conv2d: {out_channels: 4, kernel_size: 3, groups: 2, bias: false}"),
        (4536, 4536, 4536, 4536),
    ),
    "with a bias": (
        *("[N, 6, 9, 8]", "conv2d: {out_channels: 4, kernel_size: 3}"),
        (9072, 9072, 9240, 9072),
    ),
    "with a stride and a dilation": (
        *("[N, 6, 9, 8]", "conv2d: {out_channels: 4, kernel_size: 2, stride: 2, dilation: 3}"),
        (864, 864, 900, 864),
    ),
    "with a border of zeros": (
        *("[N, 6, 9, 8]", "conv2d: {out_channels: 4, kernel_size: 3, padding: 1, bias: false}"),
        (13200, 15552, 15552, 15552),
    ),
    "a transposed convolution": (
        *("[N, 6, 9, 8]", "conv_transpose2d: {out_channels: 4, kernel_size: 2, stride: 2}"),
        (6912, 6912, 28800, 6912),
    ),
    "a linear layer at every position": (
        *("[N, 9, 8]", "linear: {out_features: 4, bias: false}"),
        (288, 288, 32, 288),
    ),
    "a linear layer": ("[N, 8]", "linear: 4", (32, 32, 36, 32)),
    "a layer that is used twice": (
        *("[N, 8]", TWICE),
        (128, 128, 128, 128),
    ),
    "partial connections": (
        *("[N, 6, 9, 8]", "partial_conv2d: {table: [[0, 1], [1, 2, 3], [5]], kernel_size: 3}"),
        (2268, 2268, 2394, 6804),
    ),
}


@pytest.mark.parametrize("kind", BY_ONES)
def test_who_is_right_is_counted_by_ones(kind: str) -> None:
    """With weights and inputs of ones and no bias each product is 1, so their sum is their number.

    By ones, ours, torchinfo's, the flop counter's; for one sample.
    """
    text, line, counts = BY_ONES[kind]
    network = compile_text(f"input: {{image: {text}}}\nlayers:\n  - {line}\n")
    sizes = {"N": 1}
    module, given = network.module().eval(), inputs(network.program, sizes, "cpu")
    told = torchinfo.summary(module, input_data=given, verbose=0).total_mult_adds
    with torch.no_grad():
        for key, parameter in module.named_parameters():
            parameter.fill_(0 if key.endswith("bias") else 1)
        ones = int(sum(each.sum() for each in tensors(module(*map(torch.ones_like, given)))))
    ours = network.report().to_dict()["macs"]
    assert (ones, ours, told, flops(module, given)) == counts


@pytest.mark.parametrize("part", [*PARTS[:-1], "small"])
def test_torch_exports_the_same_parameters_and_the_same_sizes_for_any_batch(part: str) -> None:
    for name, network in judged(part):
        program, sizes = network.program, sizes_for(network)
        exported = torch.export.export(
            network.module().eval(), inputs(program, sizes[1], "cpu"), dynamic_shapes=axes(program)
        )
        said = exported.graph_signature
        keys = [(n.key(w), w.kind) for n in program.nodes() for w in n.weights()]
        assert set(said.parameters) == {key for key, kind in keys if kind == "parameter"}, name
        ours = {key for key, kind in keys if kind != "parameter"}
        assert set(said.buffers) - set(said.non_persistent_buffers) == ours, name
        assert set(exported.state_dict) == {key for key, _ in keys}, name
        assert all(str(each.upper) == "int_oo" for each in exported.range_constraints.values()), (
            name
        )
        values = {node.name: node.meta.get("val") for node in exported.graph.nodes}
        for each in sizes:
            numbers = {}
            for value, given in zip(program.inputs, said.user_inputs, strict=True):
                for size, dim in zip(values[given].shape, value.type.dims, strict=True):
                    if not isinstance(size, int):
                        numbers[size.node.expr] = number(dim, each)
                    elif dim.constant is None:  # an axis that was not to be open
                        each = {**each, **{symbol: sizes[1][symbol] for symbol in dim.symbols}}
            outputs = [output for output in program.outputs if not output.training]
            shown = [values[key] for key in said.user_outputs if key is not None]
            for output, value in zip(outputs, shown, strict=True):
                found = tuple(evaluated(size, numbers) for size in value.shape)
                assert found == shape(output.value.type, each), f"{name}: {output.name}"


def evaluated(size: Any, numbers: Mapping[Any, int]) -> int:
    """A size of the exporter's, or what its expression comes to."""
    return size if isinstance(size, int) else int(size.node.expr.subs(numbers))
