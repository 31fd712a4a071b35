"""Containers: a class body whose names are paths, as a tree of ModuleLists and ModuleDicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from archcompile.backends.pytorch.construct import form_of
from archcompile.backends.pytorch.names import module_path
from archcompile.diagnostics import InternalError
from archcompile.ir.definition import Apply, Chain, Definition, building
from archcompile.targets.pytorch import AttributeForm, FunctionForm

DICT_WORDS = frozenset({"clear", "items", "keys", "pop", "type", "update", "values"})
"""Some of what ``nn.ModuleDict`` has itself, and so refuses as a key."""


@dataclass(slots=True, eq=False)
class Container:
    """An ``nn.ModuleList`` where the members are called 0, 1, …, else an ``nn.ModuleDict``."""

    members: dict[str, Slot] = field(default_factory=dict)
    tensors: dict[str, Apply] = field(default_factory=dict)
    """The parameters and buffers that stand in the container itself."""

    @property
    def is_list(self) -> bool:
        """Whether the members' names are their places."""
        places = [str(place) for place in range(len(self.members))]
        return list(self.members) == places != []


Slot: TypeAlias = Apply | Chain | Container


def slots(definition: Definition) -> dict[str, Slot]:
    """The attributes of the class in the order of the text, without functions and second uses.

    A container stands where the first of its members does that holds anything: a chain whose lines
    are all absent has no place of its own in the state_dict.
    """
    top, first = Container(), dict[str, int]()
    steps = [step for step in building(definition.steps) if has_module(step)]
    for at, step in enumerate(steps):
        _put(top, step)
        head, is_inside, _ = step.name.partition(".")
        if not (is_inside and isinstance(step, Chain) and not step.members):
            first.setdefault(head, at)
    order = sorted(top.members, key=lambda name: first.get(name, len(steps)))
    return {name: top.members[name] for name in order}


def has_module(step: Apply | Chain) -> bool:
    """Whether the step is an attribute: no function, no second use of another's."""
    is_function = isinstance(step, Apply) and isinstance(form_of(step.use), FunctionForm)
    return not is_function and module_path(step.name) == step.name


def callee(name: str, members: Mapping[str, Slot]) -> str:
    """How ``forward`` says the module of a step: ``self.conv``, ``self.extra[0]``."""
    path = module_path(name)
    match path.split("."):
        case [alone]:
            return f"self.{alone}"
        case [around, part]:
            container = members.get(around)
            if not isinstance(container, Container):
                raise InternalError(f"`{path}` lies in no container of this body")
            return f"self.{around}[{part}]" if container.is_list else f'self.{around}["{part}"]'
    return f'self.get_submodule("{path}")'


def _put(top: Container, step: Apply | Chain) -> None:
    *around, name = step.name.split(".")
    container = top
    for depth, part in enumerate(around):
        if depth and part in DICT_WORDS:
            raise InternalError(f"`{step.name}`: an nn.ModuleDict has a `{part}` of its own")
        inner = container.members.setdefault(part, Container())
        if not isinstance(inner, Container):
            raise InternalError(f"`{step.name}` lies in a module that is no container")
        container = inner
    if around and name in DICT_WORDS:
        raise InternalError(f"`{step.name}`: an nn.ModuleDict has a `{name}` of its own")
    if name in container.members or name in container.tensors:
        raise InternalError(f"`{step.name}` is registered twice")
    if around and isinstance(step, Apply) and isinstance(form_of(step.use), AttributeForm):
        container.tensors[name] = step
    else:
        container.members[name] = step
