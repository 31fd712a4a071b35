"""A graph whose blocks are functions as one flat graph, under the names of the spec.

Runtimes inline functions too, under names of their own (docs/design/0004-onnx-functions.md). Here a
value inside a call gets the name that the flat graph has for it: the call's path, then its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from archcompile.ir.uses import Uses, base
from archcompile.libraries import onnx

if TYPE_CHECKING:
    from onnx import FunctionProto, ModelProto, NodeProto


def inlined(model: ModelProto) -> ModelProto:
    """The model without functions. One that has none is given back as it is."""
    if not model.functions:
        return model
    flat: ModelProto = onnx().ModelProto()
    flat.CopyFrom(model)
    del flat.functions[:]
    del flat.graph.node[:]
    functions = {(each.domain, each.name): each for each in model.functions}
    flat.graph.node.extend(_Inliner(functions).expanded(model.graph.node, "", {}))
    return flat


class _Inliner:
    """Expands calls; numbers the uses of each layer in the order in which they are met."""

    def __init__(self, functions: Mapping[tuple[str, str], FunctionProto]) -> None:
        self.functions = functions
        self.uses = Uses()

    def expanded(
        self, nodes: Iterator[NodeProto], call: str, names: dict[str, str]
    ) -> Iterator[NodeProto]:
        """The nodes under full names; ``names`` gives those that are known from outside."""
        heads: dict[str, str] = {}

        def full(name: str) -> str:
            head, slash, label = name.partition("/")
            if head not in heads:
                path = base(head) if not call else f"{base(call)}.{base(head)}"
                heads[head] = self.uses.name(path)
            return f"{heads[head]}{slash}{label}"

        for node in nodes:
            # a layer is numbered where it is met, whatever its values are called outside
            name = full(node.name)
            for made in node.output:
                names.setdefault(made, full(made) if call else made)
            function = self.functions.get((node.domain, node.op_type))
            if function is None:
                yield _renamed(node, name, names)
                continue
            inner = dict(zip(function.input, (names.get(x, x) for x in node.input), strict=False))
            inner |= zip(function.output, (names[made] for made in node.output), strict=False)
            inner |= {"": ""}
            yield from self.expanded(function.node, name, inner)


def _renamed(node: NodeProto, name: str, names: Mapping[str, str]) -> NodeProto:
    flat: NodeProto = onnx().NodeProto()
    flat.CopyFrom(node)
    flat.name = name
    flat.input[:] = [names.get(each, each) for each in node.input]
    flat.output[:] = [names[each] for each in node.output]
    return flat
