"""Layers as Python writes them, ``nn.Conv2d(3, 64, 3)``, told in YAML: ``conv2d: [64, 3]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from archcompile.frontend.document.layer_text import call_text
from archcompile.frontend.foreign import arguments as foreign_arguments
from archcompile.frontend.foreign import ops as foreign_ops
from archcompile.ops import all_ops

_CALL = re.compile(
    r"(?:(?:self\.)?(?P<name>[A-Za-z_]\w*)\s*=\s*)?"
    r"(?:[A-Za-z_]\w*\.)*(?P<word>[A-Za-z_]\w*)\s*\((?P<inside>.*)\)\s*,?"
)
_KEYWORD = re.compile(r"(?P<key>[A-Za-z_]\w*)\s*=\s*(?P<value>[^=].*)")
_INFERRED = {"in_channels": 0, "in_features": 0, "num_features": 0, "num_channels": 1}
"""What torch is told and a spec is not, and its place among the positions."""
_DROPPED = frozenset((*_INFERRED, "inplace", "input_shape"))
_WORDS = {"None": "none", "True": "true", "False": "false"}
_VALUES = frozenset(("x", "y", "h", "out", "input", "inputs"))
"""What functions of ``torch`` and ``F`` are called with: the layer before."""
_LONGEST = 300
"""Longer texts are no layer that anyone wrote by hand."""


@dataclass(frozen=True, slots=True)
class PythonCall:
    """What is written as a call: the word, and its YAML where that is sure (``""`` if not)."""

    word: str
    name: str | None
    yaml: str


def python_call(text: str) -> PythonCall | None:
    """The call that a text is; ``None`` if it is none."""
    found = _CALL.fullmatch(text) if len(text) <= _LONGEST else None
    parts = None if found is None else split(found["inside"])
    if found is None or parts is None:
        return None
    word = found["word"]
    if word.casefold() == "sequential":
        return PythonCall(word, found["name"], _sequence(parts))
    key = op_of_word(word)
    if key is None:
        return PythonCall(word, found["name"], "")
    of_torch = word != key and not word.endswith(("1D", "2D"))
    written = _arguments(key, parts, of_torch=of_torch)
    return PythonCall(word, found["name"], "" if written is None else call_text(key, written))


def _sequence(parts: tuple[str, ...]) -> str:
    calls = [python_call(part) for part in parts]
    lines = [call.yaml for call in calls if call is not None and call.name is None and call.yaml]
    return f"sequence: [{', '.join(lines)}]" if parts and len(lines) == len(parts) else ""


def split(inside: str) -> tuple[str, ...] | None:
    """The parts between the commas that no bracket holds; ``None`` if brackets do not match."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(inside):
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            return None
        if character == "," and depth == 0:
            parts.append(inside[start:index].strip())
            start = index + 1
    last = inside[start:].strip()
    return (*parts, *((last,) if last else ())) if depth == 0 else None


def arguments_in_yaml(written: str) -> str | None:
    """``64, 3, padding=1`` as a list of arguments; ``None`` if it is no such text."""
    parts = split(written) if len(written) <= _LONGEST else None
    if parts is not None and len(parts) == 1 and written[:1] == "(" and written[-1:] == ")":
        parts = split(written[1:-1])
    if parts is None or (len(parts) < 2 and argument_in_yaml(written) is None):
        return None
    return f"[{', '.join(argument_in_yaml(part) or value_in_yaml(part) for part in parts)}]"


def argument_in_yaml(written: str) -> str | None:
    """``padding=1`` as ``padding: 1``; ``None`` if it is something else."""
    found = _KEYWORD.fullmatch(written) if len(written) <= _LONGEST else None
    return None if found is None else f"{found['key']}: {value_in_yaml(found['value'])}"


def value_in_yaml(written: str) -> str:
    """A value of Python's as it stands in flow style: tuples are lists."""
    if written in _WORDS:
        return _WORDS[written]
    if len(written) > 1 and written[0] == written[-1] and written[0] in "'\"":
        return written[1:-1] if written[1:-1].isidentifier() else written
    if written[:1] in ("(", "[") and written[-1:] in (")", "]"):
        parts = split(written[1:-1])
        if parts is not None and (written[0] == "[" or len(parts) > 1 or "," in written):
            return f"[{', '.join(map(value_in_yaml, parts))}]"
    return f'"{written}"' if re.search("[,(){}]", written) else written


def _arguments(key: str, parts: tuple[str, ...], *, of_torch: bool) -> str | None:
    """An op's arguments in flow style, or ``None`` where they are not this op's."""
    known = tuple(all_ops()[key].model_fields)
    matches = [_KEYWORD.fullmatch(part) for part in parts]
    keywords = {
        foreign_arguments.meant(each["key"], known) or each["key"]: value_in_yaml(each["value"])
        for each in matches
        if each is not None and each["key"] not in _DROPPED
    }
    positions = [part for part, match in zip(parts, matches, strict=True) if match is None]
    positions = positions[1:] if positions[:1] and positions[0] in _VALUES else positions
    if of_torch:
        positions = _own(key, positions, keywords)
    if len(positions) > len(known) or not keywords.keys() <= set(known[len(positions) :]):
        return None
    values = [value_in_yaml(part) for part in positions]
    if len(values) == 1 == len(known):
        return values[0]
    if not values and not keywords:
        return {"adaptive_avg_pool2d": "1", "mean": "[2, 3]"}.get(key, "")
    named = [f"{name}: {value}" for name, value in keywords.items()]
    if not values:
        return f"{{{', '.join(named)}}}"
    alone = len(values) == 1 and not named and not values[0].startswith("[")
    return values[0] if alone else f"[{', '.join((*values, *named))}]"


def _own(key: str, positions: list[str], keywords: dict[str, str]) -> list[str]:
    """The positions without what torch is told of the input, where that is told."""
    if key.startswith("conv"):
        told = len(positions) + ("kernel_size" in keywords) > 2 or "out_channels" in keywords
        return positions[1:] if told else positions
    if key == "linear":
        told = len(positions) > 1 or "out_features" in keywords
        return positions[1:] if told else positions
    if key.startswith("batch_norm"):
        return positions[1:]
    return [*positions[:1], *positions[2:]] if key == "group_norm" else positions


@lru_cache(maxsize=1024)
def op_of_word(word: str) -> str | None:
    """The op that a class of torch.nn or Keras is, or an op's own word; ``None`` if none is."""
    bare = word.rpartition(".")[2]
    spelt = {foreign_ops.folded(key): key for key in all_ops()}
    meant = spelt.get(foreign_ops.folded(bare)) or foreign_ops.meant(bare) or ""
    key = meant.partition(":")[0]  # some of theirs are structures here, as a shortcut is
    return key if key in all_ops() else None
