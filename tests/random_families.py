"""Whole random specs of motifs: blocks with parameters of every type, inputs, outputs, variants."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from random_motifs import Motifs
from random_structures import Held, Lines, Made, Scope, as_mapping

BLOCKS = ("unit", "conv_bn", "net", "module", "sided_conv2d", "block", "tensor", "a_b", "ab")


def random_family(seed: int) -> dict[str, Any]:
    """The spec of a seed: every one is legal."""
    return _Family(Random(seed)).spec()


class _Family:
    """Draws one spec."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.draw = Motifs(rng, rank=1 if rng.random() < 0.2 else 2)

    def chance(self, probability: float) -> bool:
        return self.draw.chance(probability)

    def spec(self) -> dict[str, Any]:
        """Blocks, then layers that may call them, then a head and outputs."""
        rng = self.rng
        spec: dict[str, Any] = {"archcompile": 1, "name": "net"}
        params: dict[str, Any] = {"classes": 5}
        sizes = self.sizes()
        self.draw.is_open = isinstance(sizes[0], str)
        for _ in range(rng.choice((0, 1, 2, 3))):
            self.block()
        source = rng.choice(("x", "image", "input", "self"))
        scope = Scope(self.input_value(), source=source)
        if self.chance(0.5):
            params |= {"wide": 24, "flag": self.chance(0.5), "depth": rng.choice((1, 2))}
            params["option"] = {"choice": ["A", "B"], "default": rng.choice("AB")}
            params["act"] = {"layer": rng.choice(("relu", "prelu", {"leaky_relu": 0.2}))}
            scope.widths.append("wide")
            scope.flags.append("flag")
            scope.counts.append("depth")
            scope.options.append("option")
            scope.layers.append("act")
        spec["params"] = params
        if self.chance(0.3):
            spec["let"] = {"half": 12, "twice": "half * 2"}
            scope.widths += ["half", "twice"]
        inputs = {source: ["N", 12, *sizes]}
        scope.taken |= {source, "second"}
        scope.values[source] = scope.value
        layers: Lines = []
        if self.chance(0.2):
            inputs["second"] = ["N", 12, *sizes]
            layers.append({"from": [source, "second"], rng.choice(("add", "concat")): None})
            if "concat" in layers[0]:
                scope.value = Held(self.draw.fresh(), scope.value.space, scope.value.is_even)
            scope.values["second"] = scope.values[source]
        spec["input"] = inputs
        if self.chance(0.3):
            spec["init"] = {self.draw.op("conv"): {"weight": {"normal": 0.05}, "bias": 0.01}}
        layers += self.draw.body(scope, rng.randint(2, 6))
        if self.draw.blocks:
            spec["blocks"] = self.draw.blocks
        self.heads(spec, scope, layers)
        if len(params) > 1 and self.chance(0.6):
            spec["variants"] = self.variants()
        spec["layers"] = layers
        return spec

    def input_value(self) -> Held:
        return Held(("width", 12), self.draw.fresh(), is_even=True)

    def sizes(self) -> Lines:
        """The map's size: multiples of 4, known or left open."""
        number = self.rng.choice((8, 8, 12))
        if self.draw.rank == 1:
            return ["4 * T" if self.chance(0.3) else number]
        return ["4 * H", "4 * W"] if self.chance(0.3) else [number, 8]

    def variants(self) -> dict[str, Any]:
        """Other values of what decides structure."""
        rng = self.rng
        small = {"wide": 12, "flag": self.chance(0.5), "depth": rng.choice((0, 3))}
        large = {"extends": "small", "option": rng.choice("AB")}
        large["act"] = rng.choice(("none", "tanh"))
        return {"small": small, "large": large}

    def heads(self, spec: dict[str, Any], scope: Scope, layers: Lines) -> None:
        """A classifier, and perhaps a second one for training only."""
        early = [name for name in scope.values if name not in ("second", scope.source)]
        pool = {self.draw.op("adaptive_avg_pool"): 1}
        if self.chance(0.3):
            layers += [pool, "flatten", {"name": "fc", "linear": "classes"}]
            spec["outputs"] = ["fc"]
        else:
            layers += [{"name": "last", "identity": None}]
            spec["outputs"] = ["last"]
        if early and self.chance(0.5):
            aux = [pool, "flatten", {"linear": "classes"}]
            source = self.rng.choice(early)
            layers.append({"name": "aux", "from": source, "sequence": aux})
            head = {"from": "aux", "training": True, "loss_weight": 0.3}
            spec["outputs"] = {"main": spec["outputs"][0], "aux": head}
            if self.chance(0.5):
                spec["outputs"]["early"] = self.rng.choice(early)

    def block(self) -> None:
        """A block more: one that keeps the shape, or one that turns it."""
        rng, draw = self.rng, self.draw
        name = rng.choice([each for each in BLOCKS if each not in draw.blocks])
        params, kinds = self.parameters()
        scope = Scope(self.input_value(), widths=["x.channels", 12])
        scope.value = Held(("width", "x.channels"), scope.value.space)
        scope.taken |= {"x", "gated"}
        for each, kind in kinds.items():
            held = {"flag": scope.flags, "option": scope.options, "count": scope.counts}
            held |= {"inner": scope.widths, "layer": scope.layers}
            held[kind].append(each)
        draw_kind = rng.random()
        block: dict[str, Any] = {}
        made = Made(kinds)
        if draw_kind < 0.25:
            block["sequence"] = draw.chain(scope, rng.randint(1, 3))
        elif draw_kind < 0.4:
            made = Made(kinds, inputs=("x", "skip"))
            block = self.joining(scope)
        elif draw_kind < 0.5:
            made = Made(kinds, outputs=("low", "high"))
            block = self.forking(scope)
        elif draw_kind < 0.75:
            block["layers"] = self.back(draw.body(scope, rng.randint(1, 3)))
        else:
            made = Made(kinds, is_same=False)
            params = {"width": "int", **params, "stride": 1}
            block = self.turning(scope)
        if self.chance(0.2):
            block["init"] = {draw.op("conv"): {"weight": {"uniform": 0.1}}}
        needed = {key: held for key, held in params.items() if key.endswith("_") or key == "width"}
        params = {**needed, **{key: held for key, held in params.items() if key not in needed}}
        if params:
            block = {"params": params, **block}
        if self.chance(0.2):
            block["let"] = {"both": "x.channels * 2"}
        said = str(block)
        is_closed = not any(f"'{each}'" in said for each in draw.blocks) and "layer" not in said
        draw.blocks[name], draw.made[name] = block, replace(made, is_closed=is_closed)

    def parameters(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Parameters by name with what the block declares, and their kinds; ``_``: required."""
        rng = self.rng
        choices = {
            "norm": (self.chance(0.5), "flag"),
            "flag_": ("bool", "flag"),
            "mode": ({"choice": ["A", "B"], "default": "A"}, "option"),
            "mode_": ({"choice": ["A", "B"]}, "option"),
            "depth": (rng.choice((1, 2)), "count"),
            "inner": (12, "inner"),
            "inner_": ("int", "inner"),
            "act": ({"layer": rng.choice(("relu", {"leaky_relu": 0.2}))}, "layer"),
            "act_": ("layer", "layer"),
        }
        picked = rng.sample(list(choices), rng.choice((0, 1, 2, 2, 3)))
        declared = {name: choices[name][0] for name in picked}
        return declared, {name: choices[name][1] for name in picked}

    def back(self, lines: Lines) -> Lines:
        """The lines, and a gate of them on the block's input: its shape, whatever theirs is."""
        conv, pool = self.draw.op("conv"), self.draw.op("adaptive_avg_pool")
        lines = [*lines, {conv: ["x.channels", 1]}, {pool: 1}, {"name": "gated", "sigmoid": None}]
        return [*lines, {"from": ["x", "gated"], "mul": None}]

    def joining(self, scope: Scope) -> dict[str, Any]:
        """A block of two inputs of one shape."""
        scope.values |= {"skip": scope.value, "x": scope.value}
        scope.taken |= {"skip", "x"}
        lines: Lines = [{"name": "joined", "from": ["x", "skip"], "add": None}]
        lines += self.draw.inner(scope, self.rng.randint(1, 2))
        return {"inputs": ["x", "skip"], "layers": lines}

    def forking(self, scope: Scope) -> dict[str, Any]:
        """A block of two outputs of its input's shape."""
        scope.taken |= {"low", "high", "x"}
        lines: Lines = [{"name": "low", **as_mapping(self.draw.kept(scope))}]
        lines += self.draw.inner(scope, 1)
        lines.append({"name": "high", **as_mapping(self.draw.plain(scope))})
        return {"layers": lines, "outputs": ["low", "high"]}

    def turning(self, scope: Scope) -> dict[str, Any]:
        """A block that gives ``width`` channels and a map smaller by ``stride``."""
        draw, conv = self.draw, self.draw.op("conv")
        scope.taken.add("x")
        scope.values["x"] = scope.value
        turn = {conv: ["width", 3, {"stride": "stride", "padding": 1}]}
        before = draw.inner(scope, self.rng.randint(0, 1))
        if self.chance(0.3):
            return {"sequence": [*draw.chain(scope, 1), turn, *draw.chain(scope, 1)]}
        if self.chance(0.4):
            return {"layers": [*before, turn, *draw.inner(self.later(scope), 1)]}
        shortcut = {
            "name": "down",
            "when": "stride != 1 or in.channels != width",
            "sequence": [{conv: ["width", 1, {"stride": "stride"}]}, draw.op("batch_norm")],
        }
        body = [*before, turn, *draw.inner(self.later(scope), 1)]
        held = {"body": body, "shortcut": shortcut}
        if self.chance(0.4):
            held["skip"] = draw.condition(scope)
        return {"layers": [{"residual": held}, *(["relu"] if self.chance(0.5) else [])]}

    def later(self, scope: Scope) -> Scope:
        """The scope behind the line that turns the value."""
        scope.value = Held(("width", "width"), self.draw.fresh())
        scope.taken.add("down")
        return scope
