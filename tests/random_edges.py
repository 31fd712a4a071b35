"""Motifs of edges and values: what is read twice, cut up, scaled, gated, or read from far away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from random_shapes import Unfit
from random_starts import of_layer, start
from random_structures import Line, Lines, Scope, Structures, as_mapping


def line(draw: Structures, scope: Scope) -> Lines:
    """A line that keeps the shape, perhaps with a name that others may read."""
    made = draw.kept(scope)
    if draw.chance(0.5):
        return [made]
    name = draw.name(scope)
    draw.keep(scope, name)
    return [{"name": name, **as_mapping(made)}]


def again(draw: Structures, scope: Scope) -> Lines:
    """A layer, a block or a ``sequence``, once more."""
    if scope.variables:
        raise Unfit
    name = draw.name(scope)
    first = {"name": name, **as_mapping(draw.kept(scope))}
    first.pop("when", None)
    more: Line = {"apply": name}
    if draw.chance(0.4):
        second = draw.name(scope)
        more = {"name": second, "apply": name}
        draw.keep(scope, second)
    draw.keep(scope, name)
    return [first, *([draw.kept(scope)] if draw.chance(0.5) else []), more]


def chunked(draw: Structures, scope: Scope) -> Lines:
    """Halves of the channels, each its own way, and one behind the other again."""
    value, base = scope.value, draw.name(scope, path=False)
    if draw.chance(0.5):
        parts = [f"{base}_a", f"{base}_b"]
        lines: Lines = [{"name": parts, "chunk": 2}]
    else:
        parts = [f"{base}.0", f"{base}.1"]
        lines = [{"name": base, "chunk": 2}]
    half, conv = draw.name(scope, path=False), draw.op("conv")
    lines += [{"name": half, "from": parts[1], conv: ["in.channels", 3, {"padding": 1}]}]
    order = [parts[0], half] if draw.chance(0.5) else [half, parts[0]]
    scope.value = value
    return [*lines, {"from": order, "concat": None}]


def scaled(draw: Structures, scope: Scope) -> Lines:
    """A bare weight for each channel, as a layer scale."""
    gamma, before = draw.name(scope), draw.name(scope, path=False)
    shape: Lines = ["in.channels", *([1] * draw.rank)]
    bare: Line = {"name": gamma, "parameter": {"shape": shape, "init": 0.5}}
    if draw.chance(0.3):
        bare = {"name": gamma, "parameter": {"shape": shape}}
        bare["init"] = start(draw.rng, has_fans=False)
    elif draw.chance(0.3):
        nested: Any = draw.rng.choice((0.25, [0.25], [[0.5]]))
        bare = {"name": gamma, "constant": {"values": nested}}
    elif draw.chance(0.3):
        bare = {"name": gamma, "parameter": {"shape": shape, "init": draw.rng.choice((0, "1 / 4"))}}
    first: Line = {"name": before, **as_mapping(draw.kept(scope))}
    return [first, bare, {"from": [before, gamma], draw.rng.choice(("mul", "add")): None}]


def gate(draw: Structures, scope: Scope) -> Lines:
    """Squeeze and excitation."""
    before, after = draw.name(scope, path=False), draw.name(scope, path=False)
    axes = [2, 3][: draw.rank]
    pool: Line = {draw.op("adaptive_avg_pool"): 1}
    if draw.chance(0.5):
        pool = {"mean": {"dim": axes, "keepdim": True}}
    conv = draw.op("conv")
    lines: Lines = [{"name": before, **as_mapping(draw.kept(scope))}, pool]
    lines += [{conv: ["in.channels // 2", 1]}, "relu", {conv: ["in.channels * 2", 1]}]
    return [*lines, {"name": after, "sigmoid": None}, {"from": [before, after], "mul": None}]


def tapped(draw: Structures, scope: Scope) -> Lines:
    """A value inside a ``sequence``, read by its path."""
    if scope.variables:
        raise Unfit
    name, conv = draw.name(scope), draw.op("conv")
    lines: Lines = [{conv: ["in.channels", 1]}, draw.op("batch_norm"), draw.kept(scope)]
    place = draw.rng.choice((0, 1))
    if scope.depth == 0:
        scope.values[f"{name}.1"] = scope.value
    held: Line = {"from": [f"{name}.{place}", name], "add": None}
    return [{"name": name, "sequence": lines}, held]


def read_back(draw: Structures, scope: Scope) -> Lines:
    """An earlier value, joined with this one."""
    alike = [name for name, held in scope.values.items() if held == scope.value]
    near = [name for name, held in scope.values.items() if held.space == scope.value.space]
    near = [name for name in near if scope.values[name].is_split == scope.value.is_split]
    here, lines = draw.name(scope, path=False), []
    lines.append({"name": here, **as_mapping(draw.kept(scope))})
    if alike and draw.chance(0.6):
        other = draw.rng.choice(alike)
        return [*lines, {"from": [here, other], draw.rng.choice(draw.sums(scope)): None}]
    if not near:
        raise Unfit
    other = draw.rng.choice(near)
    most = scope.value.most + scope.values[other].most
    scope.value = replace(scope.value, channels=draw.fresh(), most=most)
    return [*lines, {"from": [other, here], "concat": None}]


def twins(draw: Structures, scope: Scope) -> Lines:
    """Two layers of one name, of which a call has one."""
    if not scope.flags:
        raise Unfit
    name, flag = draw.name(scope), draw.rng.choice(scope.flags)
    draw.keep(scope, name)
    one, two = as_mapping(draw.plain(scope)), as_mapping(draw.plain(scope))
    return [{"name": name, "when": flag, **one}, {"name": name, "when": f"not {flag}", **two}]


def u_net(draw: Structures, scope: Scope) -> Lines:
    """Down, up, and together with what was there."""
    if not scope.value.is_even or draw.rank != 2 or scope.gpus:
        raise Unfit
    skip, up = draw.name(scope, path=False), draw.name(scope)
    grow: Line = {"name": up, "conv_transpose2d": [12, 2, {"stride": 2}]}
    if draw.chance(0.4):
        mode = draw.rng.choice(("nearest", "bilinear"))
        grow = {"name": up, "upsample": {"scale_factor": 2, "mode": mode}}
    lines: Lines = [{"name": skip, **as_mapping(draw.kept(scope))}, {"max_pool2d": 2}]
    lines += [draw.kept(scope), grow, {"from": [skip, up], "concat": None}]
    scope.value = replace(scope.value, channels=draw.fresh(), most=2 * scope.value.most)
    return lines


def rearranged(draw: Structures, scope: Scope) -> Lines:
    """Axes in another order and back, or apart and together again."""
    if scope.gpus:
        raise Unfit
    if draw.chance(0.4):
        apart = [0, 2, 1, *range(3, 3 + draw.rank)]
        size = "[3, in.channels // 3]" if draw.chance(0.5) else [3, "in.channels // 3"]
        return [
            {"unflatten": [1, size]},
            {"permute": apart},
            {"flatten": {"start_dim": 1, "end_dim": 2}},
        ]
    if draw.chance(0.5):
        sides = [1, 2] if draw.rank == 1 else [0, 0, 1, 2]
        return [{"pad": sides}, {"slice": {"dim": 2, "start": 1, "stop": -2}}]
    there, back = ([0, 2, 3, 1], [0, 3, 1, 2]) if draw.rank == 2 else ([0, 2, 1], [0, 2, 1])
    return [{"permute": there}, "gelu", {"permute": back}]


def several(draw: Structures, scope: Scope) -> Lines:
    """A block of several inputs, or of several outputs."""
    names = [each for each, made in draw.made.items() if made.outputs or made.joins]
    name = draw.rng.choice([each for each in names if not draw.made[each].weaves] or [""])
    if not name or scope.gpus:
        raise Unfit
    made, call, value = draw.made[name], draw.name(scope), scope.value
    given = draw.arguments(scope, made)
    if made.outputs:
        names = [f"{call}.{each}" for each in made.outputs]
        lines: Lines = [{"name": call, name: given}]
        if draw.chance(0.4):
            return [*lines, "add"]
        return [*lines, {"from": draw.rng.sample(names, 2), "add": None}]
    first = draw.name(scope, path=False)
    lines = [{"name": first, **as_mapping(draw.kept(scope))}]
    alike = [each for each, held in scope.values.items() if held == value]
    return [*lines, {"name": call, "from": [first, draw.rng.choice([first, *alike])], name: given}]


def started(draw: Structures, scope: Scope) -> Lines:
    """A layer whose weights start as the spec says."""
    return [{draw.op("conv"): ["in.channels", 1], "init": of_layer(draw.rng)}]
