"""The flat form: a network as one list of named lines that say what they read.

No block, loop, condition or expression is left; GPU groups are grouped convolutions. That it is
the same network is a law of its own, and laws about edges and channels are said on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from law_holding import Spec, Weights, side

from archcompile.ir.dim import Dim

if TYPE_CHECKING:
    from archcompile.ir.op import Op
    from archcompile.ir.program import Node, Program

Line = dict[str, Any]


@dataclass
class Flat:
    """Lines of a flat spec, and what each makes."""

    name: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    lines: list[Line]
    nodes: dict[str, Node] = field(default_factory=dict)
    """By name of what it makes."""
    names: dict[str, str] = field(default_factory=dict)
    """Of what a value of the network is called here."""
    moved: dict[str, str] = field(default_factory=dict)
    """Weights: the key here, of the key there."""

    def spec(self) -> Spec:
        head = {"archcompile": 1, "name": self.name, "input": self.inputs}
        return {**head, "layers": self.lines, "outputs": self.outputs}

    def weights(self, old: Weights) -> Weights:
        """The weights by their keys here."""
        return {self.moved[key]: array for key, array in old.items()}

    def readers(self, name: str) -> list[Line]:
        """The lines that read a value."""
        return [line for line in self.lines if name in line.get("from", ())]

    def reread(self, old: str, new: str) -> None:
        """Whatever read one value reads another."""
        for line in self.readers(old):
            line["from"] = [new if each == old else each for each in line["from"]]
        for key, held in self.outputs.items():
            if held["from"] == old:
                self.outputs[key] = {**held, "from": new}

    def place(self, name: str) -> int:
        """Where the line stands that makes a value."""
        return next(
            place
            for place, line in enumerate(self.lines)
            if name == line["name"] or (isinstance(line["name"], list) and name in line["name"])
        )

    def is_shared(self, name: str) -> bool:
        """Whether a layer is applied again."""
        return any(line.get("apply") == name for line in self.lines) or any(
            line["name"] == name and "apply" in line for line in self.lines
        )


def flat(program: Program, *, defaults: bool = False) -> Flat:
    """The flat form of a network; with ``defaults`` every argument is written out."""
    made = Flat(program.name, {}, {}, [])
    for value in program.inputs:
        made.inputs[value.name] = made.names[value.name] = value.name
        made.inputs[value.name] = [text(dim) for dim in value.type.dims]
    first: dict[str, str] = {}
    for node in program.nodes():
        name = f"n{len(made.nodes)}"
        made.names[node.output.name], made.nodes[name] = name, node
        add(made, node, name, first, defaults)
        for weight in node.weights():
            key = f".{weight.name}" if weight.name else ""
            made.moved.setdefault(node.key(weight), f"{first[node.path]}{key}")
    for output in program.outputs:
        held: dict[str, Any] = {"from": made.names[output.value.name]}
        if output.training:
            held["training"] = True
        if output.loss_weight is not None:
            held["loss_weight"] = output.loss_weight
        made.outputs[output.name] = held
    return made


def add(made: Flat, node: Node, name: str, first: dict[str, str], defaults: bool) -> None:
    """The line of a node; parts of one ``chunk`` share a line."""
    sources = [made.names[value.name] for value in node.inputs]
    reads = {"from": sources} if sources else {}
    if node.op.key == "chunk" and node.op.index > 0:
        before = made.lines[-1]
        assert before["from"] == sources and len(before["name"]) == node.op.index
        before["name"].append(name)
        return
    if node.weights() and node.path in first:
        made.lines.append({"name": name, **reads, "apply": first[node.path]})
        return
    first.setdefault(node.path, name)
    given = arguments(node.op, defaults=defaults)
    shown: Any = [name] if node.op.key == "chunk" else name
    made.lines.append({"name": shown, **reads, node.op.key: given or None})


def arguments(op: Op, *, defaults: bool = False) -> dict[str, Any]:
    """An op's arguments as a spec says them."""
    found = {}
    for name, about in type(op).model_fields.items():
        held = getattr(op, name)
        if (op.key, name) == ("chunk", "index"):
            continue
        if defaults or about.is_required() or held != about.get_default(call_default_factory=True):
            found[name] = plain(held)
    return found


def plain(held: Any) -> Any:
    """A value as YAML has it."""
    if isinstance(held, Dim):
        return text(held)
    if isinstance(held, tuple | list):
        return [plain(each) for each in held]
    return "none" if held is None else held


def text(dim: Dim) -> Any:
    """A size: a number, or an expression."""
    return str(dim) if dim.constant is None else dim.constant


def flat_of(spec: Spec) -> Flat:
    """The flat form of a spec."""
    return flat(side(spec).program)
