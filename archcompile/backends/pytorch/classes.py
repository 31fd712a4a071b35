"""One class for each definition: constructor, ``forward``, and a tuple for several outputs."""

from __future__ import annotations

from archcompile.backends.pytorch.chains import Body, arguments, chain, fill, is_numbered
from archcompile.backends.pytorch.construct import (
    Classes,
    construction,
    form_of,
    in_order,
    said,
)
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
from archcompile.diagnostics import InternalError
from archcompile.ir.definition import Apply, Chain, ChainMember, Definition, Parameter, Step
from archcompile.ir.expr import Expr, ListOf, Literal
from archcompile.targets.pytorch import FunctionForm

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
        for step in definition.steps:
            _attribute(step, body)
    return [*head, *body.lines]


def _chain_class(members: tuple[ChainMember, ...], body: Body) -> None:
    if is_numbered(members):
        body.add(f"super().__init__({arguments(members, body)})")
    else:
        body.add("super().__init__()")
        fill(members, "self", body)


def _attribute(step: Step, body: Body) -> None:
    """The step's module under its name; a second use of a module adds nothing."""
    is_again = module_path(step.name) != step.name
    is_function = isinstance(step, Apply) and isinstance(form_of(step.use), FunctionForm)
    if is_again or is_function:
        return
    if "." in step.name:
        raise InternalError(f"`{step.name}` is a path, which no attribute can be called")
    if isinstance(step, Chain) and step.condition is None and not is_numbered(step.members):
        body.add(f"self.{step.name} = nn.Sequential()")
        fill(step.members, f"self.{step.name}", body)
        return
    if isinstance(step, Chain) and step.condition is not None and _needs_lines(step, body):
        _choice(step, said(step.condition), body)
        return
    if isinstance(step, Apply):
        made = construction(step.use, body.classes)
    else:
        made = chain(step.members, body)
    if step.condition is None:
        body.add(f"self.{step.name} = {made}")
    else:
        choice = f"{made} if {said(step.condition)} else nn.Identity()"
        body.add(f"self.{step.name}: nn.Module = {choice}")


def _needs_lines(step: Chain, body: Body) -> bool:
    """Whether the chain cannot be made inside one expression."""
    trial = Body(body.classes, body.taken, declared=set(body.declared), open=list(body.open))
    chain(step.members, trial)
    return bool(trial.lines)


def _choice(step: Chain, condition: str, body: Body) -> None:
    """A chain made in statements, none of which is run if it is not there."""
    body.enter(f"if {condition}:")
    made = chain(step.members, body)
    body.add(f"self.{step.name}: nn.Module = {made}")
    body.leave()
    body.lines.append(f"{' ' * body.indent}else:")
    body.lines.append(f"{' ' * (body.indent + INDENT)}self.{step.name} = nn.Identity()")


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
