"""What a layer is called: in a graph, and in a sentence that says where a difference begins."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from archcompile.ir.program import Node, Program

_NAMED = 3
"""The layers that are named, of those that cannot be looked at."""


def graph_names(program: Program) -> dict[str, str]:
    """What the graph calls each layer's value: as the first output that shows it.

    A layer whose name an output has taken for another value steps aside.
    """
    shown: dict[str, str] = {}
    for output in program.outputs:
        shown.setdefault(output.value.name, output.name)
    taken = {output.name for output in program.outputs}
    return {
        node.name: shown.get(node.name, f"{node.name}/value" if node.name in taken else node.name)
        for node in program.nodes()
    }


def said(node: Node) -> str:
    """The layer's name, its op, and its line in the spec."""
    return f"`{node.name}` ({node.op.key}, {node.span.file.path}:{node.span.line})"


def begins(program: Program, first: Node | None, seen: Collection[str]) -> str:
    """Where a difference begins: at the ``first`` layer with one, or before it at one unseen.

    ``seen`` names the layers whose values the artefact shows. What a source computes without a
    module (a sum, a concatenation) nobody can look at. Without a ``first`` all of them agree.
    """
    if not seen:
        return "its layers cannot be looked at one by one"
    read = (each.value for each in program.outputs) if first is None else first.inputs
    unseen = _unseen(program, (value.name for value in read), seen)
    named = ", ".join(map(said, unseen[:_NAMED])) + ", …" * (len(unseen) > _NAMED)
    if first is not None:
        return f"begins at {said(first)}" + (f", or before it at {named}" if unseen else "")
    if unseen:
        return f"begins behind all layers that it shows, at {named}"
    return "all layers agree: what it hands on is another value"


def _unseen(program: Program, read: Iterable[str], seen: Collection[str]) -> list[Node]:
    """The layers that cannot be looked at and on which these values depend through such alone."""
    wanted, found = set(read), []
    for node in reversed(tuple(program.nodes())):
        if node.output.name in wanted and node.name not in seen:
            found.append(node)
            wanted.update(value.name for value in node.inputs)
    return found[::-1]
