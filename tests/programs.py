"""Programs built by hand: what the passes and backends are tested on, without the frontend."""

from __future__ import annotations

from dataclasses import replace

from archcompile.diagnostics import SourceFile, Span
from archcompile.ir.op import Op
from archcompile.ir.program import Claim, Member, Node, Program, ProgramOutput, Region, Value
from archcompile.ir.types import TensorType
from archcompile.ops import all_ops

FILE = SourceFile("net.yaml", "archcompile: 1\n" * 400)


def at(line: int) -> Span:
    """The whole of a line of the imaginary spec."""
    return Span(FILE, line, 1, line, 15)


def op(key: str, **arguments: object) -> Op:
    """An op by its key, its arguments as a spec gives them."""
    return all_ops()[key].model_validate(arguments)


def node(path: str, layer: Op, *inputs: Value, name: str | None = None, line: int = 1) -> Node:
    """A node whose output has the type that its op infers."""
    made = Value(name or path, layer.infer(*(value.type for value in inputs)))
    return Node(path, layer, inputs, made, at(line))


def chain(start: Value, *layers: tuple[str, Op], prefix: str = "") -> tuple[Node, ...]:
    """Nodes of which each reads the one before it; line numbers count from 1."""
    made: list[Node] = []
    for line, (name, layer) in enumerate(layers, 1):
        source = made[-1].output if made else start
        made.append(node(f"{prefix}{name}", layer, source, line=line))
    return tuple(made)


def last(member: Member) -> Value:
    """The value that a member gives to the next."""
    return member.output if isinstance(member, Node) else member.outputs[0]


def region(path: str, *members: Member, block: str | None = None, line: int = 1) -> Region:
    """A block's call, or without ``block`` a sequence, that gives on what its last member makes."""
    return Region(
        path,
        "sequence" if block is None else "block",
        block,
        (),
        members[0].inputs[:1],
        members,
        (last(members[-1]),),
        at(line),
    )


def bare(path: str, *sizes: int) -> Node:
    """A bare parameter."""
    return node(path, op("parameter", shape=sizes, init=1))


def image(*sizes: int | str, name: str = "image") -> Value:
    """An input; ``N`` stands before the sizes."""
    return Value(name, TensorType.of("N", *sizes))


def program(
    inputs: tuple[Value, ...],
    members: tuple[Member, ...],
    *,
    name: str = "net",
    title: str | None = None,
    claims: tuple[Claim, ...] = (),
    outputs: tuple[ProgramOutput, ...] = (),
) -> Program:
    """A program whose output is its last member's, unless ``outputs`` says otherwise."""
    return Program(
        name=name,
        family=name,
        title=title,
        cite=None,
        parameters=(),
        overridden=(),
        inputs=inputs,
        members=members,
        outputs=outputs or (ProgramOutput("output", last(members[-1])),),
        claims=claims,
        definitions=(),
        spec="net.yaml",
        span=at(1),
    )


def lenet5(*, size: int | str = 32, padding: int = 0, claims: tuple[Claim, ...] = ()) -> Program:
    """LeNet-5 in the form that everyone implements: 61,706 parameters, 416,520 MACs."""
    start = image(1, size, size)
    members = chain(
        start,
        ("c1", op("conv2d", out_channels=6, kernel_size=5, padding=padding)),
        ("tanh", op("tanh")),
        ("s2", op("avg_pool2d", kernel_size=2)),
        ("c3", op("conv2d", out_channels=16, kernel_size=5)),
        ("tanh2", op("tanh")),
        ("s4", op("avg_pool2d", kernel_size=2)),
        ("flatten", op("flatten")),
        ("c5", op("linear", out_features=120)),
        ("tanh3", op("tanh")),
        ("f6", op("linear", out_features=84)),
        ("tanh4", op("tanh")),
        ("output", op("linear", out_features=10)),
    )
    made = program((start,), members, name="lenet5", title="LeNet-5", claims=claims)
    return replace(made, parameters=(("classes", 10),))


def conv(channels: int, kernel: int = 3, **arguments: object) -> Op:
    """A convolution that keeps the size of its map, unless its arguments say otherwise."""
    arguments.setdefault("padding", kernel // 2)
    return op("conv2d", out_channels=channels, kernel_size=kernel, **arguments)


def basic_block(path: str, start: Value, width: int, line: int = 1) -> Region:
    """A residual block with the identity as its shortcut."""
    body = chain(
        start,
        ("conv1", conv(width, bias=False)),
        ("bn1", op("batch_norm2d")),
        ("relu", op("relu")),
        ("conv2", conv(width, bias=False)),
        ("bn2", op("batch_norm2d")),
        prefix=f"{path}.",
    )
    joined = node(f"{path}.add", op("add"), body[-1].output, start)
    end = node(f"{path}.relu2", op("relu"), joined.output)
    return region(path, *body, joined, end, block="basic_block", line=line)


def small_resnet(depth: int = 2) -> Program:
    """A stem and ``depth`` equal residual blocks in a sequence, then a classifier."""
    start = image(3, 32, 32)
    stem = chain(
        start, ("conv1", conv(16, bias=False)), ("bn1", op("batch_norm2d")), ("relu", op("relu"))
    )
    blocks: list[Member] = []
    for place in range(depth):
        before = last(blocks[-1]) if blocks else stem[-1].output
        blocks.append(basic_block(f"layer1.{place}", before, 16))
    stage = region("layer1", *blocks)
    head = chain(
        last(stage),
        ("avgpool", op("adaptive_avg_pool2d", output_size=1)),
        ("flatten", op("flatten")),
        ("fc", op("linear", out_features=10)),
    )
    return program((start,), (*stem, stage, *head), name="small_resnet", title="A small ResNet")


def again(member: Member, use: int = 2) -> Member:
    """The member as a further use of its modules: what it makes is called ``path#2``."""
    return _renamed(member, {}, f"#{use}")


def _renamed(member: Member, names: dict[str, Value], mark: str) -> Member:
    inputs = tuple(names.get(value.name, value) for value in member.inputs)
    if isinstance(member, Node):
        made = replace(member.output, name=f"{member.output.name}{mark}")
        names[member.output.name] = made
        return replace(member, inputs=inputs, output=made)
    inner = tuple(_renamed(each, names, mark) for each in member.members)
    outputs = tuple(names.get(value.name, value) for value in member.outputs)
    return replace(member, inputs=inputs, members=inner, outputs=outputs)


def twice() -> Program:
    """A convolution and a block, each applied twice with the same weights, then a classifier."""
    start = image(3, 8, 8)
    first = node("same", conv(3), start)
    second = node("same", conv(3), first.output, name="same#2")
    once = basic_block("unit", second.output, 3)
    more = again(basic_block("unit", last(once), 3))
    head = chain(last(more), ("flatten", op("flatten")), ("fc", op("linear", out_features=10)))
    return program((start,), (first, second, once, more, *head), name="twice")


def with_heads() -> Program:
    """A trunk with an auxiliary head of two layers, and an unread layer on either of them."""
    start = image(3, 8, 8)
    trunk = chain(start, ("conv", conv(4)), ("relu", op("relu")))
    aux = region(
        "aux",
        *chain(
            trunk[-1].output,
            ("flatten", op("flatten")),
            ("fc", op("linear", out_features=5)),
            prefix="aux.",
        ),
        block="auxiliary",
    )
    loose = node("loose", op("tanh"), last(aux))
    unread = node("unread", conv(2), trunk[-1].output)
    head = chain(trunk[-1].output, ("flatten", op("flatten")), ("fc", op("linear", out_features=5)))
    outputs = (
        ProgramOutput("aux", last(aux), training=True, loss_weight=0.3),
        ProgramOutput("logits", head[-1].output),
    )
    return program((start,), (*trunk, aux, loose, unread, *head), name="heads", outputs=outputs)
