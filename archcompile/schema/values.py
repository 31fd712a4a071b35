"""Values: what an argument may hold, read from an op's annotation or a block's parameter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Annotated, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from archcompile.frontend.document.document import Parameter
from archcompile.ir.dim import Dim

Schema: TypeAlias = dict[str, object]
"""A JSON Schema, draft 7, with the words that editors know besides (``markdownDescription``)."""

_KINDS: dict[object, str] = {Dim: "integer", int: "integer", float: "number", bool: "boolean"}
NONE = "none"
"""torch's ``None`` in a spec."""


@dataclass(frozen=True, slots=True)
class Values:
    """Kinds of JSON values; beside them stand texts, which may be expressions.

    ``items`` is what a list holds, ``None`` where no list fits; ``sizes`` its lengths, ``None``:
    any. ``least`` bounds integers; ``words`` are the texts that stand for themselves.
    """

    kinds: frozenset[str] = frozenset()
    least: int | None = None
    words: tuple[str, ...] = ()
    items: Values | None = None
    sizes: frozenset[int] | None = None

    @property
    def scalars(self) -> tuple[str, ...]:
        """The types of what is no list, texts included."""
        return ("string", *sorted(self.kinds))

    def schema(self) -> Schema:
        """As a JSON Schema; words are offered, and any other text may be an expression."""
        types = [*self.scalars, *(("array",) if self.items is not None else ())]
        found: Schema = {"type": types}
        if self.least is not None:
            found["minimum"] = self.least
        if self.items is not None:
            found["items"] = self.items.schema()
        if self.sizes:
            found |= {"minItems": min(self.sizes), "maxItems": max(self.sizes)}
        if self.words:
            found["anyOf"] = [{"enum": list(self.words)}, {"type": types}]
        return found

    def constants(self) -> Schema:
        """The same where no expression may stand: words alone are texts, or any text is."""
        found = self.schema()
        if self.kinds or self.words or self.items is not None:
            texts = ("string",) if self.words else ()
            lists = ("array",) if self.items is not None else ()
            found["type"] = [*sorted(self.kinds), *texts, *lists]
        if self.words:
            found["enum"] = list(self.words)
            del found["anyOf"]
        return found


def shown(description: str, values: Schema, **more: object) -> Schema:
    """Values under a key that an editor describes and completes.

    What is not its type stands apart: a server that writes a key would write the whole form of
    its value, with all lists and defaults, as it finds them beside the description.
    """
    outer = {key: held for key, held in values.items() if key in ("type", "default")}
    inner = {key: held for key, held in values.items() if key not in outer}
    apart: Schema = {"allOf": [inner]} if inner else {}
    return {"description": description, **more, **outer, **apart}


def joined(one: Values, other: Values) -> Values:
    """What fits one of two."""
    bounded = one.least is not None and other.least is not None
    least = min(one.least or 0, other.least or 0) if bounded else None
    if "integer" not in one.kinds or "integer" not in other.kinds:
        least = one.least if "integer" in one.kinds else other.least
    items, sizes = one.items or other.items, one.sizes if one.items else other.sizes
    if one.items is not None and other.items is not None:
        items = joined(one.items, other.items)
        sizes = one.sizes | other.sizes if one.sizes and other.sizes else None
    words = tuple(dict.fromkeys((*one.words, *other.words)))
    return Values(one.kinds | other.kinds, least, words, items, sizes)


def of_annotation(annotation: object, validators: tuple[object, ...] = ()) -> Values:
    """The values of an op's argument. A list of sizes may be one size, which stands for all."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return of_annotation(parts[0], (*validators, *parts[1:]))
    if origin in (Union, UnionType):
        return _any_of(tuple(of_annotation(part) for part in parts))
    if origin is Literal:
        return Values(words=tuple(part for part in parts if isinstance(part, str)))
    if origin is tuple:
        return _list_of(parts)
    if annotation is NoneType:
        return Values(kinds=frozenset(("null",)), words=(NONE,))
    if annotation is object:
        return _deep()
    kind = _KINDS.get(annotation)
    least = _least(validators) if annotation is Dim else None
    return Values(kinds=frozenset(() if kind is None else (kind,)), least=least)


def _any_of(every: tuple[Values, ...]) -> Values:
    first, *others = every
    for other in others:
        first = joined(first, other)
    return first


def _list_of(parts: tuple[object, ...]) -> Values:
    """A tuple: of one length, or of any where an ellipsis says so."""
    is_open = parts[-1] is Ellipsis
    members = parts[:-1] if is_open else parts
    item = _any_of(tuple(of_annotation(part) for part in members))
    sizes = None if is_open else frozenset((len(members),))
    return Values(item.kinds, item.least, item.words, items=item, sizes=sizes)


def _deep() -> Values:
    """Numbers in lists of any depth that a weight has."""
    found = Values(kinds=frozenset(("number",)))
    for _ in range(8):
        found = replace(found, items=found)
    return found


def _least(validators: tuple[object, ...]) -> int | None:
    """The least of the integers that the validators accept, as far as it is 0 or 1."""
    checks = [each.func for each in validators if isinstance(each, BeforeValidator)]
    accepted = [size for size in (-1, 0, 1) if all(_accepts(check, size) for check in checks)]
    return accepted[0] if accepted and accepted[0] >= 0 else None


def _accepts(check: Callable[..., object], size: int) -> bool:
    try:
        check(size)
    except PydanticCustomError:
        return False
    return True


def of_parameter(parameter: Parameter) -> Values:
    """The values of a block's parameter; an ``int`` takes a pair where torch does."""
    match parameter.type:
        case "int":
            whole = Values(kinds=frozenset(("integer",)))
            return replace(whole, items=whole, sizes=frozenset((2,)))
        case "number":
            return Values(kinds=frozenset(("number",)))
        case "bool":
            return Values(kinds=frozenset(("boolean",)))
        case "list":
            return Values(items=_anything())
        case "choice":
            return Values(words=parameter.choices_texts)
        case _:
            return Values()


def _anything() -> Values:
    found = Values(kinds=frozenset(("boolean", "number")))
    for _ in range(4):
        found = replace(found, items=found)
    return found
