"""Lines: the entries of ``layers`` and ``sequence``, as JSON Schemas told apart by their keys."""

from __future__ import annotations

from dataclasses import dataclass

from archcompile.frontend.document.initializers import PARAMETER
from archcompile.frontend.document.structure_entries import EXCHANGE
from archcompile.schema import starts
from archcompile.schema.callables import Callable, reference
from archcompile.schema.keys_of_lines import (
    ALWAYS,
    BESIDE,
    BODIES,
    CONDITION,
    EXCHANGED,
    GPU_GROUPS,
    LAYER,
    NOT_IN_CHAINS,
    OF_CHAINS,
    RESIDUAL,
)
from archcompile.schema.values import Schema, shown

_NO_OP = "an op, a block or a structure"
_COUNT: Schema = {"type": ["string", "integer"], "minimum": 1, "minLength": 1}


@dataclass(frozen=True, slots=True)
class Scope:
    """What the lines of one body may call: ops, blocks, and the parameters that are layers.

    ``is_open``: other words may be blocks that nobody knows of yet.
    """

    name: str
    calls: tuple[Callable, ...]
    layers: frozenset[str]
    is_open: bool

    def lines(self) -> Schema:
        """A list of lines of a class body."""
        return reference(f"{self.name}: lines")

    def chain(self) -> Schema:
        """A list of lines each of which reads the one before."""
        return reference(f"{self.name}: chain")

    def definitions(self) -> dict[str, Schema]:
        """The lines of this scope, in class bodies and in chains."""
        line, link = reference(f"{self.name}: line"), reference(f"{self.name}: link")
        return {
            **self._line("line", self._bodies(line, link), BESIDE, alone=(EXCHANGE,)),
            **self._line(
                "link",
                {key: self._body(key, self.chain()) for key in OF_CHAINS},
                {key: held for key, held in BESIDE.items() if key not in NOT_IN_CHAINS},
                alone=(),
            ),
            f"{self.name}: lines": _listed(line),
            f"{self.name}: chain": _listed(link),
            f"{self.name}: join": self._join(line),
        }

    def _line(
        self,
        kind: str,
        bodies: dict[str, Schema],
        beside: dict[str, tuple[str, Schema]],
        alone: tuple[str, ...],
    ) -> dict[str, Schema]:
        """A word, or a mapping with one op key or body; each key decides what else there is."""
        calls = {call.word: call.call() for call in self.calls}
        calls |= {word: {"description": LAYER} for word in sorted(self.layers)}
        calls |= {word: {"description": EXCHANGED, "enum": [None]} for word in alone}
        every = {**calls, **bodies}
        where = "a line" if kind == "line" else "a line of a chain"
        message = f"no op, no block and no key of {where} is called so"
        known = reference(f"{self.name}: keys of {where}")
        found: Schema = {
            "type": ["object", "string"],
            "errorMessage": "a line is a word, or a mapping with one op",
            "properties": {key: self._beside(key, *held) for key, held in beside.items()},
            "dependencies": {
                key: _only(key, value, known, [name for name in _beside_of(key) if name in beside])
                for key, value in every.items()
            },
            "allOf": [self._word(alone), _unsettled(every, beside)],
        }
        if not self.is_open:
            found["propertyNames"] = known
        return {
            f"{self.name}: {kind}": found,
            f"{self.name}: keys of {where}": {"enum": [*every, *beside], "errorMessage": message},
        }

    def _word(self, alone: tuple[str, ...]) -> Schema:
        """A word without arguments."""
        free = {call.word: call for call in self.calls if call.stands_alone}
        about: list[Schema] = [
            {"if": {"const": word}, "then": call.about()} for word, call in free.items()
        ]
        if self.is_open:
            return {"if": {"type": "string"}, "then": {"allOf": about}}
        words = sorted({*free, *self.layers, *alone})
        known: Schema = {
            "pattern": f"^({'|'.join(words)})$",
            "patternErrorMessage": "no op and no block here that stands alone is called so",
        }
        return {"if": {"type": "string"}, "then": {**known, "allOf": about}}

    def _beside(self, key: str, description: str, values: Schema) -> Schema:
        if key == "join":
            return shown(description, self._joining(), default="concat")
        if key == "init":
            return shown(description, {"type": ["object", "number", "string"]})
        return shown(description, values)

    def _joining(self) -> Schema:
        return {"type": ["string", "object"], **reference(f"{self.name}: join")}

    def _bodies(self, line: Schema, link: Schema) -> dict[str, Schema]:
        branch = _by_type(_possibly_empty(link), {"allOf": [line, _UNNAMED]})
        branches: Schema = {
            "type": ["object", "array"],
            "minProperties": 1,
            "minItems": 1,
            "additionalProperties": branch,
            "items": _by_type(_possibly_empty(line), line),
        }
        return {
            "sequence": self._body("sequence", self.chain()),
            "layers": self._body("layers", self.lines()),
            "branches": shown(BODIES["branches"][0], branches),
            "residual": shown(BODIES["residual"][0], self._residual(line)),
            "gpu_groups": shown(BODIES["gpu_groups"][0], self._gpu_groups()),
            "apply": shown(BODIES["apply"][0], {"type": "string", "minLength": 1}),
        }

    def _body(self, key: str, lines: Schema) -> Schema:
        return shown(BODIES[key][0], {"type": "array", **lines})

    def _residual(self, line: Schema) -> Schema:
        values: dict[str, Schema] = {
            "body": {"type": ["array", "object", "string"], **_by_type(self.lines(), line)},
            "shortcut": {
                "type": ["object", "array", "string"],
                **_by_type(_possibly_empty(reference(f"{self.name}: link")), line),
            },
            "skip": {**CONDITION, "default": True},
            "join": {**self._joining(), "default": "add"},
        }
        return {
            "type": ["array", "object"],
            "required": ["body"],
            "properties": {key: shown(RESIDUAL[key], value) for key, value in values.items()},
            "additionalProperties": False,
            "if": {"type": "array"},
            "then": self.lines(),
        }

    def _gpu_groups(self) -> Schema:
        values: dict[str, Schema] = {"count": _COUNT, "layers": {"type": "array", **self.lines()}}
        return {
            "type": "object",
            "required": list(GPU_GROUPS),
            "properties": {key: shown(GPU_GROUPS[key], value) for key, value in values.items()},
            "additionalProperties": False,
        }

    def _join(self, line: Schema) -> Schema:
        """A word, or a call with a name at most."""
        words = sorted({*(call.word for call in self.calls), *self.layers})
        known: Schema = {} if self.is_open else {"enum": words}
        refused = {key: False for key in (*BESIDE, *BODIES) if key != "name"}
        return {
            "if": {"type": "string"},
            "then": known,
            "else": {"allOf": [line, {"properties": refused}]},
        }


def _beside_of(key: str) -> tuple[str, ...]:
    return BODIES[key][1] if key in BODIES else (*ALWAYS, "init")


def _only(key: str, value: Schema, known: Schema, beside: list[str]) -> Schema:
    """A line that has this key: no other op, and nothing that belongs to others."""
    message = f"beside `{key}` there may be {', '.join(beside)}"
    only: Schema = {"enum": [key, *beside], "errorMessage": message}
    properties = {key: value}
    if "init" in beside:
        init = starts.DISTRIBUTION if key == PARAMETER else starts.OF_LAYER
        properties["init"] = shown(BESIDE["init"][0], init)
    # a key that nobody knows is said to be unknown, and that once
    found: Schema = {"properties": properties, "propertyNames": {"if": known, "then": only}}
    return {**found, **_LOOP} if key == "layers" else found


def _unsettled(every: dict[str, Schema], beside: dict[str, tuple[str, Schema]]) -> Schema:
    """A line that has no op yet: every one may come."""
    only_beside: Schema = {"type": "object", "propertyNames": {"enum": list(beside)}}
    missing: Schema = {"required": [_NO_OP], "errorMessage": f"this line lacks {_NO_OP}"}
    return {
        "if": {"propertyNames": {"not": {"enum": list(every)}}},
        "then": {"properties": every, "allOf": [{"if": only_beside, "then": missing}]},
    }


_LOOP: Schema = {
    "anyOf": [{"required": ["for"]}, {"required": ["repeat"]}],
    "dependencies": {"for": {"properties": {"repeat": False}}, "rows": ["for"]},
}
"""``layers`` in a line is what a loop builds."""

_UNNAMED: Schema = {"properties": {"name": False}, "errorMessage": "the branch's key is the name"}


def _by_type(array: Schema, other: Schema) -> Schema:
    return {"if": {"type": "array"}, "then": array, "else": other}


def _listed(item: Schema) -> Schema:
    return {"minItems": 1, "items": item}


def _possibly_empty(item: Schema) -> Schema:
    """A list of lines; an empty one is the identity."""
    return {"items": item}
