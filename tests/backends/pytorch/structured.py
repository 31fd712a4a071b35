"""Networks with what torchvision's larger models have: containers, heads, shared modules, …"""

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
from archcompile.ir.program import Member, Node, Program, ProgramOutput, Value
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant as Full
from archcompile.ir.weight import Init, Kaiming, Normal, TruncatedNormal
from tests.backends.pytorch.written import all_networks, network, plain, steps, sym, use, written
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


def googlenet() -> Program:
    """Two heads of training that stand between the layers, one of them a block's call."""
    start = image(3, 8, 8)
    stem = node("stem", conv(4), start)
    pool = node("aux1.pool", op("adaptive_avg_pool2d", output_size=1), stem.output)
    flat = node("aux1.flatten", op("flatten"), pool.output)
    fc = node("aux1.fc", op("linear", out_features=5), flat.output)
    head = region("aux1", pool, flat, fc, block="auxiliary")
    middle = node("middle", conv(6), stem.output)
    small = node("aux2_pool", op("adaptive_avg_pool2d", output_size=1), middle.output)
    vector = node("aux2_flatten", op("flatten"), small.output)
    aux2 = node("aux2", op("linear", out_features=5), vector.output)
    tail = chain(
        middle.output,
        ("avgpool", op("adaptive_avg_pool2d", output_size=1)),
        ("flatten", op("flatten")),
        ("fc", op("linear", out_features=5)),
    )
    outputs = (
        ProgramOutput("aux1", fc.output, training=True, loss_weight=0.3),
        ProgramOutput("logits", tail[-1].output),
        ProgramOutput("aux2", aux2.output, training=True, loss_weight=0.3),
    )
    members = (stem, head, middle, small, vector, aux2, *tail)
    made = program((start,), members, name="googlenet", title="GoogLeNet", outputs=outputs)
    call = Apply("aux1", BlockUse("auxiliary", (("in_channels", Literal(4)),)), ("stem",))
    body = (*steps((stem,)), call, *steps(members[2:]))
    top = replace(network(made, *body), training=frozenset({"aux1", "aux2"}))
    shown = (("aux1", "aux1"), *top.outputs[1:])
    return written(made, _auxiliary(), replace(top, outputs=shown))


def _auxiliary() -> Definition:
    x = TensorType.of("N", "in_channels", "h", "w")
    pooled = TensorType.of("N", "in_channels", 1, 1)
    return Definition(
        "auxiliary",
        (Parameter("in_channels", "int", inferred=True),),
        (("x", x),),
        (
            Apply("pool", use(op("adaptive_avg_pool2d", output_size=1), x), ("x",)),
            Apply("flatten", use(op("flatten"), pooled), ("pool",)),
            Apply(
                "fc",
                use(op("linear", out_features=5), TensorType.of("N", "in_channels")),
                ("flatten",),
            ),
        ),
        None,
        (("fc", "fc"),),
    )


def segmenter() -> Program:
    """Two outputs always, a third in training, which reads one of them; an unread layer."""
    start = image(3, 8, 8)
    low = node("low", conv(4), start)
    unread = node("unread", conv(4), low.output)
    helper = node("helper", conv(2), low.output)
    high = node("high", conv(2), low.output)
    outputs = (
        ProgramOutput("low", low.output),
        ProgramOutput("aux", helper.output, training=True),
        ProgramOutput("high", high.output),
    )
    members = (low, unread, helper, high)
    made = program((start,), members, name="segmenter", outputs=outputs)
    top = replace(network(made, *steps(members)), training=frozenset({"aux"}))
    return written(made, top)


def shuffled() -> Program:
    """Pieces of a value: all read, some read, and read in another order."""
    start = image(8, 4, 4)
    first = [_piece(name, at, start, 2) for at, name in enumerate(("left", "right"))]
    deep = node("conv", conv(4), first[1].output)
    second = [_piece(name, at, deep.output, 4) for at, name in enumerate(("a", "b", "c", "d"))]
    joined = node("join", op("concat"), second[2].output, first[0].output, second[0].output)
    return plain(program((start,), (*first, deep, *second, joined), name="shuffled"))


def _piece(name: str, index: int, x: Value, chunks: int) -> Node:
    return node(name, op("chunk", chunks=chunks, index=index), x)


def scaled() -> Program:
    """A block with a parameter of its own, used twice; fixed numbers; a parameter as an output."""
    start = image(3, 4, 4)
    stem = node("stem", conv(4), start)
    members: list[Member] = [stem]
    for path in ("first", "second"):
        before = last(members[-1])
        layer = node(f"{path}.conv", conv(4), before)
        gamma = node(f"{path}.gamma", op("parameter", shape=[4, 1, 1], init=1e-6))
        scale = node(f"{path}.scale", op("mul"), layer.output, gamma.output)
        add = node(f"{path}.add", op("add"), before, scale.output)
        members.append(region(path, layer, gamma, scale, add, block="scaled"))
    mask = node("mask", op("constant", values=[[[0.5]], [[1]], [[2]], [[-1]]]))
    shift = node("shift", op("parameter", shape=[4, 1, 1]))
    masked = node("masked", op("mul"), last(members[-1]), mask.output)
    moved = node("moved", op("add"), masked.output, shift.output)
    outputs = (ProgramOutput("moved", moved.output), ProgramOutput("shift", shift.output))
    members += [mask, shift, masked, moved]
    made = program((start,), tuple(members), name="scaled", outputs=outputs)
    calls = [
        Apply(path, BlockUse("scaled", (("in_channels", Literal(4)),)), (before,))
        for path, before in (("first", "stem"), ("second", "first"))
    ]
    tail = list(steps((mask, shift, masked, moved)))
    assert isinstance(tail[2], Apply)
    tail[2] = replace(tail[2], reads=("second", "mask"))
    return written(made, _scaled(), network(made, *steps((stem,)), *calls, *tail))


def _scaled() -> Definition:
    width = sym("in_channels")
    x = TensorType.of("N", width, "h", "w")
    gamma = op("parameter", shape=[width, 1, 1], init=1e-6)
    return Definition(
        "scaled",
        (Parameter("in_channels", "int", inferred=True),),
        (("x", x),),
        (
            Apply("conv", use(conv(width), x), ("x",)),
            Apply("gamma", use(gamma), ()),
            Apply("scale", use(op("mul"), x, TensorType.of(width, 1, 1)), ("conv", "gamma")),
            Apply("add", use(op("add"), x, x), ("x", "scale")),
        ),
        None,
        (("add", "add"),),
    )


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


def started() -> Program:
    """Weights that start alike by class, by name, and two of a class otherwise than the rest."""
    start = image(3, 8, 8)
    he, small, zero, one = Kaiming("normal", "fan_out", "relu"), Normal(0.005), Full(0.0), Full(1.0)
    sided = op("conv2d", out_channels=4, kernel_size=3, padding=[[1, 1], [2, 0]])
    layers = chain(
        start,
        ("conv1", conv(4)),
        ("bn1", op("batch_norm2d")),
        ("conv2", conv(4, bias=False)),
        ("bn2", op("batch_norm2d")),
        ("side", sided),
        ("bn3", op("batch_norm2d")),
        ("bn4", op("batch_norm2d")),
        ("bn5", op("batch_norm2d")),
        ("flatten", op("flatten")),
        ("fc6", op("linear", out_features=5)),
        ("fc7", op("linear", out_features=5)),
        ("fc8", op("linear", out_features=5)),
    )
    token = node("token", op("parameter", shape=[5]))
    add = node("add", op("add"), layers[-1].output, token.output)

    def with_starts(each: Node) -> Node:
        starts: dict[str, Init] = {}
        if each.path.startswith(("conv", "side")):
            starts = {"weight": he, **({} if each.path == "conv2" else {"bias": zero})}
        elif each.path.startswith("bn"):
            starts = {"weight": zero if each.path == "bn4" else one}
        elif each.path.startswith("fc"):
            starts = {"weight": Normal(0.01, 0.5) if each.path == "fc8" else small}
        elif each.path == "token":
            starts = {"": TruncatedNormal(0.02)}
        return replace(each, starts=tuple(starts.items()))

    members = tuple(map(with_starts, (*layers, token, add)))
    return plain(program((start,), members, name="started"))


def structured_networks() -> dict[str, Program]:
    return {
        "containers": containers(),
        "mixers": mixers(),
        "twice": twice(),
        "googlenet": googlenet(),
        "segmenter": segmenter(),
        "shuffled": shuffled(),
        "scaled": scaled(),
        "tapped": tapped(),
        "started": started(),
    }


def every_network() -> dict[str, Program]:
    return {**all_networks(), **structured_networks()}
