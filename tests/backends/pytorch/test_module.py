"""The live module: the source that was read, as a module that Python's own tools understand."""

from __future__ import annotations

import copy
import inspect
import linecache
import pickle
import sys
import traceback

import pytest
import torch

from archcompile.backends.pytorch import load_class, load_module, source
from archcompile.ir.program import Program
from tests.backends.pytorch.written import all_networks, lenet, two_outputs

NETWORKS = all_networks()
BATCH = 3


def inputs(program: Program) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(5)
    shapes = [[int(size) for size in value.type.dims[1:]] for value in program.inputs]
    return tuple(torch.randn(BATCH, *shape, generator=generator) for shape in shapes)


def network(program: Program) -> torch.nn.Module:
    torch.manual_seed(0)
    return load_class(source(program), program.name)().eval()


@pytest.mark.parametrize("program", NETWORKS.values(), ids=NETWORKS.keys())
def test_the_module_gives_the_shapes_and_keys_of_its_program(program: Program) -> None:
    module = network(program)
    made = module(*inputs(program))
    outputs = made if isinstance(made, tuple) else (made,)
    assert [list(each.shape) for each in outputs] == [
        [BATCH, *map(int, output.value.type.dims[1:])] for output in program.outputs
    ]
    expected = {
        f"{node.path}.{weight.name}": list(map(int, weight.shape))
        for node in program.nodes()
        for weight in node.weights()
    }
    state = {key: list(tensor.shape) for key, tensor in module.state_dict().items()}
    assert state == expected
    assert list(state) == list(expected)


def test_several_outputs_have_their_names() -> None:
    made = network(two_outputs())(*inputs(two_outputs()))
    assert made._fields == ("low", "high")


def test_a_parameter_of_the_spec_is_one_of_the_constructor() -> None:
    module = load_class(source(lenet()), "lenet5")(classes=7)
    assert module(*inputs(lenet())).shape == (BATCH, 7)


def test_one_text_is_executed_once() -> None:
    assert load_module(source(lenet()), "lenet5") is load_module(source(lenet()), "lenet5")


def test_the_source_is_at_hand_also_without_a_line_cache() -> None:
    text = source(lenet())
    made = load_class(text, "lenet5")
    linecache.clearcache()
    assert inspect.getsource(made) in text
    linecache.clearcache()
    assert inspect.getsource(made.forward).startswith("    def forward(self, image")
    assert inspect.getsource(sys.modules[made.__module__]) == text


def test_a_traceback_shows_lines_of_the_source() -> None:
    module = network(lenet())
    linecache.clearcache()
    with pytest.raises(RuntimeError) as caught:
        module(torch.zeros(1, 1, 8, 8))
    text = "".join(traceback.format_exception(caught.value))
    assert "x = self.c3(x)" in text
    assert "lenet5" in text


def test_pickle_and_deepcopy_keep_the_function() -> None:
    module, (image,) = network(lenet()), inputs(lenet())
    expected = module(image)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(twin(image), expected)


def test_torch_compiles_and_exports_it() -> None:
    module, (image,) = network(lenet()), inputs(lenet())
    expected = module(image)
    linecache.clearcache()
    assert torch.equal(torch.compile(module, backend="eager")(image), expected)
    exported = torch.export.export(module, (image,))
    assert torch.equal(exported.module()(image), expected)


def test_a_text_that_fails_leaves_no_module_behind() -> None:
    before = set(sys.modules)
    with pytest.raises(ZeroDivisionError):
        load_module("1 / 0\n", "broken")
    assert not {name for name in set(sys.modules) - before if "broken" in name}
