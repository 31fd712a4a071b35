"""Networks with heads of training, pieces of values, parameters of their own, and starts."""

from __future__ import annotations

from dataclasses import replace

from archcompile.ir.definition import (
    Apply,
    BlockUse,
    Definition,
    Parameter,
)
from archcompile.ir.expr import Literal
from archcompile.ir.program import Member, Node, Program, ProgramOutput, Value
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant as Full
from archcompile.ir.weight import Init, Kaiming, Normal, TruncatedNormal
from tests.backends.pytorch.written import network, plain, steps, sym, use, written
from tests.programs import chain, conv, image, last, node, op, program, region


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


def nested() -> Program:
    """Parameters and fixed numbers that stand in containers, alone and among modules."""
    start = image(4, 4, 4)
    alone = node("alone.a", op("parameter", shape=[4, 1, 1]))
    gamma = node("unit.gamma", op("parameter", shape=[4, 1, 1], init=1))
    layer = node("unit.conv", op("conv2d", out_channels=4, kernel_size=1), start)
    deep = node("unit.inner.mask", op("constant", values=[[[2]]]))
    made = node("product", op("mul"), layer.output, gamma.output, deep.output, alone.output)
    shown = ProgramOutput("product", made.output), ProgramOutput("gamma", gamma.output)
    return plain(program((start,), (alone, gamma, layer, deep, made), name="nested", outputs=shown))
