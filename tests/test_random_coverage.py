"""Random specs say the whole language: every op, argument, form and construct, at sizes that count.

``python tests/random_coverage.py 0 2000`` prints the table.
"""

from __future__ import annotations

from collections import Counter
from statistics import median

import pytest
from random_arguments import every_form, form_of, forms
from random_coverage import covered, every_construct, everything, missing, table, used
from random_families import random_family
from random_specs import spec_text
from random_unreachable import REFUSED, UNREACHABLE
from spec_text import compile_text, names_of, shown

from archcompile.ops import all_ops

SEEDS = range(2_000)
SIZED = range(300)


@pytest.fixture(scope="module")
def hits() -> Counter[str]:
    return covered(SEEDS)


def test_random_specs_hit_all_that_a_legal_spec_can_say(hits: Counter[str]) -> None:
    assert missing(hits) == []


def test_nothing_is_counted_that_is_not_listed(hits: Counter[str]) -> None:
    assert [item for item in hits if item not in everything()] == []


def test_nothing_unreachable_is_hit_and_every_reason_is_about_something(
    hits: Counter[str],
) -> None:
    assert [item for item in UNREACHABLE if item in hits] == []
    assert UNREACHABLE.keys() <= everything().keys()


@pytest.mark.parametrize("item", REFUSED)
def test_what_is_left_out_as_refused_is_refused(item: str) -> None:
    line, _ = REFUSED[item]
    op = line.partition(":")[0]
    shape = "[N, 4, 8]" if op.endswith("1d") else "[N, 4, 8, 8]"
    assert shown(f"input: {shape}\nlayers: [{{{line}}}]")
    key = op if op in all_ops() else None
    assert key is None or item.startswith(f"{key}.")


def test_every_op_and_argument_is_looked_for() -> None:
    looked_for = set(every_form())
    for key, op in all_ops().items():
        assert key in looked_for
        for name in op.model_fields:
            assert any(item.startswith(f"{key}.{name}: ") for item in looked_for)


def test_an_argument_has_the_forms_that_its_type_allows() -> None:
    fields = all_ops()["conv2d"].model_fields
    assert list(forms(fields["bias"])) == ["true", "false", "expression"]
    assert set(forms(fields["padding"])) == {
        *("default", "other", "one for each axis", "uneven sides", "same", "valid", "expression")
    }
    said = {"same": "same", "p // 2": "expression", 0: "default", 1: "other"}
    assert {given: form_of(given, fields["padding"]) for given in said} == said
    assert form_of([1, 0], fields["padding"]) == "one for each axis"
    assert form_of([[0, 1], [0, 1]], fields["padding"]) == "uneven sides"


def test_a_spec_hits_what_it_says_and_no_more() -> None:
    spec = {
        "archcompile": 1,
        "name": "net",
        "input": ["N", 4, 8, 8],
        "layers": [
            {"repeat": 2, "conv2d": ["in.channels", 3, {"padding": "same"}]},
            {"residual": [{"name": "a.b", "relu": None}]},
        ],
    }
    hits = used(spec)
    for item in (
        *("conv2d", "conv2d.out_channels: expression", "conv2d.kernel_size: other", "relu"),
        *("conv2d.padding: same", "repeat: beside a line", "residual: a list", "name: a path"),
        *("input: one without a name", "outputs: unsaid", "expression: in.channels"),
    ):
        assert item in hits
    assert not [item for item in hits if "for:" in item or "block" in item or "gpu" in item]


def test_the_table_says_what_was_not_hit(hits: Counter[str]) -> None:
    assert "\n0 not hit\n" in table(hits)
    assert "         softmax" in table(covered(range(1))).partition("not hit")[2]
    assert len(set(every_construct())) == len(list(every_construct()))


def test_networks_are_small_enough_to_run_and_large_enough_to_hide_a_fault() -> None:
    nodes, costs = [], []
    for seed in SIZED:
        text = spec_text(random_family(seed))
        network = compile_text(text, names_of(text)[0])
        nodes.append(sum(1 for _ in network.program.nodes()))
        costs.append(network.report().to_dict()["macs"])
    assert median(nodes) >= 12
    assert sum(count >= 60 for count in nodes) >= len(nodes) / 10
    numbers = sorted(cost for cost in costs if isinstance(cost, int))
    assert median(numbers) < 2e6 and numbers[-1] < 2e8
