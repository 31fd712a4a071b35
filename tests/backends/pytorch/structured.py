"""Networks with containers, modules that are used again, and chains that are cut."""

from __future__ import annotations

from dataclasses import replace

from archcompile.ir.definition import (
    Apply,
    BlockUse,
    Chain,
    Definition,
    LoopOf,
    OpUse,
    Parameter,
    Segment,
    Step,
)
from archcompile.ir.expr import Literal, Name
from archcompile.ir.program import Member, Node, Program, Value
from archcompile.ir.types import TensorType
from tests.backends.pytorch.written import network, steps, sym, use, written
from tests.programs import chain, conv, image, last, node, op, program, region


def containers() -> Program:
    """A list whose members stand apart, a dict, a dict in a dict; each first made at its place."""
    start = image(3, 8, 8)
    first = node("extra.0", conv(4), start)
    middle = node("middle", conv(4), first.output)
    second = node("extra.1", op("relu"), middle.output)
    left = node("branches.a", conv(4), second.output)
    rows = (("0", conv(4)), ("1", op("relu")))
    right = region("branches.b", *chain(second.output, *rows, prefix="branches.b."))
    deep = chain(
        last(right),
        ("deep.inner.0", conv(4)),
        ("deep.inner.1", op("batch_norm2d")),
        ("deep.last", op("relu")),
    )
    joined = node("deep.add", op("add"), left.output, deep[-1].output)
    members: tuple[Member, ...] = (first, middle, second, left, right, *deep, joined)
    made = program((start,), members, name="containers", title="Containers")
    body: list[Step] = [*steps((first, middle, second, left))]
    inner = tuple(Apply("", OpUse(each.op, each.types), ()) for each in chain(second.output, *rows))
    body.append(Chain("branches.b", inner, ("extra.1",)))
    tail = steps((*deep, joined))
    assert isinstance(tail[0], Apply)
    body += [replace(tail[0], reads=("branches.b",)), *tail[1:]]
    return written(made, network(made, *body))


def _mixer() -> Definition:
    """A block whose containers hold layers that a call may leave out, and loops."""
    width, depth = sym("width"), Name("depth")
    x = TensorType.of("N", width, "h", "w")
    layer = use(conv(width), x)
    relu = Apply("", use(op("relu"), x), ())
    loop = LoopOf(("index",), (), depth, (Apply("", layer, ()), relu), ())
    several = Name("several")
    return Definition(
        "mixer",
        (
            Parameter("width", "int", inferred=True),
            Parameter("depth", "int", Literal(1)),
            Parameter("several", "bool", Literal(True)),
        ),
        (("x", x),),
        (
            Apply("paths.0", layer, ("x",)),
            Apply("paths.1", use(op("relu"), x), ("paths.0",), several),
            Apply("ways.plain", layer, ("paths.1",)),
            Chain("ways.long", (loop,), ("ways.plain",)),
            Chain("ways.maybe", (loop, relu), ("ways.long",), several),
            Chain("ways.inner.0", (loop,), ("ways.maybe",)),
            Apply("ways.inner.1", layer, ("ways.inner.0",)),
            Apply("ways.last.0", layer, ("ways.inner.1",)),
        ),
        None,
        (("y", "ways.last.0"),),
    )


def _mixed(path: str, x: Value, depth: int, several: bool) -> Member:
    def row(name: str, before: Value, *, relu: bool = False) -> Member:
        layers = [("conv", conv(4)), ("relu", op("relu"))] * depth
        layers += [("relu", op("relu"))] if relu else []
        numbered = [(str(place), layer) for place, (_, layer) in enumerate(layers)]
        return region(f"{path}.{name}", *chain(before, *numbered, prefix=f"{path}.{name}."))

    members: list[Member] = [node(f"{path}.paths.0", conv(4), x)]
    if several:
        members.append(node(f"{path}.paths.1", op("relu"), last(members[-1])))
    members.append(node(f"{path}.ways.plain", conv(4), last(members[-1])))
    members.append(row("ways.long", last(members[-1])))
    if several:
        members.append(row("ways.maybe", last(members[-1]), relu=True))
    members.append(row("ways.inner.0", last(members[-1])))
    members.append(node(f"{path}.ways.inner.1", conv(4), last(members[-1])))
    members.append(node(f"{path}.ways.last.0", conv(4), last(members[-1])))
    return region(path, *members, block="mixer")


def mixers() -> Program:
    """Containers that are filled line by line, with and without the members that may be absent."""
    start = image(4, 8, 8)
    first = _mixed("units.0", start, 2, True)
    second = _mixed("units.1", last(first), 1, False)
    made = program((start,), (first, second), name="mixers")
    width = ("width", Literal(4))
    calls = (
        Apply("units.0", BlockUse("mixer", (width, ("depth", Literal(2)))), ("image",)),
        Apply("units.1", BlockUse("mixer", (width, ("several", Literal(False)))), ("units.0",)),
    )
    top = replace(network(made, *calls), outputs=((made.outputs[0].name, "units.1"),))
    return written(made, _mixer(), top)


def twice() -> Program:
    """A block, a sequence and a member of a container, each used a second time."""
    start = image(4)
    fc = op("linear", out_features=4)
    members: list[Member] = []
    value = start
    for use_ in ("", "#2"):
        first = node("unit.fc", fc, value, name=f"unit.fc{use_}")
        relu = node("unit.relu", op("relu"), first.output, name=f"unit.relu{use_}")
        members.append(region("unit", first, relu, block="unit"))
        tanh = node("row.0", op("tanh"), relu.output, name=f"row.0{use_}")
        members.append(region("row", tanh))
        members.append(node("extra.0", fc, tanh.output, name=f"extra.0{use_}"))
        value = last(members[-1])
    made = program((start,), tuple(members), name="twice")
    x, wide = start.type, TensorType.of("N", "in_features")
    unit = Definition(
        "unit",
        (Parameter("in_features", "int", inferred=True),),
        (("x", wide),),
        (
            Apply("fc", use(op("linear", out_features=sym("in_features")), wide), ("x",)),
            Apply("relu", use(op("relu"), wide), ("fc",)),
        ),
        None,
        (("relu", "relu"),),
    )
    body: list[Step] = []
    before = "image"
    for use_ in ("", "#2"):
        call = BlockUse("unit", (("in_features", Literal(4)),))
        body.append(Apply(f"unit{use_}", call, (before,)))
        row = (Apply("", use(op("tanh"), x), ()),)
        body.append(Chain(f"row{use_}", row, (f"unit{use_}",)))
        body.append(Apply(f"extra.0{use_}", use(fc, x), (f"row{use_}",)))
        before = f"extra.0{use_}"
    return written(made, unit, network(made, *body))


def tapped() -> Program:
    """Chains that are cut where a value between their members is read elsewhere."""
    start = image(4, 8, 8)
    row = [("conv", conv(4)), ("relu", op("relu"))]
    layers = [(str(place), row[place % 2][1]) for place in range(6)]
    outer = chain(start, *layers, prefix="features.")
    inner = chain(outer[-1].output, ("conv", conv(4)), ("1", op("relu")), prefix="features.6.")
    features = region("features", *outer, region("features.6", *inner))
    extra = region("extra.row", *chain(inner[-1].output, *layers[:3], prefix="extra.row."))
    late = last(extra)
    joined = node("join", op("add"), late, outer[1].output, outer[2].output, inner[0].output)
    made = program((start,), (features, extra, joined), name="tapped")

    def members(nodes: tuple[Node, ...]) -> tuple[Apply, ...]:
        names = (each.path.rpartition(".")[2] for each in nodes)
        return tuple(
            Apply("" if name.isdigit() else name, OpUse(each.op, each.types), ())
            for name, each in zip(names, nodes, strict=True)
        )

    whole = (*members(outer), Chain("", members(inner), ()))
    final = members(chain(inner[-1].output, *layers[:3]))
    body = (
        Chain("features", whole, (), is_cut=True),
        Segment("features.1", "features", 0, 2, ("image",)),
        Segment("features.2", "features", 2, 3, ("features.1",)),
        Segment("features.5", "features", 3, 6, ("features.2",)),
        Segment("features.6.conv", "features.6", 0, 1, ("features.5",)),
        Segment("features.6.1", "features.6", 1, 2, ("features.6.conv",), is_whole=True),
        Chain("extra.row", final, (), is_cut=True),
        Segment("extra.row", "extra.row", 0, 3, ("features.6.1",), is_whole=True),
        Apply(
            "join",
            OpUse(joined.op, joined.types),
            ("extra.row", "features.1", "features.2", "features.6.conv"),
        ),
    )
    return written(made, network(made, *body))
