"""The report's rows and the program's facts against a module that is known by hand."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from proof_networks import tiny

from archcompile.backends.report import report
from archcompile.passes.facts import facts
from archcompile.proof.batches import sample_batches
from archcompile.proof.facts import inventory_differences, report_differences, state_shapes
from archcompile.proof.run import Inventory

NET = tiny()
BATCHES = sample_batches(NET, 0)
STATED = report(NET, facts(NET)).to_dict()
SHAPES = {
    "c1": (6, 9, 10),
    "norm": (6, 9, 10),
    "act": (6, 9, 10),
    "pool": (6, 4, 5),
    "drop": (6, 4, 5),
    "flat": (120,),
    "fc": (7,),
    "squash": (7,),
    "out": (4,),
}
SEEN = Inventory(
    state=state_shapes(NET),
    parameters={
        "c1.weight": 108,
        "c1.bias": 6,
        "norm.weight": 6,
        "norm.bias": 6,
        "fc.weight": 840,
        "fc.bias": 7,
        "out.weight": 28,
        "out.bias": 4,
    },
    trainable=1005,
    buffers={"norm.running_mean": 6, "norm.running_var": 6},
    modules=dict.fromkeys(SHAPES, ""),
    arguments={path: {} for path in SHAPES},
    shapes=tuple(
        {path: ((count, *shape),) for path, shape in SHAPES.items()} for count in (1, 3, 5)
    ),
)


def test_a_true_report_has_no_differences() -> None:
    assert list(report_differences(STATED, SEEN)) == []
    assert inventory_differences(NET, SEEN, BATCHES) == ()


def lie(stated: dict[str, Any], row: str | None, word: str, value: object) -> dict[str, Any]:
    """The report with one thing changed in it."""
    changed = deepcopy(stated)
    rows = {layer["name"]: layer for layer in changed["layers"]}
    (changed if row is None else rows[row])[word] = value
    return changed


@pytest.mark.parametrize(
    ("row", "word", "value", "said"),
    [
        (None, "parameters", 1006, "says 1006 parameters, the module has 1005"),
        (None, "trainable_parameters", 1, "says 1 trainable_parameters, the module has 1005"),
        (None, "buffers", 13, "says 13 buffers, the module has 12"),
        ("fc", "parameters", 840, "says that `fc` has 840 parameters, the module has 847"),
        ("norm", "buffers", 6, "says that `norm` has 6 buffers, the module has 12"),
        (
            "pool",
            "output_shape",
            [6, 5, 5],
            "says that `pool` makes [6, 5, 5], the module makes [1, 6, 4, 5]",
        ),
    ],
)
def test_a_report_that_says_something_else_than_the_module_is_caught(
    row: str | None, word: str, value: object, said: str
) -> None:
    assert list(report_differences(lie(STATED, row, word, value), SEEN)) == [said]


def test_a_layer_that_goes_wrong_in_the_second_batch_alone_is_named() -> None:
    wrong = {**SEEN.shapes[1], "fc": ((1, 7),)}
    seen = replace(SEEN, shapes=(SEEN.shapes[0], wrong, SEEN.shapes[2]))
    assert inventory_differences(NET, seen, BATCHES) == (
        "`fc` makes [1, 7], the report says [3, 7]",
    )


def test_a_module_that_the_spec_does_not_have_is_named_unless_it_is_part_of_a_layer() -> None:
    seen = replace(SEEN, modules={**SEEN.modules, "more": "Linear()", "fc.part": "Linear()"})
    assert inventory_differences(NET, seen, BATCHES) == (
        "there is a module `more`, which the spec does not have",
    )
