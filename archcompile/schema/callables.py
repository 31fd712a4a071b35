"""Callable: a word that a line may call, op or block, with its arguments; and its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic.fields import FieldInfo

from archcompile.frontend.document.document import Parameter
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op
from archcompile.schema.values import NONE, Schema, Values, of_annotation, of_parameter, shown

PASSED = "a layer that is handed over"
"""The definition of what a parameter of type ``layer`` takes."""
PASSED_VALUE: Schema = {"type": ["string", "object"], "$ref": f"#/definitions/{PASSED}"}
_REFUSED = "Refused:"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument; ``default`` is as a spec would say it, ``None`` where there is none."""

    name: str
    description: str
    values: Values
    required: bool
    default: object = None
    is_layer: bool = False

    @property
    def scalars(self) -> tuple[str, ...]:
        """The types of what may stand for it without a list."""
        return ("string",) if self.is_layer else self.values.scalars

    def schema(self) -> Schema:
        """With what an editor shows."""
        ending = "Required." if self.required else f"Default: `{said(self.default)}`."
        description = f"{self.description} {ending}".replace("`", "")
        more: Schema = {"markdownDescription": f"{self.description}\n\n{ending}"}
        if not self.required:
            more["default"] = self.default
        if self.description.startswith(_REFUSED):
            return shown(description, {"enum": [self.default]}, **more, doNotSuggest=True)
        values = PASSED_VALUE if self.is_layer else self.values.schema()
        return shown(description, values, **more)


@dataclass(frozen=True, slots=True)
class Callable:
    """An op or a block. ``takes_list``: a bare list is the first argument, not several."""

    word: str
    title: str
    arguments: tuple[Argument, ...]
    takes_list: bool = False

    @property
    def stands_alone(self) -> bool:
        """Whether the word may stand without arguments."""
        return not any(argument.required for argument in self.arguments)

    def about(self) -> Schema:
        """A reference to what an editor shows of the word."""
        return reference(f"about {self.word}")

    def call(self) -> Schema:
        """A reference to what may stand under the word."""
        return reference(f"call {self.word}")

    def by_name(self) -> Schema:
        """A reference to some of the arguments, by name."""
        return reference(f"{self.word} by name")

    def definitions(self) -> dict[str, Schema]:
        """What the references lead to."""
        about: Schema = {
            "description": self.title,
            "markdownDescription": f"```python\n{self._signature()}\n```\n{self.title}",
        }
        keywords: Schema = {
            "properties": {each.name: each.schema() for each in self.arguments},
            "additionalProperties": False,
        }
        return {
            f"about {self.word}": about,
            f"call {self.word}": {**about, **self._snippet(), "allOf": [self._call()]},
            f"{self.word} by name": keywords,
        }

    def _snippet(self) -> Schema:
        """What is written behind the word: what must be said, and none of the defaults."""
        required = [each.name for each in self.arguments if each.required]
        if not required:
            return {}
        body: object = {name: f"${place}" for place, name in enumerate(required, 1)}
        return {"defaultSnippets": [{"label": ", ".join(required), "body": body}]}

    def _argument(self, argument: Argument) -> Schema:
        return reference(f"{self.word} by name", "properties", argument.name)

    def _call(self) -> Schema:
        """Arguments by name, by position, one alone, or nothing."""
        required = [each.name for each in self.arguments if each.required]
        first = self.arguments[0].scalars if self.arguments else ()
        nothing = () if required or "null" in first else ("null",)
        # its own properties and not a reference: an editor offers them before anything is written
        found: Schema = {
            "type": ["object", "array", *first, *nothing],
            "properties": {each.name: self._argument(each) for each in self.arguments},
            "additionalProperties": False,
        }
        if required:
            found["required"] = required
        if not self.arguments:
            return {**found, "maxItems": 0}
        alone_first: Schema = {
            "if": {"type": list(first)},
            "then": self._argument(self.arguments[0]),
        }
        in_list: Schema = {"if": {"type": "array"}, "then": self._in_list()}
        return {**found, "allOf": [alone_first, in_list]}

    def _in_list(self) -> Schema:
        """Positions, then names; or the list is the first argument."""
        whole, positions = self._argument(self.arguments[0]), self._positions()
        if self.takes_list and len(self.arguments) == 1:
            return whole
        if self.takes_list:
            flat = {"items": {"type": ["boolean", "number", "string", "null"]}}
            return {"if": flat, "then": whole, "else": positions}
        if len(self.arguments) == 1:
            several = {"minItems": 2, "items": {"not": {"type": "object"}}}
            return {"if": several, "then": whole, "else": positions}
        return positions

    def _positions(self) -> Schema:
        items = [
            {"if": {"type": "object"}, "then": self.by_name(), "else": self._argument(each)}
            for each in self.arguments
        ]
        takes = f"`{self.word}` takes at most {len(items)} by position"
        named: Schema = {"type": "object", "errorMessage": takes, "allOf": [self.by_name()]}
        return {"items": items, "additionalItems": named}

    def _signature(self) -> str:
        parts = (
            each.name if each.required else f"{each.name}={said(each.default)}"
            for each in self.arguments
        )
        return f"{self.word}({', '.join(parts)})"


def reference(*path: str) -> Schema:
    """A reference to a definition, or to a part of one."""
    return {"$ref": "#/definitions/" + "/".join(each.replace("/", "~1") for each in path)}


def said(value: object) -> str:
    """A value as JSON and as a spec have it; words without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def of_op(op: type[Op]) -> Callable:
    """An op with its own words."""
    arguments = tuple(_of_field(name, field) for name, field in op.model_fields.items())
    return Callable(op.key, op.title, arguments, op.takes_list)


def _of_field(name: str, field: FieldInfo) -> Argument:
    values = of_annotation(field.annotation, tuple(field.metadata))
    required = field.is_required()
    default = None if required else _plain(field.default)
    return Argument(name, field.description or "", values, required, default)


def _plain(value: object) -> object:
    """An op's default as a spec says it: one size for equal ones, ``none`` for nothing."""
    if isinstance(value, Dim):
        return value.constant
    if isinstance(value, tuple):
        items = [_plain(item) for item in value]
        return items[0] if items and all(item == items[0] for item in items) else items
    return NONE if value is None else value


def of_block(name: str, parameters: Iterable[Parameter]) -> Callable:
    """A block with its parameters."""
    arguments = tuple(_of_parameter(parameter) for parameter in parameters)
    return Callable(name, "A block: an op of the spec's own.", arguments)


def _of_parameter(parameter: Parameter) -> Argument:
    return Argument(
        parameter.name.text,
        f"{TYPES[parameter.type]}.",
        of_parameter(parameter),
        required=parameter.default is None,
        default=None if parameter.default is None else as_json(parameter.default),
        is_layer=parameter.type == "layer",
    )


TYPES = {
    "int": "An integer, or a pair where torch takes one",
    "number": "A number",
    "bool": "`true` or `false`",
    "text": "A text",
    "list": "A list",
    "layer": "An op or a block; `none` is nothing at all",
    "choice": "One of the words of its `choice`",
}
"""What a parameter of each type takes."""


def as_json(tree: Tree) -> object:
    """The value that a tree stands for."""
    match tree:
        case Mapping(entries=entries):
            return {entry.key.text: as_json(entry.value) for entry in entries}
        case Sequence(items=items):
            return [as_json(item) for item in items]
        case Scalar(value=value):
            return value
