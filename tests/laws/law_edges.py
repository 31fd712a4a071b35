"""Laws on the flat form: order, identities, branches that give nothing, permuted branches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from law_flat import Flat, Line, flat
from law_holding import Rewritten, Side, Weights

from archcompile.ir.dim import Dim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from archcompile.ir.program import Node

PASSED = ("dropout", "identity", "relu", "tanh", "sigmoid", "gelu", "hardswish", "silu", "elu")
PASSED += ("max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d", "abs", "mish", "scaled_tanh")
PASSED += ("adaptive_avg_pool1d", "adaptive_avg_pool2d")
"""Ops without weights that treat every channel alike."""
NORMS = ("batch_norm1d", "batch_norm2d")
CONVS = ("conv1d", "conv2d")
GROUPED = (*CONVS, "linear")
"""Layers whose groups are parts of the first axis of their weights."""
MOST = 3
"""Places of one spec at which a law is applied."""
MOST_GROUPS, WIDEST = 12, 128
"""More would only take longer."""


def reordered(before: Side, rng: Random) -> Rewritten:
    """Lines in any order that has what is read before what reads it."""
    made = flat(before.program)
    waiting, lines, known = list(made.lines), [], set(made.inputs)
    while waiting:
        ready = [line for line in waiting if known.issuperset(_needs(line))]
        line = rng.choice(ready)
        waiting.remove(line)
        lines.append(line)
        known |= set(_names(line))
    count = sum(one is not two for one, two in zip(made.lines, lines, strict=True))
    made.lines = lines
    return Rewritten(made.spec(), count, made.weights)


def misread(before: Side, rng: Random) -> Rewritten:
    """What no law allows: the last lines read other values of the same sizes."""
    made, count = flat(before.program), 0
    for line in reversed(made.lines):
        alike = [
            name
            for name in made.nodes
            for old in line.get("from", ())[:1]
            if old in made.nodes
            and name != old
            and made.place(name) < made.place(_names(line)[0])
            and made.nodes[name].output.type == made.nodes[old].output.type
        ]
        if alike and count < MOST:
            line["from"] = [rng.choice(alike), *line["from"][1:]]
            count += 1
    return Rewritten(made.spec(), count, made.weights)


def with_identities(before: Side, rng: Random, *, op: str = "identity") -> Rewritten:
    """An identity on some of the edges, each read by all that read the value before."""
    made = flat(before.program)
    picked = rng.sample(list(made.nodes), min(MOST, len(made.nodes)))
    for number, name in enumerate(picked):
        if _has_batch(made.nodes[name]):
            after(made, name, {"name": f"same{number}", "from": [name], op: None})
    return Rewritten(made.spec(), len(picked), made.weights)


def with_nothing_added(before: Side, rng: Random, *, zero: float = 0.0) -> Rewritten:
    """Residuals whose body ends in weights of zero, on the identity and on a layer as shortcut."""
    made, more = flat(before.program), _More()
    names = rng.sample(list(made.nodes), len(made.nodes))
    for name in names:
        if more.count < MOST and _has_batch(made.nodes[name]):
            if _is_layer(made, name) and rng.random() < 0.5:
                _around_layer(made, name, more, before)
            else:
                _around_nothing(made, name, more, before)
    zeros = {key: np.full(shape, zero) for key, shape in more.zeros.items()}
    ones = {key: np.full(shape, 0.5) for key, shape in more.ones.items()}
    sizes = sum(array.size for array in (*zeros.values(), *ones.values()))
    return Rewritten(
        made.spec(),
        more.count,
        lambda old: {**made.weights(old), **ones, **zeros},
        exact=False,  # NumPy sums in the order of the memory, which a sum changes
        more=(Dim.of(sizes), more.macs),
    )


@dataclass
class _More:
    """What residuals bring: at how many places, their weights, their cost."""

    count: int = 0
    zeros: dict[str, tuple[int, ...]] = field(default_factory=dict)
    ones: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Weights that are not zero, and make no difference."""
    macs: Dim = field(default_factory=lambda: Dim.of(0))


def _around_nothing(made: Flat, name: str, more: _More, before: Side) -> None:
    """A value, and nothing added to it."""
    node = made.nodes[name]
    _, width, *space = node.output.type.dims
    channels, key = width.constant, f"zero{more.count}"
    op = {0: "linear", 1: "conv1d", 2: "conv2d"}.get(len(space))
    if op is None or channels is None or channels > WIDEST:
        return
    given: list[Any] = [channels] if op == "linear" else [channels, 1]
    body: list[Any] = [{"name": "one", op: given}, "relu", {"name": "last", op: given}]
    after(made, name, {"name": key, "from": [name], "residual": body})
    shape = (channels, channels, *(1 for _ in space))
    more.ones |= {f"{key}.one.weight": shape, f"{key}.one.bias": (channels,)}
    more.zeros |= {f"{key}.last.weight": shape, f"{key}.last.bias": (channels,)}
    if node.output.name not in before.network.facts.training:
        more.macs += Dim.product(space) * (2 * channels * channels)
    more.count += 1


def _around_layer(made: Flat, name: str, more: _More, before: Side) -> None:
    """A layer as the shortcut of a body that is the same layer with weights of zero."""
    node, line = made.nodes[name], made.lines[made.place(name)]
    key, place = f"zero{more.count}", made.place(name)
    reads, op = line.pop("from"), node.op.key
    held = {"body": {"name": "last", op: line[op]}, "shortcut": line}
    made.lines[place] = {"name": key, "from": reads, "residual": held}
    made.reread(name, key)
    for weight in node.weights():
        old, shape = node.key(weight), tuple(dim.constant or 0 for dim in weight.shape)
        more.zeros[f"{key}.last.{weight.name}"] = shape
        made.moved[old] = f"{key}.{made.moved[old]}"
    if node.output.name not in before.network.facts.training:
        more.macs += node.op.macs(*node.types)
    more.count += 1


def with_sums_turned(
    before: Side, rng: Random, *, ops: Sequence[str] = ("add", "mul")
) -> Rewritten:
    """The operands of sums and products in another order."""
    made, count = flat(before.program), 0
    for line in made.lines:
        if any(op in line for op in ops) and len(set(line["from"])) > 1:
            line["from"] = turned = _turned(line["from"], rng)
            count += turned != []
    return Rewritten(made.spec(), count, made.weights, exact=False)


def with_branches_turned(before: Side, rng: Random, *, moving: bool = True) -> Rewritten:
    """The operands of concatenations in another order, and the weights of what reads them too.

    Where a reader's channels cannot be moved, it reads them put back into their order by slices.
    """
    made, count = flat(before.program), 0
    moves: dict[str, Move] = {}
    for name, node in list(made.nodes.items()):
        line = made.lines[made.place(name)]
        sizes = [type_.dims[1].constant or 0 for type_ in node.types if type_.rank > 1]
        fits = node.op.key == "concat" and node.op.groups == Dim.of(1) and node.op.dim == 1
        if not fits or not all(sizes) or len(set(line["from"])) < 2 or sum(sizes) > WIDEST:
            continue
        order = _turned(range(len(sizes)), rng)
        starts = [sum(sizes[:place]) for place in range(len(sizes))]
        channels = [starts[part] + at for part in order for at in range(sizes[part])]
        line["from"] = [line["from"][part] for part in order]
        _Moved(made, moves, channels if moving else sorted(channels)).from_value(name)
        count += 1

    def weights(old: Weights) -> Weights:
        turned = {key: moves[key](array) if key in moves else array for key, array in old.items()}
        return made.weights(turned)

    return Rewritten(made.spec(), count, weights, exact=False)


Move = Callable[["NDArray[Any]"], "NDArray[Any]"]


@dataclass
class _Moved:
    """Readers of a value whose channel ``i`` is now what was its channel ``channels[i]``."""

    made: Flat
    moves: dict[str, Move]
    channels: list[int]

    def from_value(self, name: str) -> None:
        """Turn every reader's weights; where that cannot be, put the channels back before it."""
        rest: list[Line] = []
        for line in self.made.readers(name):
            rest += [] if self.follows(line, name) else [line]
        is_shown = any(held["from"] == name for held in self.made.outputs.values())
        if rest or is_shown:
            self.put_back(name, rest)

    def follows(self, line: Line, name: str) -> bool:
        """Whether a line can read the turned channels, its own then turned, too."""
        if isinstance(line["name"], list) or self.made.is_shared(line["name"]):
            return False
        node = self.made.nodes.get(line["name"])
        if node is None or line["from"] != [name] or node.output.type.rank < 2:
            return False
        if any(key in self.moves for key in self.keys(node, "weight")):
            return False
        key = node.op.key
        if key in PASSED and not node.weights():
            self.from_value(line["name"])
        elif key in NORMS:
            names = ("weight", "bias", "running_mean", "running_var")
            self.moves |= dict.fromkeys(self.keys(node, *names), _taking(self.channels, 0))
            self.from_value(line["name"])
        elif key in CONVS and node.op.groups == Dim.of(1):
            self.moves |= dict.fromkeys(self.keys(node, "weight"), _taking(self.channels, 1))
        elif key in CONVS and node.op.groups == node.types[0].dims[1] == node.op.out_channels:
            names = ("weight", "bias")
            self.moves |= dict.fromkeys(self.keys(node, *names), _taking(self.channels, 0))
            self.from_value(line["name"])
        else:
            return False
        return True

    def keys(self, node: Node, *names: str) -> list[str]:
        """Keys of a node's weights, of those it has."""
        return [node.key(each) for each in node.weights() if each.name in names]

    def put_back(self, name: str, lines: list[Line]) -> None:
        """The channels in the old order, for some lines and for the outputs."""
        place, parts = self.made.place(name) + 1, []
        for number, old in enumerate(range(len(self.channels))):
            at = self.channels.index(old)
            if parts and at == parts[-1]["slice"]["stop"]:
                parts[-1]["slice"]["stop"] = at + 1
                continue
            cut = {"dim": 1, "start": at, "stop": at + 1}
            parts.append({"name": f"{name}_part{number}", "from": [name], "slice": cut})
        back = {"name": f"{name}_back", "from": [part["name"] for part in parts], "concat": None}
        if len(parts) == 1:
            back = {**parts.pop(), "name": back["name"]}
        for line in lines:
            line["from"] = [back["name"] if each == name else each for each in line["from"]]
        for key, held in self.made.outputs.items():
            if held["from"] == name:
                self.made.outputs[key] = {**held, "from": back["name"]}
        self.made.lines[place:place] = [*parts, back]


def with_groups_apart(before: Side, rng: Random, *, swapped: bool = False) -> Rewritten:
    """Grouped layers as slices, layers without groups, and a concatenation."""
    made, count = flat(before.program), 0
    parts: dict[str, list[str]] = {}
    for name, node in list(made.nodes.items()):
        groups = getattr(node.op, "groups", Dim.of(1)).constant
        fits = node.op.key in GROUPED and _is_layer(made, name) and _at_axis_1(node)
        if fits and groups and 1 < groups <= MOST_GROUPS:
            _apart(made, name, node, groups, parts, swapped)
            count += 1

    def weights(old: Weights) -> Weights:
        found = {}
        for key, array in old.items():
            names = parts.get(key, [made.moved[key]])
            pieces = np.split(array, len(names))
            found |= dict(zip(names, pieces, strict=True))
        return found

    return Rewritten(made.spec(), count, weights, exact=False)


def _apart(
    made: Flat, name: str, node: Node, groups: int, parts: dict[str, list[str]], swapped: bool
) -> None:
    """One grouped layer as many; ``parts`` gets the keys of each weight's pieces."""
    place = made.place(name)
    line = made.lines[place]
    (source,), op = line["from"], node.op.key
    size = (node.types[0].dims[1].constant or 0) // groups
    out = "out_features" if op == "linear" else "out_channels"
    given = {**line[op], out: line[op][out] // groups}
    del given["groups"]
    lines, names = [], []
    for group in range(groups):
        cut = {"dim": 1, "start": group * size, "stop": (group + 1) * size}
        lines.append({"name": f"{name}_in{group}", "from": [source], "slice": cut})
        names.append(f"{name}_of{group}")
        lines.append({"name": names[-1], "from": [f"{name}_in{group}"], op: given})
    lines.append({"name": name, "from": names[::-1] if swapped else names, "concat": None})
    made.lines[place : place + 1] = lines
    for weight in node.weights():
        parts[node.key(weight)] = [f"{each}.{weight.name}" for each in names]


def _at_axis_1(node: Node) -> bool:
    """Whether groups are parts of axis 1, and nothing is pooled or flattened on the way."""
    return node.op.key != "linear" or node.types[0].rank == 2


def _needs(line: Line) -> list[str]:
    return [*line.get("from", ()), *([line["apply"]] if "apply" in line else ())]


def _names(line: Line) -> list[str]:
    return line["name"] if isinstance(line["name"], list) else [line["name"]]


def _has_batch(node: Node) -> bool:
    """Bare weights have no batch axis, and are no layer's input."""
    return node.op.key not in ("parameter", "constant") and node.output.type.rank > 1


def _is_layer(made: Flat, name: str) -> bool:
    """Whether a value is made by a convolution or matrix that is used once."""
    return made.nodes[name].op.key in GROUPED and not made.is_shared(name)


def _turned(items: Sequence[Any], rng: Random) -> list[Any]:
    """The items in another order."""
    order = list(items)
    while order == list(items):
        rng.shuffle(order)
    return order


def _taking(channels: list[int], axis: int) -> Move:
    return lambda array: np.take(array, channels, axis)


def after(made: Flat, name: str, line: Line) -> None:
    """A line that reads a value, and is read instead of it."""
    place = made.place(name)
    made.reread(name, line["name"])
    made.lines.insert(place + 1, line)
