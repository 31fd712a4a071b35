"""What the shapes of a random spec come to: a second, small reading of the language.

A spec is plain Python data here, a shape is a tuple without the batch. Expressions are Python's
own, evaluated by Python. Nothing of archcompile is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from math import prod
from typing import Any

Shape = tuple[int, ...]
LARGEST = 6_000
"""The most elements of a value: agreement needs no large ones."""
JOINS = ("add", "concat")
PLAIN = ("relu", "tanh", "sigmoid", "softmax", "identity", "dropout", "batch_norm2d")


class Unfit(Exception):
    """The layer does not fit its input, or a name is taken: the generator takes another."""


class Seen:
    """An input as an expression sees it."""

    def __init__(self, shape: Shape) -> None:
        self.channels = shape[0]
        self.features = shape[0]
        if len(shape) == 3:
            self.height, self.width = shape[1:]


def make_divisible(value: float, divisor: int) -> int:
    """MobileNet's rounding of channels."""
    made = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return made + divisor if made < 0.9 * value else made


_FUNCTIONS: dict[str, Any] = {
    "__builtins__": {},
    "min": min,
    "max": max,
    "len": len,
    "range": lambda *bounds: list(range(*bounds)),
    "sum": sum,
    "make_divisible": make_divisible,
}


def value(tree: Any, names: dict[str, Any], words: tuple[str, ...] = ()) -> Any:
    """An argument's value."""
    if isinstance(tree, list):
        return [value(item, names, words) for item in tree]
    if not isinstance(tree, str) or tree in words:
        return tree
    try:
        return eval(re.sub(r"\bin\.", "in_.", tree), _FUNCTIONS, names)
    except (NameError, AttributeError, ZeroDivisionError, IndexError, TypeError) as error:
        raise Unfit(tree) from error


def arguments(given: Any, order: tuple[str, ...]) -> dict[str, Any]:
    """Arguments by name, whatever form they were given in."""
    if given is None:
        return {}
    if isinstance(given, dict):
        return given
    if not isinstance(given, list) or len(order) == 1:
        return {order[0]: given}
    positions = [item for item in given if not isinstance(item, dict)]
    named = [item for item in given if isinstance(item, dict)]
    return {
        **dict(zip(order, positions, strict=False)),
        **{name: held for item in named for name, held in item.items()},
    }


ORDERS = {
    "conv2d": (
        "out_channels",
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "groups",
        "bias",
        "padding_mode",
    ),
    "max_pool2d": (
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "return_indices",
        "ceil_mode",
    ),
    "avg_pool2d": (
        "kernel_size",
        "stride",
        "padding",
        "ceil_mode",
        "count_include_pad",
        "divisor_override",
    ),
    "adaptive_avg_pool2d": ("output_size",),
    "batch_norm2d": ("eps", "momentum", "affine"),
    "dropout": ("p",),
    "flatten": ("start_dim", "end_dim"),
    "linear": ("out_features", "bias"),
    "softmax": ("dim",),
    "concat": ("dim",),
}
WORDS = ("same", "valid", "zeros", "reflect", "replicate", "circular")


def need(condition: object) -> None:
    """Raises ``Unfit`` unless the condition holds."""
    if not condition:
        raise Unfit


def _pair(number: Any) -> list[Any]:
    return number if isinstance(number, list) else [number, number]


def op_shape(op: str, given: Any, shapes: list[Shape], names: dict[str, Any]) -> Shape:
    """The output's shape of one op."""
    order = ORDERS.get(op, ())
    bound = {name: value(tree, names, WORDS) for name, tree in arguments(given, order).items()}
    first = shapes[0]
    if op in JOINS:
        return _joined(op, bound, shapes)
    need(len(shapes) == 1)
    if op in PLAIN:
        need(op != "batch_norm2d" or len(first) == 3)
        need(bound.get("dim", 1) <= len(first))
        need(0 <= bound.get("p", 0.5) <= 1)
        return first
    if op == "linear":
        need(len(first) == 1 and bound["out_features"] >= 1)
        return (bound["out_features"],)
    if op == "flatten":
        return _flat(bound, first)
    need(len(first) == 3)
    if op == "adaptive_avg_pool2d":
        wanted = zip(first[1:], _pair(bound["output_size"]), strict=True)
        return (first[0], *(size if size_ is None else size_ for size, size_ in wanted))
    return _slid(op, bound, first)


def _joined(op: str, bound: dict[str, Any], shapes: list[Shape]) -> Shape:
    need(len(shapes) >= 2 and all(len(each) == len(shapes[0]) for each in shapes))
    if op == "add":
        need(all(each == shapes[0] for each in shapes))
        return shapes[0]
    axis = bound.get("dim", 1) - 1
    need(axis < len(shapes[0]))
    rest = [each[:axis] + each[axis + 1 :] for each in shapes]
    need(all(each == rest[0] for each in rest))
    total = sum(each[axis] for each in shapes)
    return (*shapes[0][:axis], total, *shapes[0][axis + 1 :])


def _flat(bound: dict[str, Any], first: Shape) -> Shape:
    start, end = bound.get("start_dim", 1) - 1, bound.get("end_dim", -1)
    end = len(first) - 1 if end == -1 else end - 1
    need(0 <= start <= end < len(first))
    product = 1
    for size in first[start : end + 1]:
        product *= size
    return (*first[:start], product, *first[end + 1 :])


def _slid(op: str, bound: dict[str, Any], first: Shape) -> Shape:
    kernel = _pair(bound["kernel_size"])
    stride = _pair(bound.get("stride") or (1 if op == "conv2d" else kernel))
    dilation = _pair(bound.get("dilation", 1))
    padding = bound.get("padding", 0)
    need(all(number >= 1 for number in (*kernel, *stride, *dilation)))
    need(bound.get("divisor_override", 1) >= 1)
    if isinstance(padding, str):
        need(padding == "valid" or stride == [1, 1])
        totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        sides = [[t // 2, t - t // 2] if padding == "same" else [0, 0] for t in totals]
    else:
        sides = [_pair(each) for each in _pair(padding)]
    uneven = any(before != after for before, after in sides)
    ceil = bound.get("ceil_mode", False)
    need(not (uneven and (ceil or not bound.get("count_include_pad", True))))
    sizes = []
    for axis, size in enumerate(first[1:]):
        before, after = sides[axis]
        need(min(before, after) >= 0)
        need(op == "conv2d" or max(before, after) <= kernel[axis] // 2)
        mode = bound.get("padding_mode", "zeros")
        need(mode not in ("reflect", "circular") or max(before, after) < size)
        room = size + before + after - dilation[axis] * (kernel[axis] - 1) - 1
        need(room >= 0)
        places = room // stride[axis] + 1
        if ceil:
            places = min(-(-room // stride[axis]) + 1, -(-(size + before) // stride[axis]))
        sizes.append(places)
    if op != "conv2d":
        return (first[0], *sizes)
    groups, channels = bound.get("groups", 1), bound["out_channels"]
    need(channels >= 1 and groups >= 1 and channels % groups == first[0] % groups == 0)
    return (channels, *sizes)


class Places:
    """The named values of a class body, and what the line before left."""

    def __init__(self, inputs: dict[str, Shape]) -> None:
        self.values = {name: [shape] for name, shape in inputs.items()}
        self.current = list(inputs.values())
        self.counts: dict[str, int] = {}
        self.absent: set[str] = set()
        """Names of lines that conditions leave out, which stand for what those read."""

    def copy(self) -> Places:
        """A second one, to try a line on."""
        return deepcopy(self)


class Reading:
    """Reads a spec's layers; ``blocks`` are its blocks by name."""

    def __init__(self, blocks: dict[str, Any]) -> None:
        self.blocks = blocks

    def entry(self, line: Any, names: dict[str, Any], places: Places) -> None:
        """One line of a class body."""
        line = as_mapping(line)
        sources = line.get("from")
        reads = places.current
        if sources is not None:
            texts = [
                _filled(each, names)
                for each in ([sources] if isinstance(sources, str) else sources)
            ]
            need(all(text in places.values for text in texts))
            reads = [shape for text in texts for shape in places.values[text]]
        need(reads)
        here = {**names, "in_": Seen(reads[0])}
        if is_loop(line) and "name" not in line:
            places.current = reads
            for inner, copy in self.copies(line, here):
                self.entry(copy, inner, places)
            return
        name = self._name(line, here, places)
        need(name not in places.values)
        if is_loop(line) or value(line.get("when", True), here):
            reads = self.made(line, here, reads)
        else:
            places.absent.add(name)
        places.values[name] = places.current = reads

    def _name(self, line: dict[str, Any], here: dict[str, Any], places: Places) -> str:
        if "name" in line:
            return _filled(line["name"], here)
        base = op_of(line)
        places.counts[base] = count = places.counts.get(base, 0) + 1
        return base if count == 1 else f"{base}{count}"

    def chain(
        self, lines: list[tuple[Any, Any]], shape: Shape, taken: set[str] | None = None
    ) -> Shape:
        """Pairs of names and line, each reading the one before; ``taken`` are the chain's names."""
        taken = set() if taken is None else taken
        for names, each in lines:
            line = as_mapping(each)
            here = {**names, "in_": Seen(shape)}
            if is_loop(line) and "name" not in line:
                shape = self.chain(list(self.copies(line, here)), shape, taken)
            elif is_loop(line) or value(line.get("when", True), here):
                name = _filled(line.get("name", ""), here)
                need(name not in taken)
                taken |= {name} - {""}
                made = self.made(line, here, [shape])
                need(len(made) == 1)
                (shape,) = made
        return shape

    def copies(self, line: dict[str, Any], names: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
        """The lines that a loop stands for."""
        own = ("repeat", "for", "rows", "name", "from")
        lines = line.get("layers") or [{key: held for key, held in line.items() if key not in own}]
        for more in _rounds(line, names):
            here = {**names, **more}
            if "layers" not in line or value(line.get("when", True), here):
                for each in lines:
                    yield here, each

    def made(self, line: dict[str, Any], here: dict[str, Any], reads: list[Shape]) -> list[Shape]:
        """The shapes that a line leaves."""
        if "sequence" in line or is_loop(line):
            need(len(reads) == 1)
            inner = [(here, each) for each in line.get("sequence", ())]
            return [
                self.chain(
                    inner or list(self.copies(line, here)) if is_loop(line) else inner, reads[0]
                )
            ]
        op = op_of(line)
        if op not in self.blocks:
            made = op_shape(op, line[op], reads, here)
            need(prod(made) <= LARGEST)
            return [made]
        return self.call(self.blocks[op], line[op], here, reads)

    def call(self, block: Any, given: Any, here: dict[str, Any], reads: list[Shape]) -> list[Shape]:
        """The shapes that a block's call leaves."""
        declared = block.get("params", {})
        bound = {
            name: value(tree, here, WORDS)
            for name, tree in arguments(given, tuple(declared)).items()
        }
        for name, default in declared.items():
            need(name in bound or default not in ("int", "number", "bool", "text", "list"))
            bound.setdefault(name, default)
        inputs = block.get("inputs", ["x"])
        need(len(inputs) == len(reads))
        shapes = dict(zip(inputs, reads, strict=True))
        names = {**bound, **{name: Seen(shape) for name, shape in shapes.items()}}
        if "sequence" in block:
            return [self.chain([(names, each) for each in block["sequence"]], reads[0])]
        places = Places(shapes)
        for line in block["layers"]:
            self.entry(line, names, places)
        outputs = block.get("outputs")
        if outputs is None:
            return places.current
        need(all(name in places.values for name in outputs))
        return [shape for name in outputs for shape in places.values[name]]


def _rounds(line: dict[str, Any], names: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "repeat" in line:
        count = value(line["repeat"], names)
        need(0 <= count < 6)
        yield from ({"index": index} for index in range(count))
        return
    header = line["for"]
    if "rows" in line:
        yield from (dict(zip(header, value(row, names), strict=True)) for row in line["rows"])
        return
    columns = [value(column, names) for column in header.values()]
    need(len({len(column) for column in columns}) == 1 and len(columns[0]) < 6)
    yield from (dict(zip(header, row, strict=True)) for row in zip(*columns, strict=True))


def _filled(template: str, names: dict[str, Any]) -> str:
    return re.sub(r"\{(.*?)\}", lambda match: str(value(match[1], names)), template)


def as_mapping(line: Any) -> dict[str, Any]:
    """``relu`` alone is ``relu`` without arguments."""
    return {line: None} if isinstance(line, str) else line


def is_loop(line: dict[str, Any]) -> bool:
    """Whether the line is a ``for`` or a ``repeat``."""
    return "for" in line or "repeat" in line


def op_of(line: dict[str, Any]) -> str:
    """The line's op key."""
    (op,) = set(line) - {"name", "from", "when", "repeat", "for", "rows", "layers"}
    return op
