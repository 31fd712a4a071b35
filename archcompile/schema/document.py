"""The keys of a file and of a block, as JSON Schemas."""

from __future__ import annotations

from archcompile.diagnostics import Code
from archcompile.frontend.document.document import Parameter
from archcompile.schema.callables import PASSED_VALUE, TYPES, as_json, reference, said
from archcompile.schema.lines import Scope
from archcompile.schema.starts import OF_BODY
from archcompile.schema.values import Schema, of_parameter, shown

_TEXT: Schema = {"type": "string", "minLength": 1}
_NAME = "^[A-Za-z][A-Za-z0-9_]*$"
_IDENTIFIER: Schema = {
    "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
    "patternErrorMessage": "a name has letters, digits and _, and does not start with a digit",
}
TYPE_WORDS = ("int", "number", "bool", "text", "list", "layer")
_COUNT: Schema = {"type": ["integer", "string"], "minimum": 0, "minLength": 1}

_CITE_VALUE: Schema = {"type": ["string", "object"], "$ref": "#/definitions/cite"}
_PARAMS_VALUE: Schema = {"type": "object", "$ref": "#/definitions/params"}
_LET_VALUE: Schema = {"type": "object", "$ref": "#/definitions/let"}
_CLAIMS_VALUE: Schema = {"type": "object", "$ref": "#/definitions/claims"}

CITE: dict[str, str] = {
    "paper": "Authors, title and year.",
    "section": "Where in it.",
    "url": "Its address.",
    "deviations": "What differs from it on purpose, in words.",
}
CLAIMS: dict[str, str] = {
    "parameters": "Trainable weights, training-only heads included.",
    "buffers": "Numbers that are kept and not trained, num_batches_tracked left out.",
    "macs": "Multiply-accumulates for one sample, in inference.",
    "connections": "As LeCun counts them: one for each weight and bias, at each place of its use.",
    "receptive_field": "In pixels, of the last layer or by path.",
    "shapes": "The shapes of layers by path, without the batch.",
}
KEYS: dict[str, str] = {
    "archcompile": "The language's version; it stands first.",
    "name": "The network, or the family; letters, digits and `_`.",
    "title": "One line for people.",
    "cite": "Where the network was published.",
    "use": "Files whose blocks this one calls, by paths relative to it.",
    "params": "Parameters: a type word (`int`, required), a default, a `choice` or a `layer`.",
    "let": "Derived values by name, in order.",
    "variants": "The networks of a family by name, each the values of some parameters.",
    "input": "The input's shape (`[N, 3, 224, 224]`), or several inputs by name.",
    "init": "How weights start, where not as in torch.",
    "blocks": "Ops of your own, by name.",
    "layers": "The network: each line reads the one before it.",
    "outputs": "What the network returns; without it, its last line.",
    "expect": "Claims that every build checks.",
    "allow": "Codes of warnings that are known and meant.",
}
_OF_LIBRARIES = ("archcompile", "name", "title", "cite", "use", "blocks")
_OF_NETWORKS = ("params", "variants", "input", "layers", "outputs", "expect")
BLOCK: dict[str, str] = {
    "params": "Parameters: a type word (`int`, required), a default, a `choice` or a `layer`.",
    "inputs": "The names of its inputs, if there are several or the one is not `x`.",
    "let": "Derived values by name; they may say `x.channels`.",
    "init": "How weights start, where not as in torch.",
    "layers": "Its lines, a class body.",
    "sequence": "Its lines, a chain: each reads the one before.",
    "outputs": "What it returns; without it, its last line.",
}


def root(scope: Scope, declared: tuple[Parameter, ...], blocks: dict[str, Schema]) -> Schema:
    """The whole file. ``declared`` are its parameters, for the variants' values."""
    is_open = scope.is_open
    values: dict[str, Schema] = {
        "archcompile": {"type": "integer", "enum": [1]},
        "name": {**_TEXT, "pattern": _NAME, "maxLength": 100},
        "title": _TEXT,
        "cite": _CITE_VALUE,
        "allow": _allow(),
        "use": {"type": ["string", "array"], "items": _TEXT, "minItems": 1},
        "params": _PARAMS_VALUE,
        "let": _LET_VALUE,
        "variants": _variants(declared, is_open),
        "input": _input(),
        "init": OF_BODY,
        "blocks": _blocks(scope, blocks),
        "layers": {"type": "array", **scope.lines()},
        "outputs": _outputs(of_block=False),
        "expect": _CLAIMS_VALUE,
    }
    library: Schema = {
        "required": ["blocks"],
        "properties": dict.fromkeys(_OF_NETWORKS, False),
    }
    refused = [key for key in KEYS if key not in (*_OF_LIBRARIES, *_OF_NETWORKS)]
    return {
        "type": "object",
        "required": ["archcompile"],
        "properties": {key: shown(KEYS[key], value) for key, value in values.items()},
        "additionalProperties": False,
        "if": library,
        "then": {"properties": dict.fromkeys(refused, False)},
        "else": {"required": ["name", "input", "layers"]},
    }


def definitions() -> dict[str, Schema]:
    """What several places of a file share."""
    claims = {name: shown(text, _claim(name)) for name, text in CLAIMS.items()}
    inference = "The same claims without the heads that only training needs."
    return {
        "cite": _cite(),
        "params": {
            "propertyNames": _IDENTIFIER,
            "additionalProperties": _parameter(),
        },
        "let": {
            "propertyNames": _IDENTIFIER,
            "additionalProperties": {"type": ["boolean", "number", "string", "array"]},
        },
        "claims": {
            "properties": {
                **claims,
                "inference": shown(
                    inference,
                    {"type": "object", "properties": claims, "additionalProperties": False},
                ),
            },
            "additionalProperties": False,
        },
    }


def block(scope: Scope) -> Schema:
    """A block whose body is in this scope."""
    values: dict[str, Schema] = {
        "params": _PARAMS_VALUE,
        "inputs": {"type": "array", "minItems": 1, "items": {**_TEXT, **_IDENTIFIER}},
        "let": _LET_VALUE,
        "init": OF_BODY,
        "layers": {"type": "array", **scope.lines()},
        "sequence": {"type": "array", **scope.chain()},
        "outputs": _outputs(of_block=True),
    }
    return {
        "description": "A block: an op of your own.",
        "type": "object",
        "properties": {key: shown(BLOCK[key], value) for key, value in values.items()},
        "additionalProperties": False,
        "anyOf": [{"required": ["layers"]}, {"required": ["sequence"]}],
        "dependencies": {"sequence": {"properties": {"layers": False}}},
    }


def _allow() -> Schema:
    codes = {"enum": [code.value for code in Code if code.value.startswith("AC9")]}
    return {
        "type": ["string", "array"],
        "minItems": 1,
        "items": codes,
        "if": {"type": "string"},
        "then": codes,
    }


def _cite() -> Schema:
    values: dict[str, Schema] = {
        "url": {**_TEXT, "pattern": "^https?://[^\\s<>\"'`]+$"},
        "deviations": {"type": "array", "items": _TEXT, "minItems": 1},
    }
    properties = {key: shown(text, values.get(key, _TEXT)) for key, text in CITE.items()}
    return {"minLength": 1, "properties": properties, "additionalProperties": False}


def _claim(name: str) -> Schema:
    whole: Schema = {"type": "integer", "minimum": 0}
    if name == "receptive_field":
        return {"type": ["integer", "object"], "minimum": 0, "additionalProperties": whole}
    if name == "shapes":
        shape = {"type": "array", "minItems": 1, "items": whole}
        return {"type": "object", "additionalProperties": shape}
    return _COUNT


def _parameter() -> Schema:
    """A type word, a default, a choice or a layer."""
    simple = ["boolean", "number", "string", "array"]
    choice: Schema = {
        "required": ["choice"],
        "properties": {
            "choice": shown(
                "The texts that it may be.", {"type": "array", "minItems": 1, "items": _TEXT}
            ),
            "default": shown("One of them; without it, required.", {"type": "string"}),
        },
        "additionalProperties": False,
    }
    layer: Schema = {
        "properties": {"layer": shown("An op or a block: the default.", PASSED_VALUE)},
        "additionalProperties": False,
    }
    return {
        "type": [*simple, "object"],
        "anyOf": [{"enum": list(TYPE_WORDS)}, {"type": [*simple, "object"]}],
        "if": {"type": "object"},
        "then": {"if": {"required": ["layer"]}, "then": layer, "else": choice},
    }


def _variants(declared: tuple[Parameter, ...], is_open: bool) -> Schema:
    own = {
        "extends": shown("Another variant to start from.", _TEXT),
        "title": shown(KEYS["title"], _TEXT),
        "cite": shown(KEYS["cite"], _CITE_VALUE),
        "expect": shown(KEYS["expect"], _CLAIMS_VALUE),
    }
    parameters = {each.name.text: _setting(each) for each in declared}
    variant: Schema = {
        "type": ["object", "null"],
        "properties": {**parameters, **own},
        "additionalProperties": is_open,
    }
    names: Schema = {"pattern": _NAME}
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": names,
        "additionalProperties": variant,
    }


def _setting(parameter: Parameter) -> Schema:
    """What a variant may set a parameter to: a value, no expression."""
    default = f" The file's own: {said(as_json(parameter.default))}." if parameter.default else ""
    description = f"{TYPES[parameter.type]}.{default}".replace("`", "")
    values = PASSED_VALUE if parameter.type == "layer" else of_parameter(parameter).constants()
    if parameter.default is None:
        return shown(description, values)
    return shown(description, values, default=as_json(parameter.default))


def _input() -> Schema:
    size: Schema = {"type": ["integer", "string"], "minimum": 1, "minLength": 1}
    shape: Schema = {
        "items": [{"type": "string", "description": "The batch."}],
        "additionalItems": size,
        "minItems": 2,
    }
    named = {"type": "array", **shape}
    return {
        "type": ["array", "object"],
        **shape,
        "minProperties": 1,
        "propertyNames": _IDENTIFIER,
        "additionalProperties": named,
    }


def _outputs(*, of_block: bool) -> Schema:
    properties: Schema = {"from": shown("The line that it shows, by path.", _TEXT)}
    if not of_block:
        flag: Schema = {"type": "boolean", "default": False}
        properties["training"] = shown("Whether only training computes it.", flag)
        weight: Schema = {"type": "number", "minimum": 0}
        properties["loss_weight"] = shown("Written down for whoever trains.", weight)
    entry: Schema = {
        "type": ["string", "object"],
        "minLength": 1,
        "properties": properties,
        "additionalProperties": False,
    }
    return {
        "type": ["array", "object"],
        "minItems": 1,
        "minProperties": 1,
        "items": _TEXT,
        "propertyNames": _IDENTIFIER,
        "additionalProperties": entry,
    }


def _blocks(scope: Scope, blocks: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "propertyNames": _IDENTIFIER,
        "properties": blocks,
        "additionalProperties": reference("a block"),
    }
