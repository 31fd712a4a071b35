"""The textual IR, line by line."""

from __future__ import annotations

from dataclasses import replace

from archcompile.ir.printer import print_program, printed_arguments
from archcompile.ir.program import ProgramOutput
from tests.programs import image, lenet5, node, op, program, small_resnet, twice, with_heads

LENET5 = """\
network lenet5(classes = 10) (image: [N, 1, 32, 32]) -> (output: [N, 10])
  c1      = conv2d(image, out_channels=6, kernel_size=5)  : [N, 6, 28, 28]
  tanh    = tanh(c1)                                      : [N, 6, 28, 28]
  s2      = avg_pool2d(tanh, kernel_size=2)               : [N, 6, 14, 14]
  c3      = conv2d(s2, out_channels=16, kernel_size=5)    : [N, 16, 10, 10]
  tanh2   = tanh(c3)                                      : [N, 16, 10, 10]
  s4      = avg_pool2d(tanh2, kernel_size=2)              : [N, 16, 5, 5]
  flatten = flatten(s4)                                   : [N, 400]
  c5      = linear(flatten, out_features=120)             : [N, 120]
  tanh3   = tanh(c5)                                      : [N, 120]
  f6      = linear(tanh3, out_features=84)                : [N, 84]
  tanh4   = tanh(f6)                                      : [N, 84]
  output  = linear(tanh4, out_features=10)                : [N, 10]
"""


def test_lenet5_prints_as_a_person_would_write_it() -> None:
    assert print_program(lenet5()) == LENET5


def test_members_of_a_block_stand_below_its_call() -> None:
    lines = [" ".join(line.split()) for line in print_program(small_resnet(1)).splitlines()]
    assert lines[0] == "network small_resnet (image: [N, 3, 32, 32]) -> (output: [N, 10])"
    assert lines[4:6] == [
        "layer1 = sequence(relu) : [N, 16, 32, 32]",
        "layer1.0 = block basic_block(relu) : [N, 16, 32, 32]",
    ]
    assert lines[11] == "layer1.0.add = add(layer1.0.bn2, relu) : [N, 16, 32, 32]"


def test_each_depth_is_indented() -> None:
    lines = print_program(small_resnet(1)).splitlines()[1:-1]
    depths = [(len(line) - len(line.lstrip())) // 2 for line in lines]
    assert depths == [1] * 4 + [2] + [3] * 7 + [1] * 3


def test_equal_programs_print_equal_bytes() -> None:
    assert print_program(small_resnet()) == print_program(small_resnet())


def test_an_output_of_another_name_is_said_at_the_end() -> None:
    start = image(3, 8, 8)
    layer = node("a", op("relu"), start)
    made = program((start,), (layer,), outputs=(ProgramOutput("logits", layer.output),))
    assert print_program(made).endswith("\n  return logits = a\n")


def test_arguments_at_their_default_are_left_out() -> None:
    layer = op("conv2d", out_channels=8, kernel_size=[1, 7], stride=1, bias=False)
    assert printed_arguments(layer) == (
        ("out_channels", "8"),
        ("kernel_size", "[1, 7]"),
        ("bias", "false"),
    )


def test_text_parameters_are_printed_in_ascii_with_quotes() -> None:
    made = replace(lenet5(), parameters=(("option", 'A"\x1b\u202e'), ("widths", (1, 2))))
    first = print_program(made).splitlines()[0]
    assert 'option = "A\\"\\u001b\\u202e", widths = [1, 2]' in first


def test_a_further_use_is_told_from_the_first() -> None:
    names = [line.split()[0] for line in print_program(twice()).splitlines()]
    assert names[1:4] == ["same", "same#2", "unit"]
    assert names[11:13] == ["unit#2", "unit.conv1#2"]


def test_an_output_for_training_only_says_so() -> None:
    end = print_program(with_heads()).splitlines()[-2:]
    assert end == ["  return aux = aux.fc, training only, loss weight 0.3", "  return logits = fc"]


def test_a_split_tensor_shows_what_each_gpu_holds() -> None:
    start = image(3, 8, 8)
    layer = node("a", op("relu"), start)
    wide = node("c", op("conv2d", out_channels=96, kernel_size=1), layer.output)
    split = replace(wide, output=replace(wide.output, type=wide.output.type.split(2)))
    lines = print_program(program((start,), (layer, split))).splitlines()
    assert lines[2].endswith("  : [N, 96 (2 x 48), 8, 8]")
