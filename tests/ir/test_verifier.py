"""The verifier lets honest programs pass and names what is wrong with planted broken ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from archcompile.diagnostics import InternalError
from archcompile.ir.program import Program, ProgramOutput, Value
from archcompile.ir.types import TensorType
from archcompile.ir.verifier import verify
from tests.programs import (
    basic_block,
    chain,
    conv,
    image,
    last,
    lenet5,
    node,
    op,
    program,
    region,
    small_resnet,
    twice,
    with_heads,
)

START = image(3, 8, 8)


def _two_values_of_one_name() -> Program:
    first, second = chain(START, ("a", conv(4)), ("b", conv(4)))
    clash = replace(second, output=replace(second.output, name="a"))
    return program((START,), (first, clash))


def _two_modules_of_one_path() -> Program:
    first = node("a", conv(4), START)
    second = node("a", conv(4), first.output, name="a#2")
    return program((START,), (first, second))


def _read_before_it_is_made() -> Program:
    first, second = chain(START, ("a", conv(4)), ("b", conv(4)))
    return program((START,), (second, first))


def _read_with_another_type() -> Program:
    first = node("a", conv(4), START)
    lie = Value("a", TensorType.of("N", 5, 8, 8))
    return program((START,), (first, node("b", conv(4), lie)))


def _stored_with_another_type() -> Program:
    first = node("a", conv(4), START)
    return program((START,), (replace(first, output=Value("a", TensorType.of("N", 5, 8, 8))),))


def _op_that_refuses_its_inputs() -> Program:
    vector = Value("vector", TensorType.of("N", 3))
    made = Value("a", TensorType.of("N", 4, 8, 8))
    broken = replace(node("a", conv(4), START), inputs=(vector,), output=made)
    return program((vector,), (broken,))


def _member_outside_its_region() -> Program:
    inner = node("elsewhere", conv(4), START)
    return program((START,), (region("stage", inner),))


def _block_that_reads_past_its_inputs() -> Program:
    first, second = chain(START, ("a", conv(3)), ("b", conv(3)))
    inner = node("unit.c", op("add"), second.output, first.output)
    return program((START,), (first, second, region("unit", inner, block="unit")))


def _region_of_a_layer_s_path() -> Program:
    first = node("a", conv(3), START)
    inner = node("a.b", conv(3), first.output)
    return program((START,), (first, region("a", inner)))


def _region_output_that_nobody_makes() -> Program:
    made = region("stage", node("stage.a", conv(4), START))
    ghost = Value("ghost", TensorType.of("N", 4, 8, 8))
    return program((START,), (replace(made, outputs=(ghost,)),))


def _output_that_nobody_makes() -> Program:
    ghost = Value("ghost", TensorType.of("N", 4, 8, 8))
    first = node("a", conv(4), START)
    return program((START,), (first,), outputs=(ProgramOutput("output", ghost),))


def _two_outputs_of_one_name() -> Program:
    first = node("a", conv(4), START)
    output = ProgramOutput("output", first.output)
    return program((START,), (first,), outputs=(output, output))


def _no_output() -> Program:
    return replace(program((START,), (node("a", conv(4), START),)), outputs=())


BROKEN: dict[Callable[[], Program], str] = {
    _two_values_of_one_name: "two values are called `a`",
    _two_modules_of_one_path: "two different modules are called `a`",
    _read_before_it_is_made: "`b` reads `a`, which is not made before it",
    _read_with_another_type: "`b` reads `a` as [N, 5, 8, 8], but it is [N, 4, 8, 8]",
    _stored_with_another_type: "`a` is stored as [N, 5, 8, 8], but its op infers [N, 4, 8, 8]",
    _op_that_refuses_its_inputs: "`a` refuses its inputs",
    _member_outside_its_region: "`elsewhere` lies in `stage` but not below its path",
    _block_that_reads_past_its_inputs: "reads `a`, which the block is not called with",
    _region_of_a_layer_s_path: "two different modules are called `a`",
    _region_output_that_nobody_makes: "`stage` reads `ghost`, which is not made before it",
    _output_that_nobody_makes: "reads `ghost`, which is not made before it",
    _two_outputs_of_one_name: "two outputs are called `output`",
    _no_output: "`net` has no output",
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda build: build.__name__.strip("_"))
def test_a_planted_broken_program_is_refused_by_name(broken: Callable[[], Program]) -> None:
    with pytest.raises(InternalError) as refusal:
        verify(broken())
    assert BROKEN[broken] in str(refusal.value)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "a.",
        "a..b",
        "-a",
        "a b",
        "a/b",
        "class",
        "a.import",
        "ﬁ",
        "a\n",
        "__import__('os')",
    ],
)
def test_a_name_outside_the_grammar_is_refused(name: str) -> None:
    with pytest.raises(InternalError, match="is no name"):
        verify(program((START,), (node(name, conv(4), START),)))


@pytest.mark.parametrize("name", ["a", "extra.0", "block1-0", "layer1.2.conv1", "größe"])
def test_names_and_paths_of_words_and_numbers_pass(name: str) -> None:
    verify(program((START,), (node(name, conv(4), START),)))


def test_honest_programs_pass() -> None:
    verify(lenet5())
    verify(lenet5(size="H"))
    verify(small_resnet())


def test_a_module_that_is_applied_twice_passes() -> None:
    first = node("encoder", conv(3), START)
    second = node("encoder", conv(3), first.output, name="encoder#2")
    verify(program((START,), (first, second)))


def test_a_module_applied_to_another_width_is_refused() -> None:
    first = node("encoder", conv(4), START)
    second = node("encoder", conv(4), first.output, name="encoder#2")
    with pytest.raises(InternalError, match="two different modules"):
        verify(program((START,), (first, second)))


def test_a_block_that_reads_its_input_twice_passes() -> None:
    stem = node("stem", conv(3), START)
    block = basic_block("unit", stem.output, 3)
    verify(program((START,), (stem, block), outputs=(ProgramOutput("output", last(block)),)))


def test_a_split_tensor_may_be_read_whole_but_no_whole_one_as_split() -> None:
    first = node("a", conv(4), START)
    split = replace(first, output=replace(first.output, type=first.output.type.split(2)))
    whole = replace(split.output, type=first.output.type)
    within, exchanged = node("b", conv(4), split.output), node("b", conv(4), whole)
    verify(program((START,), (split, within)))
    verify(program((START,), (split, exchanged)))
    with pytest.raises(InternalError, match="reads `a` split in 2, but it is made in 1"):
        verify(program((START,), (first, within)))


def test_outputs_for_training_only_do_not_make_a_network() -> None:
    verify(with_heads())
    made = with_heads()
    with pytest.raises(InternalError, match="`heads` has outputs for training only"):
        verify(replace(made, outputs=made.outputs[:1]))


def test_a_block_that_is_applied_twice_passes() -> None:
    verify(twice())


def test_a_module_inside_a_layer_is_refused() -> None:
    first = node("a", conv(3), START)
    second = node("a.b", conv(3), first.output)
    with pytest.raises(InternalError, match=r"`a\.b` lies inside `a`, which is one layer"):
        verify(program((START,), (first, second)))


def test_a_value_of_another_name_than_its_layer_is_refused() -> None:
    with pytest.raises(InternalError, match="`a` makes a value that is called `b`"):
        verify(program((START,), (node("a", conv(3), START, name="b"),)))
