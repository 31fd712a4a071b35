"""Laws on what a spec says by other values: variants, ``let``, ``when``, defaults of arguments."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

from law_flat import plain
from law_holding import Rewritten, Side, Spec
from law_trees import (
    ROUND,
    Line,
    Lines,
    Place,
    Written,
    changed,
    mapping_of,
    ops,
    substitution,
    texts_changed,
    values_changed,
    word_of,
)

from archcompile.ir.dim import Dim
from archcompile.ops import all_ops

PLAIN = frozenset(("relu", "gelu", "hardswish", "sigmoid", "identity", "elu", "dropout", "silu"))
"""Ops without weights: a later line's key does not depend on how many there were."""


def variants_of(spec: Spec) -> dict[str, dict[str, Any]]:
    """The values that each variant sets, those that it starts from among them."""
    held = spec.get("variants", {})
    found: dict[str, dict[str, Any]] = {}
    for name, own in held.items():
        base = found[own["extends"]] if "extends" in own else {}
        found[name] = {**base, **{key: each for key, each in own.items() if key != "extends"}}
    return found


def single(spec: Spec, variant: str) -> Spec:
    """One network of a family as a file of its own: its parameters written in."""
    made = {key: held for key, held in spec.items() if key != "variants"}
    values = variants_of(spec).get(variant, {})
    params = {key: _with_default(held, values.get(key)) for key, held in spec["params"].items()}
    return {**made, "name": variant, "params": params}


def _with_default(declared: Any, value: Any) -> Any:
    if value is None:
        return declared
    if isinstance(declared, dict) and "choice" in declared:
        return {**declared, "default": value}
    return {"layer": value} if isinstance(declared, dict) else value


def without_let(before: Side, *, wrong: bool = False) -> Rewritten:
    """What ``let`` derives, written where it is used: in the file and in blocks."""
    spec, count = dict(before.spec), 0
    if "let" in spec:
        values = _derived(spec.pop("let"), wrong)
        change = substitution(values)
        for key in ("input", "init", "outputs", "expect"):
            if key in spec:
                spec[key] = values_changed(spec[key], change)
        spec["layers"] = [texts_changed(line, change) for line in spec["layers"]]
        count += 1
    if "blocks" in spec:
        blocks = {}
        for name, block in spec["blocks"].items():
            blocks[name] = without_own_let(block)
            count += "let" in block
        spec["blocks"] = blocks
    return Rewritten(spec, count, graph=True)


def without_own_let(block: dict[str, Any]) -> dict[str, Any]:
    """A block without ``let``."""
    if "let" not in block:
        return block
    found = {key: held for key, held in block.items() if key != "let"}
    change = substitution(_derived(block["let"], False))
    for key in ("layers", "sequence"):
        if key in found:
            found[key] = [texts_changed(line, change) for line in found[key]]
    if "init" in found:
        found["init"] = values_changed(found["init"], change)
    return found


def _derived(let: dict[str, Any], wrong: bool) -> dict[str, Any]:
    """The names of ``let`` as expressions of parameters and inputs alone."""
    values: dict[str, Any] = {}
    for name, held in let.items():
        made = values_changed(held, substitution(values))
        made = Written(made) if isinstance(made, str) else made
        values[name] = made * 2 if wrong and isinstance(made, int) else made
    return values


@dataclass
class Known:
    """What of a spec's expressions can be worked out without the compiler: in Python."""

    values: dict[str, Any]

    def of(self, held: Any) -> Any:
        """A value, or ``None`` for one that depends on more."""
        if not isinstance(held, str):
            return held
        try:
            return eval(held, {"__builtins__": {}}, self.values)
        except (NameError, SyntaxError, AttributeError, TypeError):
            return None


class _Sizes:
    """An input in an expression: its sizes, as far as they are numbers."""

    def __init__(self, dims: tuple[Dim, ...]) -> None:
        names = {2: ("features",), 3: ("channels", "length"), 4: ("channels", "height", "width")}
        for name, dim in zip(names[len(dims)], dims[1:], strict=True):
            if dim.constant is not None:
                setattr(self, name, dim.constant)


def known(before: Side) -> Known:
    """What lines of the file may name."""
    values: dict[str, Any] = {"true": True, "false": False, "range": lambda *n: list(range(*n))}
    values |= {"min": min, "max": max, "len": len, "sum": sum}
    for name, held in before.spec["params"].items():
        if isinstance(held, dict) and "choice" in held:
            values[name] = held["default"]
        elif not isinstance(held, dict):
            values[name] = held
    for value in before.program.inputs:
        values[value.name] = _Sizes(value.type.dims)
    return Known(values)


def nothing_known() -> Known:
    """What lines of a block may name without its parameters: nothing but numbers."""
    return Known({"true": True, "false": False, "range": lambda *n: list(range(*n))})


def with_whens_decided(before: Side, *, wrong: bool = False) -> Rewritten:
    """Lines whose condition holds without it, and an identity or nothing for the others."""
    of_file, of_block, count = known(before), nothing_known(), 0
    gone: set[str] = set()

    def change(lines: Lines, place: Place) -> Lines:
        nonlocal count
        names = Counter(str(line["name"]) for line in lines if "name" in mapping_of(line))
        found: Lines = []
        for line in lines:
            said = line.get("when") if isinstance(line, dict) else None
            is_loop = isinstance(line, dict) and ("repeat" in line or "for" in line)
            facts = of_block if place.block else of_file
            holds = None if said is None or is_loop else facts.of(said)
            if wrong and holds is not None:
                holds = not holds
            made = [line] if holds is None else _decided(line, holds, place, names)
            if holds is False and made != [line] and "name" in line and names[line["name"]] == 1:
                gone.add(line["name"])
            count += made != [line]
            found += made
        return found or lines

    spec = changed(before.spec, change)
    if isinstance(spec.get("outputs"), dict):  # an output whose layer is absent is absent too
        spec["outputs"] = {
            key: held
            for key, held in spec["outputs"].items()
            if not (isinstance(held, str) and gone.intersection((held, *held.split("."))))
        }
    return Rewritten(spec, count)


def _decided(line: dict[str, Any], holds: bool, place: Place, names: Counter[Any]) -> Lines:
    """What stands for a line whose condition is decided."""
    if holds:
        return [{key: held for key, held in line.items() if key != "when"}]
    name = line.get("name")
    if place.kind == "chain" or (isinstance(name, str) and names[name] > 1):
        return []
    if isinstance(name, str) and not isinstance(line.get("from"), list):
        kept = {key: line[key] for key in ("name", "from") if key in line}
        return [{**kept, "identity": None}]
    return [] if word_of(line) in PLAIN and "from" not in line else [line]


def with_defaults(before: Side, *, wrong: bool = False) -> Rewritten:
    """Every argument of every op, written by name."""
    count = 0

    def change(lines: Lines, place: Place) -> Lines:
        nonlocal count
        found = []
        for line in lines:
            made = _written_out(line, wrong)
            count += made != line
            found.append(made)
        return found

    return Rewritten(changed(before.spec, change), count, graph=True, text=True)


def _written_out(line: Line, wrong: bool) -> Line:
    word, held = word_of(line), mapping_of(line)
    if word not in ops():
        return line
    fields = _fields(word)
    given = _by_name(word, held[word])
    defaults = {key: each for key, each in fields.items() if key not in given and each != ()}
    if wrong:
        defaults |= {key: 0.25 for key in defaults if key in ("eps", "p", "alpha")}
    made = {**given, **defaults}
    return {**{key: each for key, each in held.items() if key in ROUND}, word: made or None}


@cache
def _fields(word: str) -> dict[str, Any]:
    """An op's arguments and their defaults; ``()`` for one that is required."""
    op = all_ops()[word]
    return {
        name: () if about.is_required() else plain(about.get_default(call_default_factory=True))
        for name, about in op.model_fields.items()
        if (word, name) != ("chunk", "index")
    }


def _by_name(word: str, held: Any) -> dict[str, Any]:
    """An op's arguments by name, however they are said."""
    op = all_ops()[word]
    order = list(op.model_fields)
    if held is None:
        return {}
    if isinstance(held, dict):
        return held
    if not isinstance(held, list):
        return {order[0]: held}
    named = held[-1] if held and isinstance(held[-1], dict) else {}
    places = held[:-1] if named else held
    if places and len(order) > 1 and not op.takes_list:
        return {**dict(zip(order, places, strict=False)), **named}
    if isinstance(places[0], list) and (op.takes_list or isinstance(places[0][0], list)):
        return {**dict(zip(order, places, strict=False)), **named}
    return {order[0]: places, **named}
