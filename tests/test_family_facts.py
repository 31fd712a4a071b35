"""Every shipped network against the facts: totals, and the whole graph row by row.

The facts were counted by others (the papers, torchvision, timm on the meta device, an interpreter
of their own); tests/facts/ says where each comes from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from archcompile.network import Network
from archcompile.passes.costs import costs
from tests.families import TWINS, Row, facts, load, our_rows, places, stated_rows

FACTS = facts()
BY_ROW = [name for name, fact in FACTS.items() if fact["layers"]]


def test_every_shipped_network_has_facts_or_a_twin() -> None:
    assert sorted([*FACTS, *TWINS, "unet"]) == sorted(places())


@pytest.mark.parametrize("name", FACTS)
def test_parameters_buffers_and_macs_are_the_facts(name: str) -> None:
    """With the heads that only training needs, and for inference."""
    network, fact = load(name), FACTS[name]
    everything, inference = costs(network.program).total, network.facts.costs.inference
    words = ("parameters", "buffers", "macs")
    assert [(word, int(getattr(everything, word))) for word in words if word in fact] == [
        (word, fact[word]) for word in words if word in fact
    ]
    for word, count in fact.get("inference", {}).items():
        assert int(getattr(inference, word)) == count
    assert network.facts.costs.total.macs == inference.macs


@pytest.mark.parametrize("name", BY_ROW)
def test_every_layer_is_a_row_of_the_facts(name: str) -> None:
    """Kind, inputs, shape, parameters, MACs and receptive field of each; see ``Graph``.

    Of the two deepest networks the facts keep the first rows only: those are all there.
    """
    fact = FACTS[name]
    graph = Graph()
    stated, found = stated_rows(fact["layers"]), our_rows(load(name))
    theirs, ours = graph.numbered(stated), graph.numbered(found)
    lacking = Counter(theirs.values()) - Counter(ours.values())
    assert [row for row, number in theirs.items() if number in lacking][:1] == []
    more = Counter(ours.values()) - Counter(theirs.values())
    if "rows" not in fact:
        assert [row for row, number in ours.items() if number in more][:1] == []
    assert differing_fields(theirs, ours) == []


class Graph:
    """Numbers layers such that two have one number if and only if they are the same layer.

    That is: of the same kind, shape, parameters and MACs, and reading layers of the same numbers
    (an ``add`` in any order). So two networks whose numbers agree are one graph, layer by layer,
    in whatever order and by whatever names their layers are listed.
    """

    def __init__(self) -> None:
        self.numbers: dict[object, int] = {}

    def numbered(self, rows: Iterable[Row]) -> dict[Row, int]:
        """Each row with its number; a row stands behind those that it reads."""
        found: dict[Row, int] = {}
        by_name = {"input": 0}
        for row in rows:
            inputs = [by_name[name] for name in row.inputs]
            read = tuple(sorted(inputs) if row.kind == "add" else inputs)
            identity = (row.kind, row.shape, row.parameters, row.macs, read)
            number = self.numbers.setdefault(identity, len(self.numbers) + 1)
            found[row] = by_name[row.name] = number
        return found


def differing_fields(theirs: dict[Row, int], ours: dict[Row, int]) -> list[str]:
    """Receptive fields that the facts state otherwise."""
    known = {number: row for row, number in ours.items()}
    return [
        f"{known[number].name} sees {known[number].field}, the facts say {row.field}"
        for row, number in theirs.items()
        if row.field not in (None, known[number].field)
    ]


def test_two_graphs_that_differ_in_one_edge_have_different_numbers() -> None:
    first = Row("a", "conv", ("input",), (8, 4, 4), 3, 16, 256)
    second = Row("b", "conv", ("a",), (8, 4, 4), 5, 16, 256)
    other = Row("b", "conv", ("input",), (8, 4, 4), 5, 16, 256)
    graph = Graph()
    assert list(graph.numbered([first, second]).values()) == [1, 2]
    assert list(graph.numbered([first, other]).values()) == [1, 1]


def connections(network: Network) -> int:
    """The connections of every layer, as LeCun et al. 1998 count them."""
    return sum(int(node.op.connections(*node.types)) for node in network.program.nodes())


def test_lenet5_of_1998_has_60000_parameters_and_340908_connections() -> None:
    network = load("lenet5_1998")
    assert int(network.facts.costs.total.trainable) == 60_000
    assert connections(network) == 340_908
