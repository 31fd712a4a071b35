"""The motifs of random specs: each gives lines of a class body, and moves the scope's value on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from random_detours import detour
from random_edges import (
    again,
    chunked,
    gate,
    line,
    read_back,
    rearranged,
    scaled,
    several,
    started,
    tapped,
    twins,
    u_net,
)
from random_loops import joined, loop_again, rounds, shared, two_ways, woven
from random_shapes import Unfit
from random_structures import DEEPEST, Held, Line, Lines, Scope, Structures, as_mapping

WIDEST = 96
"""With more channels than so many, a line makes them fewer again."""


@dataclass
class Motifs(Structures):
    """Draws the lines of class bodies."""

    def body(self, scope: Scope, count: int) -> Lines:
        """Lines of a class body; ``scope.value`` is what the last of them left."""
        lines: Lines = []
        for _ in range(count):
            motif = self.rng.choice(SPLIT if scope.gpus else MOTIFS)
            motif = turn if scope.value.most > WIDEST and scope.depth < DEEPEST else motif
            before = scope.value
            try:
                lines += motif(self, scope)
            except Unfit:
                scope.value = before
        return lines

    def inner(self, scope: Scope, count: int) -> Lines:
        """Lines inside a structure, which leave the shape that they read."""
        scope.depth += 1
        before = scope.value
        lines: Lines = []
        for _ in range(count):
            motif = self.rng.choice(SAME if not scope.gpus else (line, line, twins, rounds))
            if scope.depth > DEEPEST:
                motif = line
            try:
                lines += motif(self, scope)
            except Unfit:
                scope.value = before
        assert scope.value == before
        lines = lines or [self.kept(scope)] * min(count, 1)
        scope.depth -= 1
        return lines


def turn(draw: Motifs, scope: Scope) -> Lines:
    """Other channels, and perhaps half the map."""
    stride = draw.rng.choice((1, 1, 2))
    made = draw.turned(scope, width := draw.width(scope), stride)
    space = scope.value.space if stride == 1 else draw.fresh()
    channels: object = ("width", width)
    if any(name in str(width) for name in scope.variables):
        channels = draw.fresh()
    is_even = scope.value.is_even and stride == 1
    scope.value = Held(channels, space, is_even, scope.gpus)
    return [made]


def residual(draw: Motifs, scope: Scope) -> Lines:
    """A body and the identity."""
    body = draw.inner(scope, draw.rng.randint(1, 2))
    if draw.chance(0.3):
        return [{"residual": {"body": body, "skip": draw.condition(scope)}}]
    made: Line = {"residual": body}
    return [{"when": draw.condition(scope), **made} if draw.chance(0.3) else made]


def projected(draw: Motifs, scope: Scope) -> Lines:
    """A body that changes the width, and a shortcut that does so too."""
    width, stride, value = draw.width(scope), draw.rng.choice((1, 2)), scope.value
    body = draw.inner(scope, 1)
    body += [draw.turned(scope, width, stride), *(line(draw, scope) if draw.chance(0.5) else [])]
    shortcut = as_mapping(draw.turned(scope, width, stride))
    if draw.chance(0.5):
        shortcut = {"name": draw.name(scope, path=False), **shortcut}
    if draw.chance(0.5) and stride == 1:
        shortcut = {"when": f"in.channels != {width}", **shortcut}
    made = {"body": body, "shortcut": shortcut}
    if draw.chance(0.3):
        made["skip"] = draw.condition(scope)
    channels: object = ("width", width)
    if any(name in str(width) for name in scope.variables):
        channels = draw.fresh()
    space = value.space if stride == 1 else draw.fresh()
    scope.value = Held(channels, space, value.is_even and stride == 1)
    return [{"residual": made}]


def preactivated(draw: Motifs, scope: Scope) -> Lines:
    """The shortcut reads what the body's first activation gives."""
    first, width, value = draw.name(scope, path=False), draw.width(scope), scope.value
    conv = draw.op("conv")
    body: Lines = [draw.op("batch_norm"), {"name": first, "relu": None}]
    body += [{conv: [width, 3, {"padding": 1}]}, {"when": draw.condition(scope), "relu": None}]
    shortcut = {"from": first, "when": f"in.channels != {width}", conv: [width, 1]}
    scope.value = replace(value, channels=draw.fresh(), most=36)
    return [{"residual": {"body": body, "shortcut": shortcut}}]


def grown(draw: Motifs, scope: Scope) -> Lines:
    """DenseNet's: what is new behind what was there."""
    conv, value = draw.op("conv"), scope.value
    if draw.chance(0.5):
        body: Lines = [draw.op("batch_norm"), "relu", {conv: [12, 3, {"padding": 1}]}]
        made: Line = {"residual": {"body": body, "join": "concat"}}
        lines: Lines = [{"repeat": draw.rng.choice(scope.counts), "layers": [made]}]
    else:
        base, at = draw.name(scope, path=False), "i" if "i" not in scope.variables else "j"
        layer = f"{base}_layer{{{at}}}"
        lines = [
            {"name": f"{base}0", "identity": None},
            {
                "for": {at: "range(1, 3)"},
                "layers": [
                    {"name": layer, conv: [12, 3, {"padding": 1}]},
                    {
                        "name": f"{base}{{{at}}}",
                        "from": [f"{base}{{{at} - 1}}", layer],
                        "concat": None,
                    },
                ],
            },
        ]
    most = value.most + 12 * 3
    scope.value = replace(value, channels=draw.fresh(), is_split=scope.gpus, most=most)
    return lines


def branches(draw: Motifs, scope: Scope) -> Lines:
    """Branches by name, of one line or several, joined."""
    value, join = scope.value, draw.rng.choice(("add", "concat", "concat", None))
    join = (
        draw.rng.choice([each for each in draw.sums(scope) if each != "sub"])
        if join == "add"
        else join
    )
    found: dict[str, Any] = {}
    most = 0
    for _ in range(draw.rng.randint(2, 3)):
        width = draw.width(scope)
        if join != "concat" and join is not None:
            held: Any = [draw.kept(scope) for _ in range(draw.rng.randint(1, 2))]
        else:
            held = [*draw.chain(scope, draw.rng.randint(0, 1)), draw.turned(scope, width)]
        if draw.chance(0.3):
            held = as_mapping(held[-1])
        elif draw.chance(0.15):
            held = []
        most += 36 if held else value.most
        found[draw.name(scope, path=False)] = held
    keys = {} if join is None else {"join": joined(draw, scope, join)}
    scope.value = value
    if join is None or join == "concat":
        scope.value = replace(value, channels=draw.fresh(), most=most)
    return [{"branches": found, **keys}]


def listed(draw: Motifs, scope: Scope) -> Lines:
    """Branches as a list, whose lines stand in the body around."""
    value, found = scope.value, []
    for _ in range(draw.rng.randint(2, 3)):
        scope.value = value
        found.append(draw.inner(scope, draw.rng.randint(0, 2)))
    scope.value = value
    join = joined(draw, scope, draw.rng.choice([e for e in draw.sums(scope) if e != "sub"]))
    return [{"branches": found, "join": join}]


def level(draw: Motifs, scope: Scope) -> Lines:
    """A structure with a name: a level of names."""
    name = draw.name(scope)
    inner = replace(scope, taken={"skip"}, values={}, depth=scope.depth + 1)
    value = scope.value
    body = draw.inner(inner, draw.rng.randint(1, 2))
    made: Line = {"name": name, "residual": body}
    if draw.chance(0.2):
        made = {"name": name, "branches": [body, []], "join": "add"}
    if draw.chance(0.2):
        made["when"] = draw.condition(scope)
    elif draw.chance(0.5) and not scope.variables:
        scope.values |= {f"{name}.{key}": held for key, held in inner.values.items()}
    scope.value = value
    draw.keep(scope, name)
    return [made]


def groups(draw: Motifs, scope: Scope) -> Lines:
    """Layers over several GPUs, which talk in between."""
    count, value = draw.rng.choice((1, 2, 3)), scope.value
    conv, width = draw.op("conv"), draw.width(scope)
    held = Held(("width", width), value.space, value.is_even, is_split=True)
    inner = replace(scope, gpus=True, value=held, depth=scope.depth + 1, values={})
    lines: Lines = [{conv: [width, 3, {"padding": 1}]}]
    lines += draw.body(inner, draw.rng.randint(1, 3))
    if draw.chance(0.6):
        exchange: Line = "exchange"
        if draw.chance(0.3):
            exchange = {"name": draw.name(inner), "exchange": None}
        lines += [exchange, {conv: [width, 1]}]
        inner.value = Held(("width", width), inner.value.space, inner.value.is_even, is_split=True)
        lines += draw.body(inner, 1)
    scope.value = replace(inner.value, is_split=False)
    if count > 1 or draw.chance(0.5):
        for name in inner.values:
            scope.values[name] = replace(inner.values[name], is_split=False)
    made: Line = {"gpu_groups": {"count": count, "layers": lines}}
    return [made]


def looped(draw: Motifs, scope: Scope) -> Lines:
    """A loop in the body: every round has names of its own."""
    if draw.chance(0.5):
        variable, widths = "i" if "i" not in scope.variables else "j", list(scope.widths)
        header: dict[str, Any] = {"for": [variable, "w"], "rows": [[1, 12], [2, 24]]}
        if draw.chance(0.5):
            header = {"for": {variable: "range(2)", "w": "[12, 24]"}}
        elif draw.chance(0.4):
            header = {"for": {variable: f"range({draw.rng.choice(scope.counts)})"}}
        if "w" in str(header) and "w" not in scope.variables:
            widths.append("w")
    else:
        if "index" in scope.variables:
            raise Unfit
        variable, widths = "index", [*scope.widths, "12 * (index + 1)"]
        header = {"repeat": draw.rng.choice(scope.counts)}
    value = scope.value
    start = Held(draw.fresh(), draw.fresh(), is_split=value.is_split, most=value.most)
    inner = replace(
        scope,
        value=start,
        widths=widths,
        variables=[*scope.variables, variable],
        depth=scope.depth + 1,
        values={},
    )
    if draw.chance(0.5) and scope.depth < DEEPEST and not scope.gpus:
        lines = draw.body(inner, draw.rng.randint(1, 2))
        channels = value.channels if inner.value.channels == start.channels else draw.fresh()
        is_same = inner.value.space == start.space
        space = value.space if is_same else draw.fresh()
        most = value.most + 3 * max(0, inner.value.most - value.most)
        scope.value = Held(channels, space, value.is_even and is_same, most=most)
    else:
        lines = [draw.kept(inner) for _ in range(draw.rng.randint(1, 2))]
    if not lines:
        raise Unfit
    return [{**header, "layers": lines}]


def stage(draw: Motifs, scope: Scope) -> Lines:
    """A named ``repeat``: copies whose arguments depend on their number."""
    inner = replace(scope, variables=[*scope.variables, "index"], depth=scope.depth + 1)
    header: dict[str, Any] = {"name": draw.name(scope), "repeat": draw.rng.choice((2, 3))}
    turning = [name for name, made in draw.made.items() if not made.is_same]
    if not turning or draw.chance(0.3) or scope.gpus:
        return [{**header, **as_mapping(draw.kept(inner))}]
    name, width = draw.rng.choice(turning), draw.width(scope)
    given = draw.arguments(inner, draw.made[name]) or {}
    given |= {"width": width, "stride": draw.rng.choice(("2 if index == 0 else 1", 1))}
    same = given["stride"] == 1
    channels = draw.fresh() if set(scope.variables) & set(str(width).split()) else ("width", width)
    space = scope.value.space if same else draw.fresh()
    scope.value = Held(channels, space, same and scope.value.is_even)
    return [{**header, name: given}]


SAME = (line, line, line, residual, listed, level, again, chunked, scaled, gate, tapped, twins)
SAME += (rearranged, several, started, detour, detour, detour, rounds, shared, two_ways)
SAME += (loop_again, woven)
MOTIFS = (*SAME, *SAME, turn, turn, projected, projected, preactivated, grown, branches, branches)
MOTIFS += (detour,) * 6
MOTIFS += (groups, groups, looped, looped, stage, stage, read_back, u_net)
SPLIT = (line, line, line, residual, listed, level, branches, gate, grown, read_back, turn)
SPLIT += (twins, looped)
