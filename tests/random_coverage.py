"""What random specs use of the language, counted: ops, arguments in every form, structures.

``python tests/random_coverage.py 0 2000`` draws specs and prints what they hit and what they did
not. Ops, arguments, keys, distributions and functions are the package's own lists, so that what is
new shows as not hit.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any

from random_arguments import EXPRESSION, bound, every_form, form_of, forms
from random_expressions import every_word, words_of
from random_unreachable import UNREACHABLE

from archcompile.ops import all_ops
from archcompile.schema.document import BLOCK, CITE, CLAIMS, KEYS, TYPE_WORDS
from archcompile.schema.keys_of_lines import BESIDE, BODIES, GPU_GROUPS, RESIDUAL
from archcompile.schema.starts import DISTRIBUTIONS

JOINS = ("concat", "add", "mul", "sub")
STRUCTURES = ("residual", "branches", "gpu_groups", "repeat", "for")
WITHIN = (*STRUCTURES, "sequence", "call of a block")
IN_CHAINS = ("repeat", "for", "sequence", "call of a block")
FORMS = """
    a layer: a word alone, one value, positions, positions and names, names, nothing
    name: a path, a template, several outputs, in a chain
    from: one, several, the same twice, a template, a path, the input
    when: beside an op, beside a structure, beside a loop, an expression, true or false
    sequence: in a class body, in a chain, named
    repeat: beside a line, with layers, named, in a chain, no round, an expression
    for: columns, rows, range, a list's name, several variables, named, in a chain, no round
    branches: by key, listed, named, one line, a chain, the identity, a structure in one
    join: unsaid, a block, named, with arguments
    residual: a list, the long form, named, a shortcut of one line, a shortcut's chain
    residual: a shortcut that reads the body, a shortcut with when, one line as body
    gpu_groups: 2 of them, 3 or more, named
    apply: an op, a block, a sequence, a loop
    input: one without a name, one with a name, several, a vector, a sequence, a map
    input: an open size, a multiple of an open size, a parameter, an expression
    outputs: unsaid, a list, a mapping, a path, one for training, several
    block: a chain, several inputs, another input, several outputs, a mapping of outputs
    block: calls a block, without parameters, a call that repeats it with several outputs
    block: an output read by its path, its outputs read by the next line
    params: a choice, a choice without default, a list, a text, a number, a flag, an integer
    params: a layer, a layer with arguments, a layer that is a block, a layer handed over, none
    init: of a file by op, of a file by weight, of a block, of a layer, a bare parameter's
    init: a number, one value alone, by argument
    variants: one that extends another, an extended one's values changed, a layer changed
"""
"""The ways in which each construct stands, by construct."""


def every_construct() -> Iterator[str]:
    """The name of every construct that a spec may use, ops and arguments apart."""
    for owner, keys in (
        ("file", KEYS),
        ("a block's", BLOCK),
        ("beside a line", BESIDE),
        ("a line", BODIES),
        ("residual's", RESIDUAL),
        ("gpu_groups'", GPU_GROUPS),
        ("cite's", CITE),
        ("expect's", CLAIMS),
        ("required parameter", TYPE_WORDS),
    ):
        yield from (f"{owner}: {key}" for key in keys)
    yield "a line: exchange"
    for name, (_, arguments) in DISTRIBUTIONS.items():
        yield f"init: {name}"
        yield from (f"init: {name}.{each}" for each in arguments)
    yield from (f"join: {name}" for name in JOINS)
    yield from (f"{inner} in {outer}" for outer, inner in product(STRUCTURES, WITHIN))
    yield from (f"{inner} in sequence" for inner in IN_CHAINS)
    yield "a call of a block"
    yield from every_word()
    for line in FORMS.strip().splitlines():
        owner, _, ways = line.strip().partition(": ")
        yield from (f"{owner}: {way}" for way in ways.split(", "))


def everything() -> dict[str, None]:
    """All that can be hit, in order."""
    return dict.fromkeys((*every_form(), *every_construct()))


def used(spec: dict[str, Any]) -> Counter[str]:
    """What a spec uses."""
    walk = Walk(spec)
    walk.file()
    return walk.hits


class Walk:
    """Goes through a spec's tree, and counts."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.blocks: dict[str, Any] = spec.get("blocks", {})
        self.hits: Counter[str] = Counter()
        self.kinds: dict[str, str] = {}
        """What each name of the body at hand is: for ``apply``, and for outputs that are read."""

    def hit(self, *items: str) -> None:
        self.hits.update(items)

    def file(self) -> None:
        """The whole file."""
        spec = self.spec
        self.hit(*(f"file: {key}" for key in spec))
        cite, expect = spec.get("cite"), spec.get("expect", {})
        self.hit(*(f"cite's: {key}" for key in cite or () if isinstance(cite, dict)))
        self.hit(*(f"expect's: {key}" for key in expect))
        self.parameters(spec.get("params", {}))
        for held in spec.get("let", {}).values():
            self.expression(held)
        self.starts(spec.get("init", {}), "of a file")
        self.inputs(spec["input"])
        for block in self.blocks.values():
            self.block(block)
        self.kinds = {}
        self.body(spec["layers"])
        self.outputs(spec.get("outputs"))
        self.variants(spec.get("variants", {}))

    def parameters(self, declared: dict[str, Any]) -> None:
        """Those that a file or a block declares."""
        for held in declared.values():
            if isinstance(held, dict) and "choice" in held:
                way = "a choice" if "default" in held else "a choice without default"
                self.hit(f"params: {way}")
            elif isinstance(held, dict):
                self.hit("params: a layer")
                self.passed(held["layer"])
            elif held in TYPE_WORDS and isinstance(held, str):
                self.hit(f"required parameter: {held}")
            else:
                words = {bool: "a flag", int: "an integer", list: "a list", str: "a text"}
                self.hit(f"params: {words.get(type(held), 'a number')}")

    def passed(self, held: Any) -> None:
        """A layer that is a parameter's value."""
        if isinstance(held, dict):
            self.hit("params: a layer with arguments")
        if held == "none":
            self.hit("params: none")
            return
        ((op, given),) = held.items() if isinstance(held, dict) else ((held, None),)
        if op in self.blocks:
            self.hit("params: a layer that is a block")
        self.call(op, given)

    def expression(self, held: Any) -> None:
        """An expression, or what holds some."""
        if isinstance(held, dict | list):
            for each in held.values() if isinstance(held, dict) else held:
                self.expression(each)
        elif isinstance(held, str):
            self.hit(*words_of(held))

    def inputs(self, held: Any) -> None:
        """The file's inputs."""
        if isinstance(held, list):
            self.hit("input: one without a name")
        else:
            self.hit("input: several" if len(held) > 1 else "input: one with a name")
        for shape in [held] if isinstance(held, list) else held.values():
            self.hit(f"input: {('a vector', 'a sequence', 'a map')[len(shape) - 2]}")
            for size in (each for each in shape[1:] if isinstance(each, str)):
                is_open = any(letter in size.split() for letter in "HWT")
                ways = ("an open size", "a multiple of an open size")
                others = ("a parameter", "an expression")
                self.hit(f"input: {(ways if is_open else others)[not size.isidentifier()]}")
                self.expression(size)

    def block(self, block: dict[str, Any]) -> None:
        """One block's definition."""
        self.kinds = {}
        self.hit(*(f"a block's: {key}" for key in block))
        self.parameters(block.get("params", {}))
        if "params" not in block:
            self.hit("block: without parameters")
        for held in block.get("let", {}).values():
            self.expression(held)
        self.starts(block.get("init", {}), "of a block")
        inputs = block.get("inputs", ["x"])
        if len(inputs) > 1:
            self.hit("block: several inputs")
        elif inputs != ["x"]:
            self.hit("block: another input")
        outputs = block.get("outputs", ())
        if len(outputs) > 1:
            self.hit("block: several outputs")
        if isinstance(outputs, dict):
            self.hit("block: a mapping of outputs")
        before = self.hits["a call of a block"]
        if "sequence" in block:
            self.hit("block: a chain")
            self.chain(block["sequence"])
        else:
            self.body(block["layers"])
        if self.hits["a call of a block"] > before:
            self.hit("block: calls a block")

    def starts(self, held: dict[str, Any], where: str) -> None:
        """``init`` of a file or a block."""
        for key, each in held.items():
            is_op = key in all_ops()
            if where == "of a file":
                self.hit(f"init: of a file {'by op' if is_op else 'by weight'}")
            else:
                self.hit(f"init: {where}")
            is_bare = key == "parameter"
            for start in each.values() if is_op and not is_bare else [each]:
                self.start(start)

    def start(self, held: Any) -> None:
        """One distribution."""
        if not isinstance(held, dict):
            self.hit("init: a number")
            return
        ((name, given),) = held.items()
        self.hit(f"init: {name}")
        arguments = list(DISTRIBUTIONS[name][1])
        if isinstance(given, dict):
            self.hit("init: by argument", *(f"init: {name}.{each}" for each in given))
        elif given is not None:
            self.hit("init: one value alone", f"init: {name}.{arguments[0]}")
        self.expression(given)

    def body(self, lines: Any, around: tuple[str, ...] = ()) -> None:
        """Lines of a class body."""
        before: Any = None
        for line in lines if isinstance(lines, list) else [lines]:
            self.line(line, around)
            if isinstance(before, dict) and self.has_outputs(before) and _reads_before(line):
                self.hit("block: its outputs read by the next line")
            before = line

    def has_outputs(self, line: dict[str, Any]) -> bool:
        """Whether the line is a call of a block with several outputs."""
        return any(len(self.blocks.get(key, {}).get("outputs", ())) > 1 for key in line)

    def chain(self, lines: list[Any], around: tuple[str, ...] = ()) -> None:
        """Lines of a chain."""
        for line in lines:
            if isinstance(line, dict):
                ways = {"sequence": "sequence", "repeat": "repeat", "for": "for", "name": "name"}
                self.hit(*(f"{ways[key]}: in a chain" for key in ways if key in line))
            self.line(line, around, is_chain=True)

    def line(self, line: Any, around: tuple[str, ...], *, is_chain: bool = False) -> None:
        """One line, whatever it is."""
        if isinstance(line, str):
            self.hit("a layer: a word alone")
            self.called(line, None, around)
            return
        self.beside(line)
        loop = next((key for key in ("repeat", "for") if key in line), None)
        if loop is not None:
            self.structure(loop, line, around)
            getattr(self, f"_{loop}")(line)
            around = (*around, loop)
        kind = next((key for key in BODIES if key in line), None)
        if kind is None:
            op = next(key for key in line if key not in BESIDE)
            self.called(op, line[op], around)
            kind = "a block" if op in self.blocks else "an op"
            if "when" in line and loop is None:
                self.hit("when: beside an op")
            if loop is not None and self.has_outputs(line):
                self.hit("block: a call that repeats it with several outputs")
        else:
            self.hit(f"a line: {kind}")
            if kind == "sequence" and not is_chain:
                self.hit("sequence: in a class body")
            if kind not in ("layers", "apply"):
                self.structure(kind, line, around)
            getattr(self, f"_{kind}")(line, around, is_chain or (loop and "name" in line))
        names = line.get("name", ())
        for name in [names] if isinstance(names, str) else names:
            loop_or = "a loop" if loop else "a sequence" if kind == "sequence" else kind
            self.kinds[name] = loop_or

    def structure(self, kind: str, line: dict[str, Any], around: tuple[str, ...]) -> None:
        """A structure in those around it."""
        if around:
            self.hit(f"{kind} in {around[-1]}")
        if "name" in line:
            self.hit(f"{kind}: named")
        if "when" in line:
            loops = ("repeat", "for")
            self.hit(f"when: beside {'a loop' if kind in loops else 'a structure'}")

    def beside(self, line: dict[str, Any]) -> None:
        """The keys beside what the line is."""
        self.hit(*(f"beside a line: {key}" for key in line if key in BESIDE))
        names = line.get("name")
        if isinstance(names, list):
            self.hit("name: several outputs")
        elif names is not None:
            self.hit(*(["name: a path"] if "." in names.split("{")[0] else []))
            self.template(names, "name")
        if "from" in line:
            self.sources(line["from"])
        if "when" in line:
            is_plain = isinstance(line["when"], bool)
            self.hit(f"when: {'true or false' if is_plain else 'an expression'}")
            self.expression(line["when"])
        for start in line.get("init", {}).values() if "parameter" not in line else ():
            self.hit("init: of a layer")
            self.start(start)
        if "parameter" in line and "init" in line:
            self.hit("init: a bare parameter's")
            self.start(line["init"])

    def sources(self, held: Any) -> None:
        """What a line reads."""
        names = [held] if isinstance(held, str) else held
        self.hit("from: one" if len(names) == 1 else "from: several")
        if len(set(names)) < len(names):
            self.hit("from: the same twice")
        inputs = self.spec["input"]
        for name in names:
            self.template(name, "from")
            self.path(name)
            if name == "x" or name in inputs:
                self.hit("from: the input")

    def path(self, name: str) -> None:
        front = name.rpartition(".")[0]
        if front and name not in self.kinds and front in self.kinds:
            self.hit("from: a path")
            if self.kinds[front] == "a block":
                self.hit("block: an output read by its path")

    def template(self, name: str, where: str) -> None:
        """A name with expressions in braces."""
        pieces = [each.split("}")[0] for each in name.split("{")[1:]]
        if pieces:
            self.hit(f"{where}: a template")
        self.expression(pieces)

    def _repeat(self, line: dict[str, Any]) -> None:
        if "layers" not in line:
            self.hit("repeat: beside a line")
        else:
            self.hit("repeat: with layers")
        if line["repeat"] == 0:
            self.hit("repeat: no round")
        if isinstance(line["repeat"], str):
            self.hit("repeat: an expression")
        self.expression(line["repeat"])

    def _for(self, line: dict[str, Any]) -> None:
        header = line["for"]
        if len(header) > 1:
            self.hit("for: several variables")
        self.hit("for: rows" if "rows" in line else "for: columns")
        columns = list(header.values()) if isinstance(header, dict) else [line["rows"]]
        for column in columns:
            if isinstance(column, str):
                self.hit("for: a list's name" if column.isidentifier() else "for: range")
            if column in ([], "range(0)"):
                self.hit("for: no round")
            self.expression(column)

    def _layers(self, line: dict[str, Any], around: tuple[str, ...], is_chain: bool) -> None:
        (self.chain if is_chain else self.body)(line["layers"], around)

    def _sequence(self, line: dict[str, Any], around: tuple[str, ...], is_chain: bool) -> None:
        self.chain(line["sequence"], (*around, "sequence"))

    def _apply(self, line: dict[str, Any], around: tuple[str, ...], is_chain: bool) -> None:
        self.hit(f"apply: {self.kinds.get(line['apply'], 'an op')}")

    def _branches(self, line: dict[str, Any], around: tuple[str, ...], is_chain: bool) -> None:
        held, inner = line["branches"], (*around, "branches")
        self.hit("branches: by key" if isinstance(held, dict) else "branches: listed")
        for branch in held.values() if isinstance(held, dict) else held:
            if branch == []:
                self.hit("branches: the identity")
            elif isinstance(branch, list):
                self.hit("branches: a chain")
                (self.chain if isinstance(held, dict) else self.body)(branch, inner)
            else:
                self.hit("branches: one line")
                self.line(branch, inner)
            lines = branch if isinstance(branch, list) else [branch]
            if any(key in each for each in lines if isinstance(each, dict) for key in BODIES):
                self.hit("branches: a structure in one")
        self.join(line.get("join"))

    def join(self, held: Any) -> None:
        """What joins branches, or the two ways of a residual."""
        if held is None:
            self.hit("join: unsaid")
            return
        line = {held: None} if isinstance(held, str) else held
        if "name" in line:
            self.hit("join: named")
        op = next(key for key in line if key not in BESIDE)
        self.hit("join: a block" if op in self.blocks else f"join: {op}")
        if line[op] is not None:
            self.hit("join: with arguments")
        self.called(op, line[op], ())

    def _residual(self, line: dict[str, Any], around: tuple[str, ...], is_chain: bool) -> None:
        held, inner = line["residual"], (*around, "residual")
        if not isinstance(held, dict):
            self.hit("residual: a list")
            self.body(held, inner)
            return
        self.hit("residual: the long form", *(f"residual's: {key}" for key in held))
        if not isinstance(held["body"], list):
            self.hit("residual: one line as body")
        self.body(held["body"], inner)
        self.expression(held.get("skip"))
        if "join" in held:
            self.join(held["join"])
        shortcut = held.get("shortcut")
        if isinstance(shortcut, list):
            self.hit("residual: a shortcut's chain")
            self.chain(shortcut, inner)
        elif shortcut is not None:
            self.hit("residual: a shortcut of one line")
            self.line(shortcut, inner)
            if isinstance(shortcut, dict):
                ways = {"from": "that reads the body", "when": "with when"}
                self.hit(*(f"residual: a shortcut {ways[key]}" for key in ways if key in shortcut))

    def _gpu_groups(self, line: dict[str, Any], around: tuple[str, ...], is_chain: bool) -> None:
        held = line["gpu_groups"]
        self.hit(*(f"gpu_groups': {key}" for key in held))
        self.hit("gpu_groups: 2 of them" if held["count"] == 2 else "gpu_groups: 3 or more")
        self.body(held["layers"], (*around, "gpu_groups"))

    def called(self, op: str, given: Any, around: tuple[str, ...]) -> None:
        """A line's op or block, with the form of its arguments."""
        named = isinstance(given, list) and any(isinstance(each, dict) for each in given)
        way = "positions and names" if named else "one value"
        way = {list: "positions", dict: "names", type(None): "nothing"}.get(type(given), way)
        self.hit(f"a layer: {'positions and names' if named else way}")
        if op in self.blocks:
            self.hit("a call of a block", *([f"call of a block in {around[-1]}"] if around else []))
        elif op == "exchange":
            self.hit("a line: exchange")
            return
        self.call(op, given)

    def call(self, op: str, given: Any) -> None:
        """Arguments of an op, a block, or a layer parameter."""
        if op in all_ops():
            fields = all_ops()[op].model_fields
            self.hit(op)
            for name, held in bound(op, given).items():
                self.hit(f"{op}.{name}: {form_of(held, fields[name])}")
                is_mixed = isinstance(held, list) and EXPRESSION in forms(fields[name])
                if is_mixed and any(isinstance(each, str) and each != "none" for each in held):
                    self.hit(f"{op}.{name}: {EXPRESSION}")
                self.expression(held)
            return
        declared = self.blocks.get(op, {}).get("params", {})
        if isinstance(given, dict):
            for name, held in given.items():
                kind = declared.get(name)
                is_layer = kind == "layer" or (isinstance(kind, dict) and "layer" in kind)
                if is_layer:
                    self.hit("params: a layer handed over")
                    if held in (None, "none") or isinstance(held, dict) or held in all_ops():
                        self.passed("none" if held is None else held)
                else:
                    self.expression(held)
        else:
            self.expression(given)

    def outputs(self, held: Any) -> None:
        """What the network returns."""
        if held is None:
            self.hit("outputs: unsaid")
            return
        self.hit("outputs: a mapping" if isinstance(held, dict) else "outputs: a list")
        if len(held) > 1:
            self.hit("outputs: several")
        for each in held.values() if isinstance(held, dict) else held:
            name = each["from"] if isinstance(each, dict) else each
            if isinstance(each, dict) and each.get("training"):
                self.hit("outputs: one for training")
            if name not in self.kinds and name.rpartition(".")[0]:
                self.hit("outputs: a path")

    def variants(self, held: dict[str, Any]) -> None:
        """The networks of a family."""
        for variant in held.values():
            if "extends" in variant:
                self.hit("variants: one that extends another")
                if variant.keys() & held[variant["extends"]].keys():
                    self.hit("variants: an extended one's values changed")
            for name, value in variant.items():
                kind = self.spec.get("params", {}).get(name)
                if isinstance(kind, dict) and "layer" in kind:
                    self.hit("variants: a layer changed")
                    self.passed(value)


def _reads_before(line: Any) -> bool:
    return not (isinstance(line, dict) and "from" in line)


def missing(hits: Counter[str]) -> list[str]:
    """What was not hit though it can be."""
    return [item for item in everything() if item not in hits and item not in UNREACHABLE]


def table(hits: Counter[str]) -> str:
    """Everything with its count; what was not hit, and what cannot be and why, behind it."""
    known = everything()
    lines = [f"{hits[item]:8} {item}" for item in known if item in hits]
    lines += ["", f"{len(missing(hits))} not hit", *(f"         {each}" for each in missing(hits))]
    lines += ["", f"{len(UNREACHABLE)} that no legal random spec has"]
    lines += [f"         {item}: {why}" for item, why in UNREACHABLE.items()]
    reachable = len(known.keys() - UNREACHABLE.keys())
    lines += ["", f"{reachable - len(missing(hits))} of {reachable} hit"]
    return "\n".join(lines)


def covered(seeds: range) -> Counter[str]:
    """What the specs of some seeds use together."""
    from random_families import random_family

    hits: Counter[str] = Counter()
    for seed in seeds:
        hits += used(random_family(seed))
    return hits


if __name__ == "__main__":
    first, last = map(int, sys.argv[1:])
    print(table(covered(range(first, last))))
