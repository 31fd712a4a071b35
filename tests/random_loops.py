"""Motifs that keep the shape: structures in structures, loops, joins of every kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from random_shapes import Unfit
from random_structures import DEEPEST, Line, Lines, Scope, Structures, as_mapping


def header(draw: Structures, scope: Scope, variable: str) -> dict[str, Any]:
    """How a ``for`` over one variable or two starts; perhaps it has no round."""
    rows = [[1, 12], [2, 24]][: draw.rng.choice((1, 2, 2))]
    forms: list[dict[str, Any]] = [
        {"for": [variable, "t"], "rows": rows},
        {"for": {variable: draw.rng.choice(("range(2)", [1, 2, 4], "range(1, 6, 2)"))}},
        {"for": {variable: [1, 2], "t": "[12, 24]"}},
    ]
    forms += [{"for": {variable: name}} for name in scope.lists * 2]
    if draw.chance(0.1):
        return {"for": {variable: draw.rng.choice(([], "range(0)"))}}
    return draw.rng.choice(forms)


def rounds(draw: Structures, scope: Scope) -> Lines:
    """A loop whose rounds keep the shape."""
    if draw.chance(0.5):
        if "index" in scope.variables:
            raise Unfit
        variable = "index"
        line: dict[str, Any] = {"repeat": draw.rng.choice((*scope.counts, 0, 2))}
    else:
        variable = next(each for each in "abcd" if each not in scope.variables)
        line = header(draw, scope, variable)
    inner = replace(scope, variables=[*scope.variables, variable], depth=scope.depth + 1)
    if draw.chance(0.3):
        line = {"when": draw.condition(scope), **line}
    if draw.chance(0.4) and not scope.gpus:
        line = {"name": draw.name(scope), **line}
        return [{**line, "layers": draw.chain(inner, draw.rng.randint(1, 2))}]
    inner.values = {}
    return [{**line, "layers": [draw.kept(inner) for _ in range(draw.rng.randint(1, 2))]}]


def shared(draw: Structures, scope: Scope) -> Lines:
    """Layers over several GPUs that give as many channels as they read."""
    if scope.gpus or scope.depth >= DEEPEST:
        raise Unfit
    count = draw.rng.choice((2, 2, 3))
    value = replace(scope.value, is_split=True)
    inner = replace(scope, gpus=True, value=value, depth=scope.depth + 1, values={})
    lines: Lines = [{draw.op("conv"): ["in.channels", 3, {"padding": 1}]}]
    lines += [draw.kept(inner) for _ in range(draw.rng.randint(1, 2))]
    if draw.chance(0.3):
        lines += ["exchange", {draw.op("conv"): ["in.channels", 1]}]
    line: Line = {"gpu_groups": {"count": count, "layers": lines}}
    if draw.chance(0.5):
        line = {"name": draw.name(scope), **line}
    return [{"when": draw.condition(scope), **line} if draw.chance(0.2) else line]


def joined(draw: Structures, scope: Scope, join: str | None = None) -> Any:
    """What joins two values of one shape and keeps it: an op or a block, perhaps with a name."""
    held: Any = join or draw.rng.choice(draw.sums(scope))
    blocks = [name for name, made in draw.made.items() if made.joins]
    if blocks and join is None and not scope.gpus and draw.chance(0.4):
        held = draw.rng.choice(blocks)
        given = draw.arguments(scope, draw.made[held])
        held = held if given is None else {held: given}
    if join == "concat" and draw.chance(0.5):
        held = {"concat": draw.rng.choice((1, {"dim": 1}))}
    if draw.chance(0.3):
        held = {"name": draw.name(scope), **as_mapping(held)}
    return held


def two_ways(draw: Structures, scope: Scope) -> Lines:
    """Two branches, or a residual of one line, with a join of any kind."""
    if draw.chance(0.5):
        found = {draw.name(scope, path=False): draw.kept(scope) for _ in range(2)}
        return [{"branches": found, "join": joined(draw, scope)}]
    body = as_mapping(draw.kept(scope))
    held: dict[str, Any] = {"body": body, "join": joined(draw, scope)}
    draw_kind = draw.rng.random()
    if draw_kind < 0.3 and "shortcut" not in scope.taken and not scope.variables:
        scope.taken.add("shortcut")
        held["shortcut"] = draw.chain(scope, draw.rng.randint(1, 2))
    elif draw_kind < 0.6:
        held["shortcut"] = {"name": draw.name(scope, path=False), **as_mapping(draw.kept(scope))}
    return [{"residual": held}]


def loop_again(draw: Structures, scope: Scope) -> Lines:
    """A named loop, and all of it once more."""
    if scope.variables or scope.gpus:
        raise Unfit
    name = draw.name(scope)
    inner = replace(scope, variables=["index"], depth=scope.depth + 1)
    line = {"name": name, "repeat": 2, "layers": draw.chain(inner, 1)}
    return [line, {"apply": name}]


def woven(draw: Structures, scope: Scope) -> Lines:
    """A block of two inputs and two outputs, called again and again."""
    names = [name for name, made in draw.made.items() if made.weaves]
    if not names or scope.gpus:
        raise Unfit
    name, first = draw.rng.choice(names), draw.name(scope, path=False)
    given = draw.arguments(scope, draw.made[name])
    lines: Lines = [{"name": first, **as_mapping(draw.kept(scope))}]
    if draw.chance(0.7):
        loop = {"from": [first, draw.rng.choice((first, *draw.alike(scope)))], "repeat": 2}
        return [*lines, {**loop, name: given}, draw.rng.choice(("add", "sub"))]
    call, (one, two) = draw.name(scope), draw.made[name].outputs
    lines.append({"name": call, "from": [first, first], name: given})
    return [*lines, {"from": [f"{call}.{two}", f"{call}.{one}"], "sub": None}]
