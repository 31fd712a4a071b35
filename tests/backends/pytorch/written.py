"""Networks as their authors wrote them, with definitions: what the PyTorch backend is tested on."""

from __future__ import annotations

from dataclasses import replace

from archcompile.ir.definition import (
    Apply,
    BlockUse,
    Carry,
    Chain,
    Definition,
    LoopOf,
    OpUse,
    Parameter,
    Step,
)
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Binary, Compare, Expr, ListOf, Literal, Logical, Name
from archcompile.ir.op import Op
from archcompile.ir.program import Citation, Member, Node, Program, ProgramOutput, Value
from archcompile.ir.types import TensorType
from tests.programs import chain, conv, image, last, lenet5, node, op, program, region


def sym(name: str) -> Dim:
    return Dim.symbol(name)


def use(layer: Op, *inputs: TensorType, **written: Expr) -> OpUse:
    """An op on these types; ``written`` holds arguments that the author wrote as expressions."""
    return OpUse(layer, inputs, tuple((getattr(layer, key), expr) for key, expr in written.items()))


def rows(*columns: tuple[int, ...]) -> tuple[ListOf, ...]:
    return tuple(ListOf(tuple(map(Literal, column))) for column in columns)


def steps(members: tuple[Member, ...]) -> tuple[Step, ...]:
    """A class body without parameters: its nodes, one by one."""
    return tuple(
        Apply(each.path, OpUse(each.op, each.types), tuple(value.name for value in each.inputs))
        for each in members
        if isinstance(each, Node)
    )


def network(made: Program, *body: Step, parameters: tuple[Parameter, ...] = ()) -> Definition:
    """The network's own class."""
    return Definition(
        made.name,
        parameters,
        tuple((value.name, value.type) for value in made.inputs),
        body,
        None,
        tuple((output.name, output.value.name) for output in made.outputs),
    )


def written(made: Program, *definitions: Definition) -> Program:
    return replace(made, definitions=definitions)


def plain(made: Program) -> Program:
    """A program of nodes alone, written as it is."""
    return written(made, network(made, *steps(made.members)))


CLASSES = Parameter("classes", "int", Literal(10))


def lenet() -> Program:
    """LeNet-5 with ``classes`` as a constructor parameter."""
    made = replace(
        lenet5(),
        cite=Citation(
            "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document "
            "recognition, 1998"
        ),
        spec="specs/lenet5.yaml",
    )
    *body, output = steps(made.members)
    fc = op("linear", out_features=sym("classes"))
    head = replace(output, use=use(fc, TensorType.of("N", 84)))
    return written(made, network(made, *body, head, parameters=(CLASSES,)))


DEPTHS, WIDTHS = (1, 2), (8, 16)


def small_vgg(batch_norm: bool = True) -> Program:
    """Rows of (depth, width), each a repeat that carries its channels along, then a pool."""
    start = image(3, 16, 16)
    layers: list[tuple[str, Op]] = []
    for depth, width in zip(DEPTHS, WIDTHS, strict=True):
        for _ in range(depth):
            layers += [("", conv(width)), *([("", op("batch_norm2d"))] if batch_norm else [])]
            layers.append(("", op("relu")))
        layers.append(("", op("max_pool2d", kernel_size=2)))
    numbered = [(str(place), layer) for place, (_, layer) in enumerate(layers)]
    features = region("features", *chain(start, *numbered, prefix="features."))
    head = chain(last(features), ("flatten", op("flatten")), ("fc", op("linear", out_features=10)))
    made = program((start,), (features, *head), name="vgg5_bn", title="VGG")
    body = Chain("features", (_stages(batch_norm),), ("image",))
    flatten = Apply("flatten", use(op("flatten"), last(features).type), ("features",))
    fc = Apply("fc", use(op("linear", out_features=10), head[0].output.type), ("flatten",))
    return written(made, network(made, body, flatten, fc))


def _stages(batch_norm: bool) -> LoopOf:
    width, before = sym("width"), sym("in_channels")
    wide = TensorType.of("N", width, "_height", "_width")
    members = [Apply("", use(conv(width), TensorType.of("N", before, "_height", "_width")), ())]
    if batch_norm:
        members.append(Apply("", use(op("batch_norm2d"), wide), ()))
    members.append(Apply("", use(op("relu"), wide), ()))
    inner = LoopOf(
        ("index",), (), Name("depth"), tuple(members), (Carry("in_channels", before, width),)
    )
    pool = Apply("", use(op("max_pool2d", kernel_size=2), wide), ())
    return LoopOf(
        ("depth", "width"),
        rows(DEPTHS, WIDTHS),
        None,
        (inner, pool),
        (Carry("in_channels", Dim.of(3), before),),
    )


def basic_block() -> Definition:
    """``basic_block(in_channels, width, stride=1)`` with a shortcut that the call decides on."""
    width, stride, before = sym("width"), sym("stride"), sym("in_channels")
    x = TensorType.of("N", before, "height", "width_")
    body = TensorType.of("N", width, sym("h"), sym("w"))
    first = op("conv2d", out_channels=width, kernel_size=3, stride=stride, padding=1, bias=False)
    short = op("conv2d", out_channels=width, kernel_size=1, stride=stride, bias=False)
    different = Logical(
        "or",
        (
            Compare(Name("stride"), (("!=", Literal(1)),)),
            Compare(Name("in_channels"), (("!=", Name("width")),)),
        ),
    )
    members = (Apply("", use(short, x), ()), Apply("", use(op("batch_norm2d"), body), ()))
    return Definition(
        "basic_block",
        (
            Parameter("in_channels", "int", inferred=True),
            Parameter("width", "int"),
            Parameter("stride", "int", Literal(1)),
        ),
        (("x", x),),
        (
            Apply("conv1", use(first, x), ("x",)),
            Apply("bn1", use(op("batch_norm2d"), body), ("conv1",)),
            Apply("relu", use(op("relu"), body), ("bn1",)),
            Apply("conv2", use(conv(width, bias=False), body), ("relu",)),
            Apply("bn2", use(op("batch_norm2d"), body), ("conv2",)),
            Chain("downsample", members, ("x",), different),
            Apply("add", use(op("add"), body, body), ("bn2", "downsample")),
            Apply("relu2", use(op("relu"), body), ("add",)),
        ),
        None,
        (("relu2", "relu2"),),
    )


def resnet() -> Program:
    """Two stages of basic blocks: the first a comprehension, the second with channels running."""
    start = image(3, 16, 16)
    stem = node("conv1", conv(8, bias=False), start)
    first = _stage("layer1", stem.output, 8, 1, 2)
    second = _stage("layer2", last(first), 16, 2, 2)
    head = chain(
        last(second),
        ("avgpool", op("adaptive_avg_pool2d", output_size=1)),
        ("flatten", op("flatten")),
        ("fc", op("linear", out_features=10)),
    )
    made = program((start,), (stem, first, second, *head), name="resnet10", title="ResNet")
    made = replace(made, parameters=(("classes", 10),))
    fc = op("linear", out_features=sym("classes"))
    body: tuple[Step, ...] = (
        *steps((stem,)),
        Chain("layer1", (_copies(Literal(8), Literal(8), None),), ("conv1",)),
        Chain("layer2", (_copies(Name("in_channels"), Literal(16), 2),), ("layer1",)),
        *(replace(each, reads=("layer2",)) for each in steps(head[:1]) if isinstance(each, Apply)),
        *steps(head[1:2]),
        Apply("fc", use(fc, TensorType.of("N", 16)), ("flatten",)),
    )
    return written(made, basic_block(), network(made, *body, parameters=(CLASSES,)))


def _copies(before: Expr, width: Expr, stride: int | None) -> LoopOf:
    arguments: list[tuple[str, Expr]] = [("in_channels", before), ("width", width)]
    carries: tuple[Carry, ...] = ()
    columns: tuple[ListOf, ...] = ()
    if stride is not None:
        arguments.append(("stride", Name("stride")))
        carries = (Carry("in_channels", Dim.of(8), Dim.of(16)),)
        columns = rows((stride, 1))
    layer = Apply("", BlockUse("basic_block", tuple(arguments)), ())
    if columns:
        return LoopOf(("stride",), columns, None, (layer,), carries)
    return LoopOf(("index",), (), Literal(2), (layer,), ())


def _stage(path: str, start: Value, width: int, stride: int, depth: int) -> Member:
    blocks: list[Member] = []
    for place in range(depth):
        before = last(blocks[-1]) if blocks else start
        blocks.append(_block(f"{path}.{place}", before, width, stride if place == 0 else 1))
    return region(path, *blocks)


def _block(path: str, x: Value, width: int, stride: int) -> Member:
    first = op("conv2d", out_channels=width, kernel_size=3, stride=stride, padding=1, bias=False)
    body = chain(
        x,
        ("conv1", first),
        ("bn1", op("batch_norm2d")),
        ("relu", op("relu")),
        ("conv2", conv(width, bias=False)),
        ("bn2", op("batch_norm2d")),
        prefix=f"{path}.",
    )
    members: list[Member] = [*body]
    skip = x
    if stride != 1 or int(x.type.channels) != width:
        short = op("conv2d", out_channels=width, kernel_size=1, stride=stride, bias=False)
        layers = (("0", short), ("1", op("batch_norm2d")))
        members.append(
            region(f"{path}.downsample", *chain(x, *layers, prefix=f"{path}.downsample."))
        )
        skip = last(members[-1])
    add = node(f"{path}.add", op("add"), body[-1].output, skip)
    return region(
        path, *members, add, node(f"{path}.relu2", op("relu"), add.output), block="basic_block"
    )


def conv_bn_relu() -> Definition:
    """A block that is a sequence; whether it normalises is the call's choice."""
    x, width = TensorType.of("N", "in_channels", "h", "w"), sym("width")
    made = TensorType.of("N", width, "h", "w")
    return Definition(
        "conv_bn_relu",
        (
            Parameter("in_channels", "int", inferred=True),
            Parameter("width", "int"),
            Parameter("normalise", "bool", Literal(True)),
        ),
        (("x", x),),
        (),
        (
            Apply("", use(conv(width), x), ()),
            Apply("", use(op("batch_norm2d"), made), (), Name("normalise")),
            Apply("", use(op("relu"), made), ()),
        ),
        (),
    )


def inception() -> Program:
    """Branches side by side, joined; the classes of a sequence and of a body with free edges."""
    start = image(3, 8, 8)
    wide = _unit("stem", start, 4, True)
    block = _mixed("mixed", last(wide), 2, 6)
    made = program((start,), (wide, block), name="inception", title="GoogLeNet (part)")
    c1, c3, before = sym("c1"), sym("c3"), sym("in_channels")
    x = TensorType.of("N", before, "h", "w")
    left, right = TensorType.of("N", c1, "h", "w"), TensorType.of("N", c3, "h", "w")
    half = op("conv2d", out_channels=c3 // 2, kernel_size=1)
    small = TensorType.of("N", c3 // 2, "h", "w")
    call = BlockUse("conv_bn_relu", (("in_channels", _expr(c3 // 2)), ("width", Name("c3"))))
    cat = op("concat")
    body = Definition(
        "inception",
        (
            Parameter("in_channels", "int", inferred=True),
            Parameter("c1", "int"),
            Parameter("c3", "int"),
        ),
        (("x", x),),
        (
            Apply("branch1", use(conv(c1, 1), x), ("x",)),
            Chain(
                "branch2",
                (
                    Apply("", use(half, x, out_channels=_expr(c3 // 2)), ()),
                    Apply("", call, ()),
                ),
                ("x",),
            ),
            Apply("concat", use(cat, left, right), ("branch1", "branch2")),
        ),
        None,
        (("concat", "concat"),),
    )
    stem = BlockUse("conv_bn_relu", (("in_channels", Literal(3)), ("width", Literal(4))))
    mixed = BlockUse(
        "inception", (("in_channels", Literal(4)), ("c1", Literal(2)), ("c3", Literal(6)))
    )
    assert small.rank == 4
    top = network(made, Apply("stem", stem, ("image",)), Apply("mixed", mixed, ("stem",)))
    top = replace(top, outputs=((top.outputs[0][0], "mixed"),))
    return written(made, conv_bn_relu(), body, top)


def _expr(size: Dim) -> Expr:
    return Binary("//", Name("c3"), Literal(2)) if size == sym("c3") // 2 else Name(str(size))


def _unit(path: str, x: Value, width: int, normalise: bool) -> Member:
    layers = [conv(width), *([op("batch_norm2d")] if normalise else []), op("relu")]
    numbered = [(str(place), layer) for place, layer in enumerate(layers)]
    return region(path, *chain(x, *numbered, prefix=f"{path}."), block="conv_bn_relu")


def _mixed(path: str, x: Value, c1: int, c3: int) -> Member:
    left = node(f"{path}.branch1", conv(c1, 1), x)
    half = node(f"{path}.branch2.0", op("conv2d", out_channels=c3 // 2, kernel_size=1), x)
    right = region(f"{path}.branch2", half, _unit(f"{path}.branch2.1", half.output, c3, True))
    cat = node(f"{path}.concat", op("concat"), left.output, last(right))
    return region(path, left, right, cat, block="inception")


def two_outputs() -> Program:
    """Two inputs, an edge that skips a layer, two outputs; names that Python needs itself."""
    first, second = image(6, name="torch"), image(6, name="x")
    low = node("low", op("linear", out_features=6), first)
    act = node("relu", op("relu"), low.output)
    add = node("add", op("add"), act.output, second, first)
    high = node("nn", op("linear", out_features=3), add.output)
    outputs = (ProgramOutput("low", low.output), ProgramOutput("high", high.output))
    made = program((first, second), (low, act, add, high), name="pair", outputs=outputs)
    return plain(made)


def all_networks() -> dict[str, Program]:
    return {
        "lenet5": lenet(),
        "vgg": small_vgg(),
        "vgg_plain": small_vgg(batch_norm=False),
        "resnet": resnet(),
        "inception": inception(),
        "pair": two_outputs(),
    }
