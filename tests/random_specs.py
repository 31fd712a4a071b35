"""Random legal specs, as plain data and as text; a seed says which.

What is drawn is tried with ``random_shapes`` and dropped if it does not fit, so that nearly every
spec is legal, however it nests.
"""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

from random_shapes import Places, Reading, Seen, Shape, Unfit, as_mapping, need, value

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RARE = ("true", "false", "null", "True", "False", "Null", "TRUE", "FALSE", "NULL")
PARAMETERS = ("width", "k", "stride", "in_channels", "channels", "depth", "flag", "depths", "nn")
NAMES = ("conv", "bn", "act", "pool", "left", "right", "out", "width", "nn", "torch", "input")
NAMES += ("in_channels", "index", "layers", "range", "super", "result", "i", "k", "size")
BLOCKS = ("unit", "conv_bn", "net", "module", "sided_conv2d", "block", "tensor", "a_b", "ab")


def spec_text(spec: dict[str, Any]) -> str:
    """A spec as YAML: its top in block style, the rest in flow style."""
    parts: list[str] = []
    for key, held in spec.items():
        if isinstance(held, list) and key == "layers":
            parts += [f"{key}:", *(f"  - {_flow(item)}" for item in held)]
        elif isinstance(held, dict) and key != "input":
            parts += [f"{key}:", *(f"  {name}: {_flow(item)}" for name, item in held.items())]
        else:
            parts.append(f"{key}: {_flow(held)}")
    return "\n".join(parts) + "\n"


def _flow(tree: Any) -> str:
    if isinstance(tree, dict):
        inside = ", ".join(
            _flow(key) if held is None and key != "output_size" else f"{_flow(key)}: {_flow(held)}"
            for key, held in tree.items()
        )
        return f"{{{inside}}}"
    if isinstance(tree, list):
        return f"[{', '.join(map(_flow, tree))}]"
    if isinstance(tree, str) and _WORD.match(tree) and tree not in _RARE:
        return tree
    return json.dumps(tree)


class Generator:
    """Draws one spec."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.blocks: dict[str, Any] = {}
        self.reading = Reading(self.blocks)
        self.symbolic = self.chance(0.2)
        self.calm = False
        """Whether layers should keep the map's size: inside blocks and loops."""

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self.rng.random() < probability

    def spec(self) -> dict[str, Any]:
        """A whole spec."""
        rng = self.rng
        spec: dict[str, Any] = {"archcompile": 1, "name": rng.choice(("net", "net", "unit_1"))}
        params = self.parameters(required=False) if self.chance(0.7) else {}
        names = dict(params)
        inputs = self.inputs(params)
        spec["params"] = params
        sizes = {"H": 20, "W": 18, **names}
        shapes = {
            name: tuple(value(each, sizes) for each in shape[1:]) for name, shape in inputs.items()
        }
        spec["input"] = inputs["x"] if list(inputs) == ["x"] else inputs
        for _ in range(rng.choice((0, 0, 1, 2, 3))):
            self.block()
        seen = {name: _seen(shape) for name, shape in shapes.items()}
        layers, places = self.body({**names, **seen}, Places(shapes), rng.randint(2, 7), 0)
        if self.blocks:
            spec["blocks"] = dict(self.blocks)
        if self.chance(0.6) and not self.symbolic:
            layers += self.head({**names, **seen}, places)
        spec["layers"] = layers
        self.outputs(spec, places, set(inputs))
        if not params:
            del spec["params"]
        elif self.chance(0.4):
            self.variants(spec, params, shapes)
        return spec

    def inputs(self, params: dict[str, Any]) -> dict[str, list[Any]]:
        """One input or two."""
        rng = self.rng
        size: list[Any] = ["H", "W"] if self.symbolic else [rng.randint(7, 18), rng.randint(7, 18)]
        numbers = [name for name, held in params.items() if type(held) is int and held > 1]
        channels: Any = rng.choice((1, 2, 3, 4, 6, 8))
        if numbers and self.chance(0.15):
            channels = rng.choice(numbers)
        first = ["N", channels, *size]
        name = rng.choice(("x", "x", "image", "input", "a", "self"))
        if name in params:
            name = "image"
        found = {name: first}
        if self.chance(0.2):
            found["b" if name != "x" else "skip"] = list(first) if self.chance(0.7) else ["N", 5]
        if len(found) == 1 and self.chance(0.05):
            found = {name: ["N", rng.randint(2, 9)]}
        return found

    def parameters(self, *, required: bool) -> dict[str, Any]:
        """Names with defaults, or with type words."""
        rng, found = self.rng, {}
        for name in rng.sample(PARAMETERS, rng.randint(1, 4)):
            kinds: tuple[Any, ...] = (rng.randint(1, 8), rng.randint(1, 8), self.chance(0.5))
            kinds += ([rng.randint(1, 6) for _ in range(rng.randint(1, 3))],)
            kinds += (rng.choice((0.1, 0.25, 1e-3)), rng.choice(("zeros", "reflect", "circular")))
            found[name] = rng.choice(kinds)
            if required and self.chance(0.4):
                found[name] = {
                    int: "int",
                    bool: "bool",
                    list: "list",
                    float: "number",
                    str: "text",
                }[type(found[name])]
        needed = [name for name in found if _is_type(found[name])]
        return {name: found[name] for name in (*needed, *(set_minus(found, needed)))}

    def block(self) -> None:
        """A block more, if what is drawn fits the shapes that it was drawn with."""
        rng = self.rng
        name = rng.choice([each for each in BLOCKS if each not in self.blocks])
        params = self.parameters(required=True) if self.chance(0.85) else {}
        sample = {key: self.sample(held) for key, held in params.items()}
        shape: Shape = (rng.choice((2, 4, 6)), rng.randint(8, 12), rng.randint(8, 12))
        inputs = ["x"]
        if self.chance(0.2):
            inputs = rng.choice((["x", "skip"], ["a", "b"], ["x", "input"]))
        shapes = dict.fromkeys(inputs, shape)
        names = {**sample, **{each: _seen(shape) for each in inputs}}
        block: dict[str, Any] = {"params": params} if params else {}
        calm, self.calm = self.calm, True
        symbolic, self.symbolic = self.symbolic, False
        if len(inputs) == 1 and self.chance(0.45):
            block["sequence"] = self.chain(names, shape, rng.randint(1, 4), 1)[0]
        else:
            if inputs != ["x"]:
                block["inputs"] = inputs
            block["layers"], places = self.body(names, Places(shapes), rng.randint(1, 5), 1)
            if len(places.current) > 1 or self.chance(0.2):
                shown = [each for each in places.values if each not in inputs]
                block["outputs"] = rng.sample(shown, min(len(shown), rng.choice((1, 2))))
        self.calm, self.symbolic = calm, symbolic
        if block.get("sequence", block.get("layers")) and block.get("outputs") != []:
            self.blocks[name] = block

    def sample(self, held: Any) -> Any:
        """A value for a parameter."""
        if not _is_type(held):
            return held
        rng = self.rng
        return {
            "int": rng.randint(1, 6),
            "bool": self.chance(0.5),
            "number": 0.5,
            "text": "zeros",
            "list": [rng.randint(1, 6) for _ in range(rng.randint(1, 3))],
        }[held]

    def body(
        self, names: dict[str, Any], places: Places, count: int, depth: int
    ) -> tuple[list[Any], Places]:
        """Lines of a class body."""
        layers: list[Any] = []
        for _ in range(count * 2):
            if len(layers) >= count:
                break
            try:
                line = self.body_line(names, places, depth)
                tried = places.copy()
                self.reading.entry(line, names, tried)
            except (Unfit, KeyError, TypeError, ValueError):
                continue
            layers.append(line)
            places = tried
        return layers, places

    def body_line(self, names: dict[str, Any], places: Places, depth: int) -> Any:
        """A line of a class body: an edge or two, and a chain's line or a join."""
        rng = self.rng
        line: dict[str, Any] = {}
        reads = places.current
        known = list(places.values)
        if self.chance(0.2) or len(reads) != 1:
            source = rng.choice(known)
            line["from"], reads = source, places.values[source]
        several = [name for name in self.blocks if len(self.blocks[name].get("inputs", "x")) == 2]
        if len(known) > 1 and self.chance(0.3):
            picked = [rng.choice(known) for _ in range(rng.choice((2, 2, 3)))]
            if self.chance(0.7):
                alike = [n for n in known if places.values[n] == places.values[picked[0]]]
                picked = [rng.choice(alike) for _ in picked]
            line = {"from": picked}
            if several and self.chance(0.5):
                name = rng.choice(several)
                line["from"] = picked[:2]
                line[name] = self.call(name, {**names, "in_": _seen(places.values[picked[0]][0])})
            else:
                op = rng.choice(("add", "concat"))
                line[op] = None if op == "add" or self.chance(0.7) else rng.choice((1, 2, 3))
            return self.named(line, names)
        (shape,) = reads
        here = {**names, "in_": _seen(shape)}
        if depth < 2 and self.chance(0.12):
            return {**line, **self.loop(here, shape, depth, body=places)}
        return self.named({**line, **as_mapping(self.line(here, shape, depth))}, names)

    def named(self, line: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
        """The line, perhaps with a name."""
        if "name" in line or not self.chance(0.45):
            return line
        numbers = [name for name, held in names.items() if type(held) is int]
        name = self.rng.choice(NAMES)
        if numbers and self.chance(0.6 if "index" in names or "i" in names else 0.1):
            name = f"{name}_{{{self.rng.choice(numbers)}}}"
        return {"name": name, **line}

    def chain(
        self, names: dict[str, Any], shape: Shape, count: int, depth: int
    ) -> tuple[list[Any], Shape]:
        """Lines of a chain."""
        lines: list[Any] = []
        taken: set[str] = set()
        for _ in range(count * 2):
            if len(lines) >= count:
                break
            try:
                line = self.line({**names, "in_": _seen(shape)}, shape, depth)
                after = self.reading.chain([(names, line)], shape)
            except (Unfit, KeyError, TypeError, ValueError):
                continue
            if "name" not in as_mapping(line) and self.chance(0.15) and depth < 2:
                free = [name for name in NAMES if name not in taken]
                line = {"name": self.rng.choice(free), **as_mapping(line)}
                taken.add(line["name"])
            lines.append(line)
            shape = after
        return lines, shape

    def line(self, names: dict[str, Any], shape: Shape, depth: int) -> Any:
        """A line that may stand in a chain."""
        rng, draw = self.rng, self.rng.random()
        if depth < 3 and draw < 0.12:
            inner = self.chain(names, shape, rng.randint(1, 4), depth + 1)[0]
            line: Any = {"sequence": inner}
            if not inner:
                raise Unfit
        elif depth < 3 and draw < 0.3:
            return self.loop(names, shape, depth)
        elif self.blocks and draw < 0.5:
            name = rng.choice(list(self.blocks))
            line = {name: self.call(name, names)}
        else:
            line = self.op(names, shape)
        if self.chance(0.12):
            line = {"when": self.condition(names), **as_mapping(line)}
        return line

    def loop(
        self, names: dict[str, Any], shape: Shape, depth: int, body: Places | None = None
    ) -> dict[str, Any]:
        """A ``repeat`` or a ``for``, with or without a name."""
        rng = self.rng
        calm, self.calm = self.calm, self.chance(0.85)
        try:
            line, first = self.header(names)
            here = {**names, **first}
            if "repeat" in line and self.chance(0.4):
                line |= as_mapping(self.line({**here}, shape, 9))
            elif body is not None:
                line["layers"] = self.body({**here}, body.copy(), rng.randint(1, 3), depth + 1)[0]
            else:
                line["layers"] = self.chain(here, shape, rng.randint(1, 3), depth + 1)[0]
            if "layers" in line and not line["layers"]:
                raise Unfit
            if "layers" in line and self.chance(0.1):
                line = {"when": self.condition(here), **line}
        finally:
            self.calm = calm
        return line

    def header(self, names: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """How a loop starts, and what its first round binds."""
        rng = self.rng
        if self.chance(0.45):
            small = [name for name, held in names.items() if type(held) is int and held < 5]
            count: Any = rng.choice((0, 1, 2, 2, 3))
            if small and self.chance(0.5):
                count = rng.choice(small)
            return {"repeat": count}, {"index": 0}
        variables = rng.sample(("width", "i", "c", "k", "depth", "channels"), rng.choice((1, 1, 2)))
        length = rng.choice((0, 1, 2, 2, 3))
        columns: dict[str, Any] = {
            name: [rng.randint(1, 8) for _ in range(length)] for name in variables
        }
        if self.chance(0.3) and length:
            rows = [list(row) for row in zip(*columns.values(), strict=True)]
            return {"for": variables, "rows": rows}, dict(zip(variables, rows[0], strict=True))
        if len(variables) == 1 and self.chance(0.4):
            columns[variables[0]] = f"range({self.number(names, 0, 3)})"
            lists = [name for name, held in names.items() if isinstance(held, list)]
            if lists and self.chance(0.6):
                columns[variables[0]] = rng.choice(lists)
        first = {name: (value(column, names) or [1])[0] for name, column in columns.items()}
        return {"for": columns}, first

    def call(self, name: str, names: dict[str, Any]) -> Any:
        """Arguments of a block's call."""
        declared = self.blocks[name].get("params", {})
        given: dict[str, Any] = {}
        for key, held in declared.items():
            if not _is_type(held) and self.chance(0.5):
                continue
            given[key] = self.argument(self.sample(held), names)
        positions = list(declared)[: len(given)] == list(given)
        if positions and len(given) > 1 and self.chance(0.4):
            return list(given.values())
        return given or None

    def argument(self, kind: Any, names: dict[str, Any]) -> Any:
        """A value of the kind that ``kind`` is."""
        rng = self.rng
        same = [name for name, held in names.items() if type(held) is type(kind)]
        if same and self.chance(0.4):
            return rng.choice(same)
        if type(kind) is bool:
            return self.condition(names) if self.chance(0.5) else self.chance(0.5)
        if type(kind) is int:
            return self.number(names, 1, 8)
        if isinstance(kind, list):
            return [self.number(names, 1, 8) for _ in range(rng.randint(1, 3))]
        if isinstance(kind, str):
            return rng.choice(("zeros", "reflect", "replicate"))
        return rng.choice((0.1, 0.5, 0.3))

    def number(self, names: dict[str, Any], low: int, high: int) -> Any:
        """An integer between the bounds, or an expression that comes to one."""
        for _ in range(2 if self.chance(0.5) else 0):
            text = self.expression(names)
            try:
                held = value(text, names)
            except Unfit:
                continue
            if type(held) is int and low <= held <= high:
                return text
        return self.rng.randint(low, high)

    def expression(self, names: dict[str, Any]) -> str:
        """An expression, an integer most of the time."""
        rng = self.rng
        atoms = [name for name, held in names.items() if type(held) is int]
        atoms += [
            f"{name}[{rng.choice((0, -1))}]"
            for name, held in names.items()
            if isinstance(held, list)
        ]
        atoms += ["in.channels", "in.channels", str(rng.randint(1, 4))]
        atoms += [
            f"{name}.channels"
            for name, held in names.items()
            if hasattr(held, "channels") and name != "in_"
        ]
        if not self.symbolic:
            atoms += ["in.height", "in.width"]
        a, b = rng.choice(atoms), rng.choice(atoms)
        forms = ("{a}", "{a}", "{a} * 2", "{a} + 1", "{a} // 2", "{a} + {b}", "max({a}, {b})")
        forms += ("min({a}, {b})", "{a} - {b} + 1", "sum([{a}, {b}])", "-({a}) + 8", "{a} * {b}")
        forms += ("{a} if {c} else {b}", "({a} + {b}) // 2", "{a} % {b}", "len([{a}, {b}])")
        forms += ("make_divisible({a} * 1.5, 4)", "{a} - ({b} - 1)", "(1 if {c} else {a}) * 2")
        form = rng.choice(forms)
        return form.format(a=a, b=b, c=self.condition(names) if "{c}" in form else "")

    def condition(self, names: dict[str, Any]) -> Any:
        """A boolean expression."""
        rng = self.rng
        flags = [name for name, held in names.items() if type(held) is bool]
        texts = [name for name, held in names.items() if isinstance(held, str)]
        numbers = [name for name, held in names.items() if type(held) is int] or ["3"]
        a, b = rng.choice(numbers), rng.choice((*numbers, "2", "in.channels"))
        forms = [
            f"{a} > 2",
            f"{a} != {b}",
            f"in.channels != {b}",
            f"not {a} == {b}",
            f"1 < {a} <= 6",
        ]
        forms += [f"{a} > 1 and {b} < 5", f"{a} == 1 or {b} == 2", "in.channels > 3"]
        forms += flags * 3 + [f"not {flag}" for flag in flags]
        forms += [f"{text} == '{rng.choice(('zeros', 'reflect'))}'" for text in texts]
        return rng.choice(forms)

    def op(self, names: dict[str, Any], shape: Shape) -> Any:
        """An op with arguments, in one of the forms of a call."""
        rng = self.rng
        if len(shape) == 3:
            op = rng.choice(
                ("conv2d",) * 7
                + ("batch_norm2d", "batch_norm2d", "relu", "relu", "max_pool2d", "avg_pool2d")
                + ("adaptive_avg_pool2d", "dropout", "tanh", "sigmoid", "softmax", "identity")
                + (() if self.calm else ("flatten",))
            )
        else:
            op = rng.choice(("linear",) * 4 + ("relu", "tanh", "softmax", "dropout", "flatten"))
        given = getattr(self, f"_{op}", lambda names, shape: {})(names, shape)
        if not given:
            return op if self.chance(0.7) else {op: {}}
        form = rng.random()
        if (
            form < 0.3
            and op in ("linear", "dropout", "max_pool2d", "avg_pool2d")
            and len(given) == 1
        ):
            return {op: next(iter(given.values()))}
        if op == "conv2d" and form < 0.4:
            two = [given.pop("out_channels"), given.pop("kernel_size")]
            return {op: [*two, given] if given else two}
        return {op: given}

    def _linear(self, names: dict[str, Any], shape: Shape) -> dict[str, Any]:
        given = {"out_features": self.number(names, 1, 12)}
        if self.chance(0.2):
            given["bias"] = self.flag(names)
        return given

    def flag(self, names: dict[str, Any]) -> Any:
        """True, false, or an expression."""
        return self.condition(names) if self.chance(0.4) else self.chance(0.5)

    def _dropout(self, names: dict[str, Any], shape: Shape) -> dict[str, Any]:
        reals = [name for name, held in names.items() if type(held) is float]
        if reals and self.chance(0.5):
            return {"p": self.rng.choice(reals)}
        return {"p": self.rng.choice((0.1, 0.5, 0, 1))} if self.chance(0.5) else {}

    def _batch_norm2d(self, names: dict[str, Any], shape: Shape) -> dict[str, Any]:
        found: dict[str, Any] = {}
        reals = [name for name, held in names.items() if type(held) is float]
        if self.chance(0.2):
            found["eps"] = self.rng.choice((1e-3, 1e-5, *reals))
        if self.chance(0.1):
            found["momentum"] = self.rng.choice((0.01, 0.1, *reals))
        if self.chance(0.15):
            found["affine"] = self.flag(names)
        return found

    def _softmax(self, names: dict[str, Any], shape: Shape) -> dict[str, Any]:
        return {"dim": self.rng.randint(1, len(shape))} if self.chance(0.4) else {}

    def _flatten(self, names: dict[str, Any], shape: Shape) -> dict[str, Any]:
        return {"start_dim": 2} if self.chance(0.1) else {}

    def _adaptive_avg_pool2d(self, names: dict[str, Any], shape: Shape) -> dict[str, Any]:
        rng = self.rng
        if self.symbolic:
            return {"output_size": rng.choice((1, [None, 1], [1, None]))}
        return {"output_size": rng.choice((1, 3, [2, 5], [None, 3], self.number(names, 1, 9)))}

    def _window(self, names: dict[str, Any], shape: Shape) -> dict[str, Any]:
        rng = self.rng
        kernel: Any = rng.choice((1, 2, 3, 3, [3, 1], [2, 3]))
        if self.calm:
            kernel = rng.choice((1, 3, 3))
        if self.chance(0.3):
            kernel = self.number(names, 1, 4)
        found = {"kernel_size": kernel}
        if self.calm and self.chance(0.85):
            found["padding"] = (
                f"{kernel} // 2"
                if isinstance(kernel, str) and kernel.isidentifier()
                else (kernel // 2 if isinstance(kernel, int) else 0)
            )
            return found
        if self.chance(0.4):
            found["stride"] = rng.choice((1, 2, 2, [2, 1], [1, 3], self.number(names, 1, 3)))
        if self.chance(0.5):
            found["padding"] = rng.choice(
                (0, 1, 1, [1, 0], [[0, 1], [1, 1]], [[1, 0], [0, 0]], self.number(names, 0, 2))
            )
        return found

    def _conv2d(self, names: dict[str, Any], shape: Shape) -> dict[str, Any]:
        rng = self.rng
        found = {"out_channels": self.number(names, 1, 12), **self._window(names, shape)}
        if self.chance(0.15):
            found["padding"] = rng.choice(("same", "valid"))
            found.pop("stride", None)
        if self.chance(0.15):
            found["dilation"] = rng.choice((2, [1, 2], self.number(names, 1, 2)))
        if self.chance(0.25):
            groups = self.number(names, 1, 6)
            found["groups"] = rng.choice(("in.channels", 2, groups))
            found["out_channels"] = rng.choice(("in.channels", "in.channels * 2", shape[0], 4))
        if self.chance(0.3):
            found["bias"] = self.flag(names)
        texts = [name for name, held in names.items() if isinstance(held, str)]
        if self.chance(0.2) or (texts and self.chance(0.3)):
            found["padding_mode"] = rng.choice(
                ("zeros", "reflect", "replicate", "circular", *texts)
            )
        return found

    def _max_pool2d(self, names: dict[str, Any], shape: Shape) -> dict[str, Any]:
        found = self._window(names, shape)
        if self.calm and "stride" not in found:
            found["stride"] = 1
        if self.chance(0.15):
            found["dilation"] = self.rng.choice((2, [2, 1]))
        if self.chance(0.25):
            found["ceil_mode"] = self.flag(names)
        return found

    def _avg_pool2d(self, names: dict[str, Any], shape: Shape) -> dict[str, Any]:
        found = self._window(names, shape)
        if self.calm and "stride" not in found:
            found["stride"] = 1
        if self.chance(0.3):
            found["ceil_mode"] = self.flag(names)
        if self.chance(0.3):
            found["count_include_pad"] = self.flag(names)
        if self.chance(0.2):
            found["divisor_override"] = self.number(names, 1, 7)
        return found

    def head(self, names: dict[str, Any], places: Places) -> list[Any]:
        """A classifier behind the last line; ``places`` is brought up to date."""
        if len(places.current) != 1:
            return []
        layers: list[Any] = []
        lines: list[Any] = ["flatten"] if len(places.current[0]) > 1 else []
        lines.append({"name": "fc", "linear": self.number(names, 1, 9)})
        for line in lines:
            try:
                self.reading.entry(line, names, places)
            except Unfit:
                return layers
            layers.append(line)
        return layers

    def outputs(self, spec: dict[str, Any], places: Places, inputs: set[str]) -> None:
        """Named outputs, if there are several or by chance."""
        rng = self.rng
        shown = [name for name in places.values if name not in inputs]
        single = [name for name in shown if len(places.values[name]) == 1]
        single = [name for name in single if name not in places.absent]
        if not single or (len(places.current) == 1 and self.chance(0.65)):
            return
        picked = rng.sample(single, min(len(single), rng.choice((1, 2, 3))))
        if self.chance(0.5):
            spec["outputs"] = picked
            return
        free = [each for each in ("logits", "out", "input", "aux", "self") if each not in inputs]
        labels = rng.sample(free, len(picked))
        spec["outputs"] = dict(zip(labels, picked, strict=True))

    def variants(self, spec: dict[str, Any], params: dict[str, Any], shapes: Any) -> None:
        """Variants that change some of the parameters, where the layers still fit."""
        found: dict[str, Any] = {}
        for name in ("small", "large"):
            changed = {key: self.other(held) for key, held in params.items() if self.chance(0.5)}
            names = {**params, **changed, **{key: _seen(shape) for key, shape in shapes.items()}}
            places = Places(shapes)
            try:
                for line in spec["layers"]:
                    self.reading.entry(line, names, places)
                held = spec.get("outputs", [])
                shown = set(held if isinstance(held, list) else held.values())
                need(shown <= set(places.values))
                need(not shown or not shown <= places.absent)  # one of them is left
            except (Unfit, KeyError, TypeError, ValueError):
                continue
            found[name] = changed
        if found and all(not isinstance(size, str) or len(size) == 1 for size in _sizes(spec)):
            if len(found) == 2 and self.chance(0.3):
                found["large"] = {"extends": "small", **found["small"], **found["large"]}
            spec["variants"] = found

    def other(self, held: Any) -> Any:
        """Another value of the same kind."""
        rng = self.rng
        if type(held) is bool:
            return not held
        if type(held) is int:
            return max(1, held + rng.choice((-1, 1)))
        if isinstance(held, list):
            return [max(1, each + rng.choice((-1, 0, 1))) for each in held]
        return held


def set_minus(found: dict[str, Any], names: list[str]) -> list[str]:
    """The other names, in order."""
    return [name for name in found if name not in names]


def _is_type(held: Any) -> bool:
    return isinstance(held, str) and held in ("int", "number", "bool", "text", "list")


def _seen(shape: Shape) -> Any:
    return Seen(shape)


def _sizes(spec: dict[str, Any]) -> list[Any]:
    held = spec["input"]
    shapes = [held] if isinstance(held, list) else list(held.values())
    return [size for shape in shapes for size in shape]


def random_spec(seed: int) -> dict[str, Any]:
    """The spec of a seed."""
    return Generator(seed).spec()
