"""The attributes of a class body: one statement of ``__init__`` for each, or a few."""

from __future__ import annotations

from dataclasses import dataclass

from archcompile.backends.pytorch.chains import Body, chain, fill, is_numbered
from archcompile.backends.pytorch.construct import construction, form_of, in_python, said
from archcompile.backends.pytorch.containers import Container, Slot
from archcompile.backends.pytorch.layout import INDENT
from archcompile.diagnostics import InternalError
from archcompile.ir.definition import Apply, Chain, OpUse
from archcompile.targets.pytorch import AttributeForm


@dataclass(frozen=True, slots=True)
class _Put:
    """The statement that puts a module in its place: what stands around the module's text."""

    before: str
    behind: str = ""

    def __call__(self, made: str) -> str:
        return f"{self.before}{made}{self.behind}"


def attribute(name: str, slot: Slot, body: Body) -> None:
    """The statements that make the attribute of that name."""
    form = form_of(slot.use) if isinstance(slot, Apply) else None
    if isinstance(slot, Container):
        _container(f"self.{name}", slot, body)
        _tensors(slot, body)
    elif isinstance(form, AttributeForm) and isinstance(slot, Apply):
        body.add(_tensor(slot))
    elif isinstance(slot, Chain) and slot.condition is None and not is_numbered(slot.members):
        body.add(f"self.{name} = nn.Sequential()")
        fill(slot.members, f"self.{name}", body)
    elif slot.condition is None:
        body.add(f"self.{name} = {_made(slot, body)}")
    else:
        kind = "nn.Module" if slot.otherwise is None else "nn.Module | None"
        _module(slot, _Put(f"self.{name}: {kind} = "), _Put(f"self.{name} = "), body)


def _tensors(container: Container, body: Body) -> None:
    """The statements that put parameters and buffers into a container that is there."""
    for step in container.tensors.values():
        body.add(_tensor(step))
    for slot in container.members.values():
        if isinstance(slot, Container):
            _tensors(slot, body)


def _tensor(step: Apply) -> str:
    """The statement that makes a parameter or a buffer."""
    form = form_of(step.use)
    if step.condition is not None:
        raise InternalError(f"`{step.name}` is no module, and a call may leave it out")
    assert isinstance(form, AttributeForm) and isinstance(step.use, OpUse)  # only ops have forms
    made = in_python(form.construct, step.use)
    around, _, name = step.name.rpartition(".")
    owner = f'self.get_submodule("{around}")' if "." in around else f"self.{around}"
    owner = owner if around else "self"
    if not form.is_trained:
        return f'{owner}.register_buffer("{name}", {made}, persistent=False)'
    if around:
        return f'{owner}.register_parameter("{name}", nn.Parameter({made}))'
    return f"self.{name} = nn.Parameter({made})"


def _module(step: Apply | Chain, put: _Put, put_absent: _Put, body: Body) -> None:
    """A module, or the identity in its place, which is put there."""
    if isinstance(step, Chain) and step.condition is not None and _needs_lines(step, body):
        _choice(step, put, put_absent, body)
    else:
        body.add(put(_made(step, body)))


def _made(step: Apply | Chain, body: Body) -> str:
    made = _bare(step, body)
    if step.condition is None:
        return made
    return f"{made} if {said(step.condition)} else {_absent(step)}"


def _absent(step: Apply | Chain) -> str:
    """What stands in the place of a layer that is not there; nothing, if ``forward`` looks."""
    return "nn.Identity()" if step.otherwise is None else "None"


def _bare(step: Apply | Chain, body: Body) -> str:
    if isinstance(step, Apply):
        return construction(step.use, body.classes)
    return chain(step.members, body)


def _needs_lines(step: Chain, body: Body) -> bool:
    """Whether the chain cannot be made inside one expression."""
    trial = Body(body.classes, body.taken, declared=set(body.declared), open=list(body.open))
    chain(step.members, trial)
    return bool(trial.lines)


def _choice(step: Chain, put: _Put, put_absent: _Put, body: Body) -> None:
    """A chain made in statements, none of which is run if it is not there."""
    assert step.condition is not None
    body.enter(said(step.condition))
    body.add(put(chain(step.members, body)))
    body.leave()
    body.lines.append(f"{' ' * body.indent}else:")
    body.indent += INDENT
    body.add(put_absent(_absent(step)))
    body.indent -= INDENT


def _container(target: str, container: Container, body: Body) -> None:
    """One expression if there is one, else an empty container that is filled."""
    if _is_plain(container, body):
        body.add(f"{target} = {_whole(container, body)}")
        return
    kind = "List" if container.is_list else "Dict"
    body.add(f"{target} = nn.Module{kind}()")
    for name, slot in container.members.items():
        put = _putter(target, name, container)
        if isinstance(slot, Container) and not _is_plain(slot, body):
            inner = body.local("members")
            _container(inner, slot, body)
            body.add(put(inner))
            body.open.pop()
        elif isinstance(slot, Container):
            body.add(put(_whole(slot, body)))
        else:
            _module(slot, put, put, body)


def _putter(target: str, name: str, container: Container) -> _Put:
    if container.is_list:
        return _Put(f"{target}.append(", ")")
    return _Put(f'{target}["{name}"] = ')


def _is_plain(slot: Slot, body: Body) -> bool:
    """Whether it can be made inside one expression."""
    if isinstance(slot, Container):
        return all(_is_plain(each, body) for each in slot.members.values())
    return isinstance(slot, Apply) or not _needs_lines(slot, body)


def _whole(slot: Slot, body: Body) -> str:
    if not isinstance(slot, Container):
        return _made(slot, body)
    inner = {name: _whole(each, body) for name, each in slot.members.items()}
    if slot.is_list:
        return f"nn.ModuleList([{', '.join(inner.values())}])"
    items = ", ".join(f'"{name}": {made}' for name, made in inner.items())
    return f"nn.ModuleDict({{{items}}})" if items else "nn.ModuleDict()"
