"""Laws on blocks: a call is its lines, lines may be a call, and a block may stand in a file."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from law_holding import Rewritten, Side, Spec
from law_trees import (
    Line,
    Lines,
    Place,
    changed,
    lines_in,
    mapping_of,
    substitution,
    texts_changed,
    word_of,
    words_in,
)
from law_values import without_own_let
from random_specs import spec_text

from archcompile.driver import load

if TYPE_CHECKING:
    from archcompile.ir.program import Region
    from archcompile.network import Network

SIZES = {2: ("features",), 3: ("channels", "length"), 4: ("channels", "height", "width")}


def inlined(before: Side, *, wrong: bool = False) -> Rewritten:
    """Calls in the network's own body, replaced by the lines of their blocks."""
    spec = dict(before.spec)
    blocks = spec.get("blocks", {})
    regions = {region.path: region for region in before.program.regions()}
    applied = {line["apply"] for line, _ in lines_in(spec) if "apply" in mapping_of(line)}
    found: Lines = []
    count = 0
    for line in spec["layers"]:
        word = word_of(line)
        made = None
        name = mapping_of(line).get("name")
        if word in blocks and isinstance(name, str) and name not in applied:
            region = regions.get(line["name"])
            block = without_own_let(blocks[word])
            made = None if region is None else _lines_of_call(line, block, region, wrong)
        count += made is not None
        found += [line] if made is None else made
    return Rewritten({**spec, "layers": found}, count, exact=True)


def named(spec: Spec) -> Spec:
    """A spec whose calls of blocks in the network's own body have names."""
    found = []
    for number, line in enumerate(spec["layers"]):
        is_call = word_of(line) in spec.get("blocks", ())
        held = mapping_of(line)
        if is_call and "name" not in held and "repeat" not in held:
            line = {"name": f"call{number}", **held}
        found.append(line)
    return {**spec, "layers": found}


def _lines_of_call(
    line: dict[str, Any], block: dict[str, Any], region: Region, wrong: bool
) -> Lines | None:
    """The lines of one call; ``None`` where they cannot be written in its place."""
    if {"init", "repeat"} & line.keys() or "outputs" in block:
        return None
    values = _values(line, block, region)
    if values is None:
        return None
    change = substitution(values)
    inputs = block.get("inputs", ["x"])
    sizes = _sizes(inputs, region)
    lines = [_sized(texts_changed(each, change), sizes) for each in block.get("layers", ())]
    chain = [_sized(texts_changed(each, change), sizes) for each in block.get("sequence", ())]
    if any(re.search(rf"(?<![\w.]){name}\.", str((lines, chain))) for name in inputs):
        return None
    if wrong:
        (lines or chain).append("tanh")
    kept = {key: line[key] for key in ("name", "when") if key in line}
    if chain:
        reads = {"from": line["from"]} if "from" in line else {}
        return [{**kept, **reads, "sequence": chain}]
    before: Lines = []
    sources = line.get("from")
    if sources is None:
        sources = f"seen_{line['name'].replace('.', '_')}"
        before.append({"name": sources, "identity": None})
    sources = sources if isinstance(sources, list) else [sources]
    if len(sources) != len(inputs) or words_in(sources) & words_in(lines):
        return None
    lines = [_reading(each, dict(zip(inputs, sources, strict=True))) for each in lines]
    held = {"body": lines, "skip": False}  # a body alone, under a name
    return [*before, {**kept, "from": sources[0], "residual": held}]


def _values(line: dict[str, Any], block: dict[str, Any], region: Region) -> dict[str, Any] | None:
    """What each parameter of a block stands for in a call."""
    given = line[word_of(line)] or {}
    constants = dict(region.arguments)
    found: dict[str, Any] = {}
    for name, declared in block.get("params", {}).items():
        is_layer = declared == "layer" or (isinstance(declared, dict) and "layer" in declared)
        if is_layer:
            held = given.get(name, declared["layer"] if isinstance(declared, dict) else None)
            if held == "none" or "in" in words_in(held) or words_in(held) & words_in(list(found)):
                return None
        else:
            held = constants[name]
        found[name] = list(held) if isinstance(held, tuple) else held
    return found


def _sizes(inputs: list[str], region: Region) -> dict[str, str]:
    """Sizes of a block's inputs by how its expressions say them, where they are numbers."""
    return {
        f"{name}.{side}": str(dim.constant)
        for name, value in zip(inputs, region.inputs, strict=True)
        for side, dim in zip(SIZES[value.type.rank], value.type.dims[1:], strict=True)
        if dim.constant is not None
    }


def _sized(tree: Any, sizes: dict[str, str]) -> Any:
    if isinstance(tree, str):
        made = tree
        for text, size in sizes.items():
            made = re.sub(rf"(?<![\w.]){re.escape(text)}\b", size, made)
        return int(made) if made != tree and made.isdigit() else made
    if isinstance(tree, list):
        return [_sized(each, sizes) for each in tree]
    if isinstance(tree, dict):
        return {key: _sized(each, sizes) for key, each in tree.items()}
    return tree


def _reading(tree: Any, names: dict[str, str]) -> Any:
    """Lines that read other names."""
    if isinstance(tree, list):
        return [_reading(each, names) for each in tree]
    if not isinstance(tree, dict):
        return tree
    found = {}
    for key, held in tree.items():
        if key == "from":
            many = isinstance(held, list)
            found[key] = [names.get(each, each) for each in held] if many else names.get(held, held)
        else:
            found[key] = _reading(held, names)
    return found


def outlined(before: Side, *, wrong: bool = False) -> Rewritten:
    """Runs of lines of the network's own body as calls of new blocks."""
    spec = dict(before.spec)
    lines = list(spec["layers"])
    blocks, count = dict(spec.get("blocks", {})), 0
    start = 0
    while start < len(lines):
        for stop in range(min(start + 4, len(lines) - 1), start + 1, -1):
            run, rest = lines[start:stop], [*lines[:start], *lines[stop:]]
            if start and _is_closed(run, rest, lines[start - 1], spec):
                name = f"outlined{count}"
                blocks[name] = {"layers": run[1:] if wrong else run}
                lines[start:stop] = [{"name": f"call_{name}", name: None}]
                count += 1
                break
        start += 1
    return Rewritten({**spec, "blocks": blocks, "layers": lines}, count, in_order=True)


def _is_closed(run: Lines, rest: Lines, last: Line, spec: Spec) -> bool:
    """Whether a run reads the line before it and nothing else, and only its end is read."""
    names = {name for line in run for name in _names(line)}
    reads = {name.split(".")[0] for line in run for name in _reads(line)}
    around = {*spec["params"], *spec.get("let", ()), *_inputs(spec)}
    shown = words_in([spec.get("outputs", []), spec.get("expect", {})])
    return (
        "from" not in mapping_of(run[0])
        and reads <= names
        and not words_in(run) & around
        and not names & (words_in(rest) | shown)
        and not any(name.rstrip("0") + "{" in str(rest) for name in names)  # read by a template
        and not any(has_several(line, spec) for line in (*run, last))
        and not any(key in word_of(line) for line in run for key in ("parameter", "constant"))
    )


def _inputs(spec: Spec) -> set[str]:
    return {"x"} if isinstance(spec["input"], list) else set(spec["input"])


def _names(line: Line) -> list[str]:
    name = mapping_of(line).get("name", [])
    return [name.split(".")[0]] if isinstance(name, str) else name


def _reads(tree: Any) -> list[str]:
    """Every name that lines read, those inside them too."""
    if isinstance(tree, list):
        return [name for each in tree for name in _reads(each)]
    if not isinstance(tree, dict):
        return []
    found = []
    for key, held in tree.items():
        if key in ("from", "apply"):
            found += held if isinstance(held, list) else [held]
        else:
            found += _reads(held)
    return found


def has_several(line: Line, spec: Spec) -> bool:
    """Whether a line may have several outputs."""
    several = {name for name, block in spec.get("blocks", {}).items() if "outputs" in block}
    return bool(words_in(line) & {"chunk", "apply", *several})


def in_a_file(before: Side, *, wrong: bool = False) -> Rewritten:
    """The blocks in a file of their own, which the spec uses."""
    spec = {key: held for key, held in before.spec.items() if key != "blocks"}
    blocks = before.spec.get("blocks", {})
    if wrong:
        blocks = {name: {**block, "layers": ["relu"]} for name, block in blocks.items()}
        blocks = {name: {k: b[k] for k in b if k != "sequence"} for name, b in blocks.items()}

    def read(_: Spec) -> Network:
        with TemporaryDirectory() as folder:
            place = Path(folder)
            (place / "parts").mkdir()
            library = spec_text({"archcompile": 1, "blocks": blocks})
            (place / "parts" / "blocks.yaml").write_text(library)
            (place / "net.yaml").write_text(spec_text(spec))
            return load(place / "net.yaml")

    spec = {"archcompile": 1, "name": spec["name"], "use": ["parts/blocks.yaml"], **spec}
    return Rewritten(spec, len(blocks), graph=True, read=read)


def with_identities_between(before: Side, rng: Random, *, wrong: bool = False) -> Rewritten:
    """An identity between two lines of any class body, in blocks, loops and structures too."""
    count = 0

    def change(lines: Lines, place: Place) -> Lines:
        nonlocal count
        if place.kind == "chain" or len(set(place.names)) < len(place.names):
            return lines
        found = lines[:1]
        for line in lines[1:]:
            if rng.random() < 0.5 and not has_several(found[-1], before.spec):
                suffix = "".join(f"_{name}{{{name}}}" for name in place.names)
                op = "tanh" if wrong else "identity"
                found.append({"name": f"same{count}{suffix}", op: None})
                count += 1
            found.append(line)
        return found

    return Rewritten(changed(before.spec, change), count)
