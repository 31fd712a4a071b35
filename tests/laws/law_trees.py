"""Specs as trees: every body with its lines, every text that is an expression, words in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from archcompile.ops import all_ops

Line = Any
Lines = list[Any]
ROUND = ("name", "from", "when", "init", "repeat", "for", "rows")
"""Keys of a line that stand around what it is."""
BODIES = ("sequence", "layers", "residual", "branches", "gpu_groups", "apply")

OWN_WORDS = ("same", "valid", "zeros", "nearest", "constant", "replicate", "tanh")
"""Words of slots: alone they are themselves, whatever else is called so."""


@dataclass(frozen=True)
class Place:
    """Where a body stands."""

    kind: str = "class"
    """``class`` or ``chain``, as the language has it."""
    loops: int = 0
    """Loops around it."""
    names: tuple[str, ...] = ()
    """Variables of the loops around it."""
    block: str | None = None
    """The block that it is part of."""
    is_split: bool = False
    """Whether several GPUs share it."""


Change = Callable[[Lines, Place], Lines]
Text = Callable[[str], Any]


def mapping_of(line: Line) -> dict[str, Any]:
    """``relu`` alone is ``relu`` without arguments."""
    return {line: None} if isinstance(line, str) else line


def word_of(line: Line) -> str:
    """The op key of a line."""
    keys = [key for key in mapping_of(line) if key not in ROUND and key != "join"]
    return keys[0] if keys else "repeat"


def changed(spec: dict[str, Any], change: Change) -> dict[str, Any]:
    """The spec with every body changed, inner ones first."""
    made = dict(spec)
    if "blocks" in spec:
        made["blocks"] = {name: _block(name, held, change) for name, held in spec["blocks"].items()}
    made["layers"] = body(spec["layers"], Place(), change)
    return made


def _block(name: str, block: dict[str, Any], change: Change) -> dict[str, Any]:
    key = "sequence" if "sequence" in block else "layers"
    place = Place("chain" if key == "sequence" else "class", block=name)
    return {**block, key: body(block[key], place, change)}


def body(lines: Lines, place: Place, change: Change) -> Lines:
    """The lines of one body, changed inside and then as a whole."""
    return change([_inside(line, place, change) for line in lines], place)


def _inside(line: Line, place: Place, change: Change) -> Line:
    """A line with the bodies in it changed."""
    if not isinstance(line, dict):
        return line
    inner = place
    if "repeat" in line or "for" in line:
        names = ("index",) if "repeat" in line else tuple(line["for"])
        inner = replace(place, loops=place.loops + 1, names=(*place.names, *names))
    chain, structure = replace(inner, kind="chain"), replace(inner, kind="class")
    found = dict(line)
    if "sequence" in line:
        found["sequence"] = body(line["sequence"], chain, change)
    if "layers" in line and ("repeat" in line or "for" in line):
        kind = "chain" if "name" in line else place.kind
        found["layers"] = body(line["layers"], replace(inner, kind=kind), change)
    if isinstance(line.get("gpu_groups"), dict):
        held = line["gpu_groups"]
        split = replace(structure, is_split=True)
        found["gpu_groups"] = {**held, "layers": body(held["layers"], split, change)}
    if isinstance(line.get("branches"), dict):
        found["branches"] = {
            key: _either(held, chain, structure, change) for key, held in line["branches"].items()
        }
    elif isinstance(line.get("branches"), list):
        found["branches"] = [_either(e, structure, structure, change) for e in line["branches"]]
    if "residual" in line:
        found["residual"] = _residual(line["residual"], chain, structure, change)
    return found


def _residual(held: Any, chain: Place, structure: Place, change: Change) -> Any:
    if isinstance(held, list):
        return body(held, structure, change)
    made = {**held, "body": _either(held["body"], structure, structure, change)}
    if "shortcut" in held:
        made["shortcut"] = _either(held["shortcut"], chain, structure, change)
    return made


def _either(held: Any, several: Place, one: Place, change: Change) -> Any:
    """A list of lines, or one line."""
    return body(held, several, change) if isinstance(held, list) else _inside(held, one, change)


# texts


@cache
def ops() -> frozenset[str]:
    """The keys of all ops."""
    return frozenset(all_ops())


def texts_changed(line: Line, change: Text) -> Line:
    """A line with every expression in it changed; templates of names, and bare words, too."""
    if isinstance(line, str):
        return change(line) if line not in ops() and line != "exchange" else line
    if not isinstance(line, dict):
        return line
    return dict(_entry(key, held, change) for key, held in line.items())


def _entry(key: str, held: Any, change: Text) -> tuple[str, Any]:
    """What stands under one key of a line."""
    if key in ("name", "apply", "from"):
        return key, templates_changed(held, change)
    if key in ("sequence", "layers"):
        return key, [texts_changed(each, change) for each in held]
    if key in ("residual", "gpu_groups"):
        return key, _structure(held, change)
    if key == "branches":
        return key, _branches(held, change)
    if key == "join":
        return key, texts_changed(held, change)
    if key == "for" and isinstance(held, list):
        return key, held
    word = key if key in ROUND or key in ops() or key in BODIES else change(key)
    if isinstance(word, str):
        return word, values_changed(held, change)
    ((word, own),) = word.items()  # an op with arguments in the place of a layer parameter
    return word, values_changed(held or own, change)


def _structure(held: Any, change: Text) -> Any:
    if isinstance(held, list):
        return [texts_changed(each, change) for each in held]
    found = {}
    for key, inner in held.items():
        if key in ("body", "shortcut", "layers"):
            is_list = isinstance(inner, list)
            found[key] = _structure(inner, change) if is_list else texts_changed(inner, change)
        elif key == "join":
            found[key] = texts_changed(inner, change)
        else:
            found[key] = values_changed(inner, change)
    return found


def _branches(held: Any, change: Text) -> Any:
    if isinstance(held, dict):
        return {templates_changed(key, change): _one(each, change) for key, each in held.items()}
    return [_one(each, change) for each in held]


def _one(held: Any, change: Text) -> Any:
    return _structure(held, change) if isinstance(held, list) else texts_changed(held, change)


def values_changed(held: Any, change: Text) -> Any:
    """Arguments with every text in them changed."""
    if isinstance(held, str):
        return change(held)
    if isinstance(held, list):
        return [values_changed(each, change) for each in held]
    if isinstance(held, dict):
        return {key: values_changed(each, change) for key, each in held.items()}
    return held


def templates_changed(held: Any, change: Text) -> Any:
    """Names with what stands in braces changed."""
    if isinstance(held, list):
        return [templates_changed(each, change) for each in held]
    return re.sub(r"\{(.*?)\}", lambda match: f"{{{change(match[1])}}}", held)


class Written(str):
    """An expression, as it is written; another text is a value."""


def substitution(values: Mapping[str, Any]) -> Text:
    """Names replaced by values in an expression; a name that is the whole text, by the value."""
    words = "|".join(map(re.escape, values))
    pattern = re.compile(rf"(?<![\w.'])(?:{words})(?![\w'(])")

    def change(text: str) -> Any:
        if text in OWN_WORDS:
            return text
        if text in values:
            return values[text]
        return pattern.sub(lambda match: literal(values[match[0]]), text) if values else text

    return change


def literal(value: Any) -> str:
    """A value as it stands in an expression."""
    if isinstance(value, Written):
        return f"({value})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return f"({value})" if isinstance(value, int | float) else f"'{value}'"


def lines_in(spec: dict[str, Any]) -> Iterator[tuple[Line, Place]]:
    """Every line of every body."""
    found: list[tuple[Line, Place]] = []

    def see(lines: Lines, place: Place) -> Lines:
        found.extend((line, place) for line in lines)
        return lines

    changed(spec, see)
    return iter(found)


def words_in(tree: Any) -> set[str]:
    """Every word of every text in a tree, keys too."""
    if isinstance(tree, str):
        return set(re.findall(r"[A-Za-z_]\w*", tree))
    if isinstance(tree, dict):
        return set().union(*(words_in(each) for item in tree.items() for each in item))
    if isinstance(tree, list):
        return set().union(*map(words_in, tree))
    return set()
