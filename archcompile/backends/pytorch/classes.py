"""One class for each definition: constructor, ``forward``, and a tuple for several outputs."""

from __future__ import annotations

from archcompile.backends.pytorch.attributes import attribute
from archcompile.backends.pytorch.chains import Body, arguments, fill, is_numbered
from archcompile.backends.pytorch.construct import Classes, in_order, said
from archcompile.backends.pytorch.containers import slots
from archcompile.backends.pytorch.docstrings import docstring_lines
from archcompile.backends.pytorch.forward import forward
from archcompile.backends.pytorch.layout import INDENT
from archcompile.backends.pytorch.names import (
    local_names,
    output_field,
    output_name,
    spelled,
)
from archcompile.backends.pytorch.printer import header
from archcompile.ir.definition import ChainMember, Definition, Parameter
from archcompile.ir.expr import Expr, ListOf, Literal

_TYPES = {"int": "int", "number": "float", "bool": "bool", "text": "str"}


def class_lines(
    definition: Definition, name: str, classes: Classes, docstring: tuple[str, ...]
) -> list[str]:
    """The class and, before it, the ``NamedTuple`` of its outputs if there are several."""
    base = "nn.Module" if definition.chain is None else "nn.Sequential"
    lines = [f"class {name}({base}):", *docstring_lines(docstring, INDENT), ""]
    lines += _constructor(definition, classes)
    if definition.chain is None:
        lines += ["", *forward(definition, name, classes)]
    return [*_outputs(definition, name), *lines]


def _outputs(definition: Definition, name: str) -> list[str]:
    if len(definition.outputs) < 2:
        return []
    fields = [
        f"{' ' * INDENT}{output_field(output)}: torch.Tensor" for output, _ in definition.outputs
    ]
    return [f"class {output_name(name)}(NamedTuple):", *fields, "", ""]


def _constructor(definition: Definition, classes: Classes) -> list[str]:
    parameters = [_parameter(each) for each in in_order(definition.parameters)]
    head = header(f"def __init__({', '.join(['self', *parameters])}) -> None:", INDENT)
    body = Body(classes, local_names(definition))
    if definition.chain is not None:
        _chain_class(definition.chain, body)
    else:
        body.add("super().__init__()")
        for attribute_name, slot in slots(definition).items():
            attribute(attribute_name, slot, body)
    return [*head, *body.lines]


def _chain_class(members: tuple[ChainMember, ...], body: Body) -> None:
    if is_numbered(members):
        body.add(f"super().__init__({arguments(members, body)})")
    else:
        body.add("super().__init__()")
        fill(members, "self", body)


def _parameter(parameter: Parameter) -> str:
    default = "" if parameter.default is None else f" = {said(parameter.default)}"
    return f"{spelled(parameter.name)}: {_type(parameter)}{default}"


def _type(parameter: Parameter) -> str:
    if parameter.type != "list":
        return _TYPES[parameter.type]
    return f"tuple[{_item_type(parameter.default)}, ...]"


def _item_type(default: Expr | None) -> str:
    """The type of a list's items, as its default shows it; without one they are integers."""
    items = default.items if isinstance(default, ListOf) else ()
    kinds = {type(item.value).__name__ for item in items if isinstance(item, Literal)}
    return kinds.pop() if len(kinds) == 1 else "float" if kinds == {"int", "float"} else "int"
