"""``init``: the distributions that weights start with, as JSON Schemas."""

from __future__ import annotations

from collections.abc import Iterable

from archcompile.frontend.document.initializers import PARAMETER
from archcompile.schema.values import Schema, shown

_EXPRESSION: Schema = {"type": ["number", "string"]}
_FANS: Schema = {
    "type": "string",
    "description": "Which count of connections the spread follows.",
    "anyOf": [{"enum": ["fan_in", "fan_out"]}, {"type": "string"}],
    "default": "fan_in",
}
_KAIMING: Schema = {
    "mode": _FANS,
    "nonlinearity": {
        "type": "string",
        "description": "The function behind the layer, as torch.nn.init calls it.",
        "default": "leaky_relu",
    },
    "a": {**_EXPRESSION, "description": "The slope of leaky_relu.", "default": 0},
}
_GAIN: Schema = {
    "gain": {**_EXPRESSION, "description": "What the spread is multiplied by.", "default": 1}
}


def _std(default: int = 1) -> Schema:
    return {**_EXPRESSION, "description": "The standard deviation.", "default": default}


DISTRIBUTIONS: dict[str, tuple[str, Schema]] = {
    "constant": ("One value.", {"value": {**_EXPRESSION, "description": "The value."}}),
    "normal": (
        "The normal distribution.",
        {"std": _std(), "mean": {**_EXPRESSION, "description": "The mean.", "default": 0}},
    ),
    "uniform": (
        "Uniform: `{uniform: b}` is from -b to b.",
        {
            "low": {**_EXPRESSION, "description": "The least value."},
            "high": {**_EXPRESSION, "description": "The greatest value."},
        },
    ),
    "truncated_normal": ("Normal, cut at 2.", {"std": _std()}),
    "kaiming_normal": ("torch.nn.init.kaiming_normal_.", _KAIMING),
    "kaiming_uniform": ("torch.nn.init.kaiming_uniform_.", _KAIMING),
    "xavier_normal": ("torch.nn.init.xavier_normal_.", _GAIN),
    "xavier_uniform": ("torch.nn.init.xavier_uniform_.", _GAIN),
}
"""Each with what it is and its arguments."""


DISTRIBUTION: Schema = {
    "type": ["object", "number", "string"],
    "$ref": "#/definitions/distribution",
}
"""How one weight starts."""
OF_LAYER: Schema = {"type": "object", "$ref": "#/definitions/init of a layer"}
"""``init`` beside an op."""
OF_BODY: Schema = {"type": "object", "$ref": "#/definitions/init of a body"}
"""``init`` of a file or block, where it may be by op."""


def definitions(ops: Iterable[str]) -> dict[str, Schema]:
    """What the references above lead to."""
    distribution: Schema = {
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {name: _arguments(*each) for name, each in DISTRIBUTIONS.items()},
        "additionalProperties": False,
    }
    weights = {
        name: shown(f"How the {name} starts: a number, or a distribution.", DISTRIBUTION)
        for name in ("weight", "bias")
    }
    other = shown("How this weight starts: a number, or a distribution.", DISTRIBUTION)
    of_weights: Schema = {**weights, **dict.fromkeys(DISTRIBUTIONS, False)}
    by_op = {op: shown(f"The weights of every `{op}`.", OF_LAYER) for op in ops}
    by_op[PARAMETER] = shown("Every bare parameter.", DISTRIBUTION)
    return {
        "distribution": distribution,
        "init of a layer": {
            "minProperties": 1,
            "properties": of_weights,
            "additionalProperties": other,
        },
        "init of a body": {"properties": {**of_weights, **by_op}, "additionalProperties": other},
    }


def _arguments(title: str, arguments: Schema) -> Schema:
    """The first argument may stand alone."""
    values: Schema = {
        "type": ["number", "string", "object", "null"],
        "properties": arguments,
        "additionalProperties": False,
    }
    return shown(title, values)
