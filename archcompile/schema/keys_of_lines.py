"""The keys of a line that are no ops: what stands beside one, and what stands for one."""

from __future__ import annotations

from archcompile.schema.values import Schema

NAMES: Schema = {
    "type": ["string", "array"],
    "minLength": 1,
    "items": {"type": "string"},
    "minItems": 1,
}
CONDITION: Schema = {"type": ["string", "boolean"], "minLength": 1}
_LIST: Schema = {"type": ["array", "string"], "minLength": 1}

BESIDE: dict[str, tuple[str, Schema]] = {
    "name": (
        "The line's name, a part of its weights' keys; a template has expressions in braces. "
        "A list names the outputs of an op that has several.",
        NAMES,
    ),
    "from": ("The line, or the lines, that this one reads; without it, the line before.", NAMES),
    "when": ("A condition: where it is false the line is not there.", CONDITION),
    "repeat": (
        "The number of copies, one behind the other; in them `index` counts from 0.",
        {"type": ["string", "integer"], "minimum": 0, "minLength": 1},
    ),
    "for": (
        "Variables that run in step over columns (`{width: [64, 128]}`, `{i: range(3)}`), or the "
        "names of the columns of `rows`.",
        {
            "type": ["object", "array"],
            "minProperties": 1,
            "additionalProperties": _LIST,
            "items": {"type": "string"},
            "minItems": 1,
        },
    ),
    "rows": ("A table: what the variables of `for` are in each round.", _LIST),
    "join": ("How the branches' ends become one: `concat` unless it says otherwise.", {}),
    "init": ("How this layer's weights start, where not as in torch.", {}),
}
"""What may stand beside an op or a structure: what each says, and its values."""

ALWAYS = ("name", "from", "when", "repeat")
"""Beside whatever a line is."""

BODIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "sequence": ("An nn.Sequential: each line reads the one before.", ALWAYS),
    "layers": ("What a `for` or `repeat` builds in each round.", (*ALWAYS, "for", "rows")),
    "branches": (
        "Several ways from one value, by key or as a list; `join` says how they meet.",
        (*ALWAYS, "join"),
    ),
    "residual": ("A body and a way around it; a list is a body with the identity.", ALWAYS),
    "gpu_groups": ("Layers that several GPUs share.", ALWAYS),
    "apply": ("A layer above once more, with the same weights.", ALWAYS),
}
"""What a line may be instead of an op, and the keys beside it."""

OF_CHAINS = ("sequence", "layers")
"""Those that a chain may hold."""
NOT_IN_CHAINS = ("from", "join")
"""What has no place beside a line of a chain."""

RESIDUAL: dict[str, str] = {
    "body": "What is gone around: lines of the body around.",
    "shortcut": "The way around; a list is a chain. Without it, the identity.",
    "skip": "A condition; where it is false there is the body alone.",
    "join": "What joins the two, the shortcut first: `add` unless it says otherwise.",
}
GPU_GROUPS: dict[str, str] = {"count": "The number of GPUs.", "layers": "What they share."}

LAYER = "The layer that this parameter holds, with arguments to add."
EXCHANGED = "Between GPU groups: makes a split tensor whole."
