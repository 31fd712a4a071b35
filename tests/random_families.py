"""Whole random specs of motifs: blocks with parameters of every type, inputs, outputs, variants."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from random_motifs import Motifs
from random_starts import of_body
from random_structures import Held, Lines, Made, Scope, as_mapping

KINDS = (
    "chain",
    "chain",
    "joining",
    "weaving",
    "forking",
    "layers",
    "layers",
    "of gpus",
    "turning",
)
BLOCKS = ("unit", "conv_bn", "net", "module", "sided_conv2d", "block", "tensor", "a_b", "ab")


def random_family(seed: int) -> dict[str, Any]:
    """The spec of a seed: every one is legal."""
    return _Family(Random(seed)).spec()


class _Family:
    """Draws one spec."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.draw = Motifs(rng, rank=1 if rng.random() < 0.25 else 2)

    def chance(self, probability: float) -> bool:
        return self.draw.chance(probability)

    def spec(self) -> dict[str, Any]:
        """Blocks, then layers that may call them, then a head and outputs."""
        rng = self.rng
        spec: dict[str, Any] = {"archcompile": 1, "name": "net", **self.about()}
        params: dict[str, Any] = {"classes": 5}
        shape, value = self.input_shape(params)
        for _ in range(rng.choice((0, 1, 2, 3))):
            self.block()
        is_bare = self.chance(0.25)  # the one input is then called x
        source = "x" if is_bare else rng.choice(("x", "image", "input", "self"))
        scope = Scope(value, source=source)
        scope.taken |= {source, "second", "fc", "last", "aux"}
        spec["params"] = params
        self.file_parameters(params, scope)
        if self.chance(0.3):
            spec["let"] = {"half": 12, "twice": "half * 2", "same": "make_divisible(half * 1.9, 8)"}
            scope.widths += ["half", "twice", "same - half"]
        spec["input"] = inputs = {source: shape}
        layers: Lines = []
        if len(shape) == 2:  # features, which become maps of one position
            scope.source = None
            layers.append({"unflatten": [1, [12, *[1] * self.draw.rank]]})
        else:
            scope.values[source] = scope.value
            layers += self.second(scope, inputs, shape)
        if is_bare and len(inputs) == 1:
            spec["input"] = shape
        if self.chance(0.3):
            spec["init"] = of_body(rng, self.draw.op("conv"))
        self.draw.powers = 2
        layers += self.draw.body(scope, self.length())
        if self.draw.blocks:
            spec["blocks"] = self.draw.blocks
        self.heads(spec, scope, layers)
        if "wide" in params and self.chance(0.6):
            spec["variants"] = self.variants()
        spec["layers"] = layers
        return spec

    def about(self) -> dict[str, Any]:
        """What a file says of itself."""
        held: dict[str, Any] = {}
        if self.chance(0.1):
            held["title"] = "A net: of motifs"
        if self.chance(0.1):
            held["cite"] = {
                "paper": "A, B: On nets, 2026",
                "section": "3.1",
                "url": "https://a.b/c",
            }
            held["cite"]["deviations"] = ["no dropout, and 1 class less"]
        elif self.chance(0.1):
            held["cite"] = "A, B: On nets, 2026"
        if self.chance(0.1):
            held["allow"] = self.rng.choice(("AC901", ["AC902", "AC903"]))
        return held

    def length(self) -> int:
        """Lines of the network: a few, and sometimes many."""
        is_long = self.chance(0.1) and not self.draw.is_open
        return self.rng.randint(14, 22) if is_long else self.rng.randint(2, 7)

    def file_parameters(self, params: dict[str, Any], scope: Scope) -> None:
        """Parameters of the file, and what each may stand for."""
        rng = self.rng
        if self.chance(0.5):
            params |= {"wide": 24, "flag": self.chance(0.5), "depth": rng.choice((1, 2))}
            params["option"] = {"choice": ["A", "B"], "default": rng.choice("AB")}
            params["act"] = {"layer": rng.choice(("relu", "prelu", {"leaky_relu": 0.2}))}
            scope.widths.append("wide")
            scope.flags.append("flag")
            scope.counts.append("depth")
            scope.options.append("option")
            scope.layers.append("act")
        if self.chance(0.3):
            params |= {"one": 1, "widths": [12, 24], "rate": 0.25}
            scope.ones.append("one")
            scope.lists.append("widths")
        if self.chance(0.4):
            means = "linear" if self.draw.rank == 1 else "bilinear"
            params |= {"pads": rng.choice(("zeros", "replicate")), "how": "tanh", "means": means}
            params["fill"] = rng.choice(("constant", "replicate"))
            scope.words |= {"conv.padding_mode": "pads", "gelu.approximate": "how"}
            scope.words |= {f"upsample.mode={means}": "means", "pad.mode": "fill"}

    def input_shape(self, params: dict[str, Any]) -> tuple[Lines, Held]:
        """A shape, and what is known of it; ``params`` gets the parameters that it names."""
        draw, rng = self.draw, self.rng
        value = self.input_value()
        kind = rng.random()
        channels: Any = 12
        if kind < 0.07:
            draw.is_open = False
            return ["N", channels], replace(value, is_even=False)
        if kind < 0.14:
            draw.is_open = True
            return ["N", channels, *(["T"] if draw.rank == 1 else ["H", "W"])], replace(
                value, is_even=False
            )
        if kind < 0.24:
            params |= {"planes": 12, "side": 4}
            sizes = ["side * 2", "side * 3 - 4"]
            return ["N", "planes", *sizes[: draw.rank]], value
        if kind < 0.3:
            return ["N", channels, *[7, 5][: draw.rank]], replace(value, is_even=False)
        sizes = self.sizes()
        draw.is_open = isinstance(sizes[0], str)
        return ["N", channels, *sizes], value

    def second(self, scope: Scope, inputs: dict[str, Any], shape: Lines) -> Lines:
        """Perhaps a second input, and what joins the two."""
        if not self.chance(0.2):
            return []
        inputs["second"] = shape
        line = {"from": [scope.source, "second"], self.rng.choice(("add", "concat")): None}
        scope.values["second"] = scope.value
        if "concat" in line:
            scope.value = replace(scope.value, channels=self.draw.fresh())
        return [line]

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
        large: dict[str, Any] = {"extends": "small", "option": rng.choice("AB")}
        if self.chance(0.5):
            large["wide"] = 36
        large["act"] = rng.choice(("none", "tanh"))
        return {"small": small, "large": large}

    def heads(self, spec: dict[str, Any], scope: Scope, layers: Lines) -> None:
        """A classifier, and perhaps a second one for training only."""
        early = [name for name in scope.values if name not in ("second", scope.source)]
        pool = {self.draw.op("adaptive_avg_pool"): 1}
        name = self.rng.choice(("fc", "last"))
        if name == "fc":
            layers += [pool, "flatten", {"name": "fc", "linear": "classes"}]
            if self.chance(0.3):
                spec["expect"] = {"shapes": {"fc": [5]}}
        else:
            layers += [{"name": "last", "identity": None}]
        if early and self.chance(0.5):
            aux = [pool, "flatten", {"linear": "classes"}]
            source = self.rng.choice(early)
            layers.append({"name": "aux", "from": source, "sequence": aux})
            head = {"from": "aux", "training": True, "loss_weight": 0.3}
            spec["outputs"] = {"main": name, "aux": head}
            if self.chance(0.5):
                spec["outputs"]["early"] = self.rng.choice(early)
        elif self.chance(0.7):
            spec["outputs"] = [name]

    def block(self) -> None:
        """A block more: one that keeps the shape, or one that turns it."""
        rng, draw = self.rng, self.draw
        name = rng.choice([each for each in BLOCKS if each not in draw.blocks])
        params, kinds = self.parameters()
        kind = rng.choice(KINDS)
        source = "seen" if kind in ("layers", "forking") and self.chance(0.2) else "x"
        scope = Scope(self.input_value(), widths=[f"{source}.channels", 12], source=source)
        scope.value = Held(("width", f"{source}.channels"), scope.value.space)
        scope.taken |= {source, "gated", "skip"}
        for each, of in kinds.items():
            self.offered(scope, each, of)
        if kind == "of gpus":
            params, kinds = {}, {}
        if kind == "turning":
            params = {"width": "int", **params, "stride": 1}
        made, block = self.of_kind(kind, kinds, scope)
        if source != "x":
            block = {"inputs": [source], **block}
        if self.chance(0.2):
            block["init"] = of_body(rng, draw.op("conv"))
        needed = {key: held for key, held in params.items() if key.endswith("_") or key == "width"}
        params = {**needed, **{key: held for key, held in params.items() if key not in needed}}
        if params:
            block = {"params": params, **block}
        if self.chance(0.2):
            block["let"] = {"both": f"{source}.channels * 2"}
        said = str(block)
        is_closed = not any(f"'{each}'" in said for each in draw.blocks) and "layer" not in said
        draw.blocks[name], draw.made[name] = block, replace(made, is_closed=is_closed)

    def of_kind(
        self, kind: str, kinds: dict[str, str], scope: Scope
    ) -> tuple[Made, dict[str, Any]]:
        """A block of a kind: what callers know of it, and its body."""
        draw, rng = self.draw, self.rng
        if kind == "chain":
            return Made(kinds), {"sequence": draw.chain(scope, rng.randint(1, 3))}
        if kind == "joining":
            return Made(kinds, inputs=("x", "skip")), self.joining(scope)
        if kind == "weaving":
            body = self.forking(scope)
            both = {"name": "both", "from": ["x", "skip"], "add": None}
            body = {"inputs": ["x", "skip"], **body, "layers": [both, *body["layers"]]}
            return Made(kinds, inputs=("x", "skip"), outputs=("low", "high")), body
        if kind == "forking":
            return Made(kinds, outputs=("low", "high")), self.forking(scope)
        if kind == "of gpus":
            return Made({}, is_of_gpus=True), self.of_gpus()
        if kind == "turning":
            return Made(kinds, is_same=False), self.turning(scope)
        return Made(kinds), {"layers": self.back(scope, draw.body(scope, rng.randint(1, 3)))}

    def offered(self, scope: Scope, name: str, kind: str) -> None:
        """What a parameter of a kind may stand for in the block's lines."""
        held = {"flag": scope.flags, "option": scope.options, "count": scope.counts}
        held |= {"inner": scope.widths, "layer": scope.layers}
        held |= {"one": scope.ones, "list": scope.lists}
        words = {"pads": "conv.padding_mode", "fill": "pad.mode"}
        if kind in held:
            held[kind].append(name)
        elif kind in words:
            scope.words[words[kind]] = name

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
            "one": (1, "one"),
            "rate_": ("number", "rate"),
            "pads_": ("text", "pads"),
            "fill": ("constant", "fill"),
            "sizes": ([12, 24], "list"),
            "sizes_": ("list", "list"),
        }
        plain = [name for name, made in self.draw.made.items() if made.is_plain and made.is_closed]
        plain = [
            name
            for name in plain
            if not any(key.endswith("_") for key in self.draw.made[name].params)
        ]
        if plain and self.chance(0.3):
            choices["act"] = ({"layer": rng.choice(plain)}, "layer")
        picked = rng.sample(list(choices), rng.choice((0, 1, 2, 2, 3, 4)))
        declared = {name: choices[name][0] for name in picked}
        return declared, {name: choices[name][1] for name in picked}

    def back(self, scope: Scope, lines: Lines) -> Lines:
        """The lines, and a gate of them on the block's input: its shape, whatever theirs is."""
        conv, pool = self.draw.op("conv"), self.draw.op("adaptive_avg_pool")
        source = scope.source
        lines = [*lines, {conv: [f"{source}.channels", 1]}, {pool: 1}]
        return [
            *lines,
            {"name": "gated", "sigmoid": None},
            {"from": [source, "gated"], "mul": None},
        ]

    def joining(self, scope: Scope) -> dict[str, Any]:
        """A block of two inputs of one shape."""
        scope.values |= {"skip": scope.value, "x": scope.value}
        scope.taken |= {"skip", "x"}
        lines: Lines = [{"name": "joined", "from": ["x", "skip"], "add": None}]
        lines += self.draw.inner(scope, self.rng.randint(1, 2))
        return {"inputs": ["x", "skip"], "layers": lines}

    def forking(self, scope: Scope) -> dict[str, Any]:
        """A block of two outputs of its input's shape."""
        scope.taken |= {"low", "high", "x", "both", "skip"}
        lines: Lines = [{"name": "low", **as_mapping(self.draw.kept(scope))}]
        lines += self.draw.inner(scope, 1)
        lines.append({"name": "high", **as_mapping(self.draw.plain(scope))})
        outputs: Any = {"low": "low", "high": "high"} if self.chance(0.3) else ["low", "high"]
        return {"layers": lines, "outputs": outputs}

    def of_gpus(self) -> dict[str, Any]:
        """A block that every GPU may run on its own channels."""
        value = Held(("width", "x.channels"), self.draw.fresh(), is_split=True)
        scope = Scope(value, source=None, gpus=True, depth=3)
        lines = [self.draw.kept(scope) for _ in range(self.rng.randint(1, 3))]
        return {"layers": lines}

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
