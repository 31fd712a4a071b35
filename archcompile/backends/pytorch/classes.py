"""One class for each definition: constructor, ``forward``, and a tuple for several outputs."""

from __future__ import annotations

from collections.abc import Iterable

from archcompile.backends.pytorch.attributes import attribute
from archcompile.backends.pytorch.chains import Body, arguments, fill, is_numbered
from archcompile.backends.pytorch.construct import Classes, form_of, in_order, said
from archcompile.backends.pytorch.containers import slots
from archcompile.backends.pytorch.docstrings import docstring_lines
from archcompile.backends.pytorch.forward import forward
from archcompile.backends.pytorch.layout import INDENT
from archcompile.backends.pytorch.names import (
    local_names,
    module_path,
    output_field,
    output_name,
    spelled,
)
from archcompile.backends.pytorch.printer import header
from archcompile.backends.pytorch.statements import shown
from archcompile.ir.definition import Apply, ChainMember, Definition, Parameter
from archcompile.ir.expr import Expr, ListOf, Literal
from archcompile.targets.pytorch import AttributeForm

_TYPES = {"int": "int", "number": "float", "bool": "bool", "text": "str"}


def class_lines(
    definition: Definition,
    name: str,
    classes: Classes,
    docstring: tuple[str, ...],
    starts: Iterable[str] = (),
) -> list[str]:
    """The class and, before it, the ``NamedTuple`` of its outputs if there are several.

    ``starts`` are the lines at the end of the constructor, which start its weights.
    """
    base = "nn.Module" if definition.chain is None else "nn.Sequential"
    lines = [f"class {name}({base}):", *docstring_lines(docstring, INDENT), ""]
    lines += [*_buffers(definition), *_constructor(definition, classes), *starts]
    if definition.chain is None:
        lines += ["", *forward(definition, name, classes)]
    return [*_outputs(definition, name), *lines]


def _outputs(definition: Definition, name: str) -> list[str]:
    if len(definition.outputs) < 2:
        return []
    fields = [f"{' ' * INDENT}{each}" for each in output_fields(definition)]
    return [f"class {output_name(name)}(NamedTuple):", *fields, "", ""]


def output_fields(definition: Definition) -> tuple[str, ...]:
    """The fields of the ``NamedTuple``; in evaluation it may lack what only training computes."""
    is_open = len(definition.outputs) - len(definition.training) > 1
    late = "torch.Tensor | None = None" if is_open else "torch.Tensor"
    return tuple(
        f"{output_field(output)}: {late if output in definition.training else 'torch.Tensor'}"
        for output, _ in shown(definition)
    )


def buffer_fields(definition: Definition) -> tuple[str, ...]:
    """The types of the buffers, which a type checker cannot see otherwise."""
    forms = ((step.name, form_of(step.use)) for step in definition.steps if isinstance(step, Apply))
    return tuple(
        f"{name}: torch.Tensor"
        for name, form in forms
        if isinstance(form, AttributeForm)
        and not form.is_trained
        and module_path(name) == name
        and "." not in name
    )


def _buffers(definition: Definition) -> list[str]:
    fields = [f"{' ' * INDENT}{each}" for each in buffer_fields(definition)]
    return [*fields, ""] if fields else []


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
