"""The mutants of a file: mutmut's, of every function, decorated or not.

mutmut leaves decorated functions alone, and with them every rule of an op. So it is shown the file
without decorators, on the same lines; a mutant's code goes into the function that is there.
"""

from __future__ import annotations

import ast
import difflib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import CO_NEWLOCALS
from pathlib import Path
from types import CodeType

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import Mutation, MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import get_ignored_lines

from archcompile.libraries import __file__ as _inside

PACKAGE = Path(_inside).resolve().parent

_GUARD = re.compile(r",\s*(strict=\w+)?(?=\))")
"""``zip(..., strict=True)`` holds our own promise that both are of a length: no input breaks it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one function; ``first`` to ``last`` are the lines of the changed statement."""

    name: str
    file: str
    """Below the package's folder."""
    function: str
    """The qualified name of the outermost function."""
    first: int
    last: int
    change: str
    """The changed lines, as a difference without context."""
    code: CodeType


def undecorated(text: str) -> str:
    """The text with empty lines in place of the functions' decorators."""
    lines = text.split("\n")
    for each in ast.walk(ast.parse(text)):
        if isinstance(each, ast.FunctionDef) and each.decorator_list:
            first, last = each.decorator_list[0].lineno, each.lineno
            lines[first - 1 : last - 1] = [""] * (last - first)
    return "\n".join(lines)


def spans(tree: ast.Module) -> list[tuple[int, int]]:
    """First and last line of each statement, and of what stands before a compound one's body."""
    found = []
    for each in ast.walk(tree):
        if isinstance(each, ast.stmt):
            found.append((each.lineno, each.end_lineno or each.lineno))
            if (body := getattr(each, "body", None)) and body[0].lineno > each.lineno:
                found.append((each.lineno, body[0].lineno - 1))
    return found


def codes(code: CodeType) -> dict[str, CodeType]:
    """The code of every function and method, by qualified name, with what is inside of it."""
    found: dict[str, CodeType] = {}
    for each in code.co_consts:
        if not isinstance(each, CodeType):
            continue
        if each.co_flags & CO_NEWLOCALS:
            found[each.co_qualname] = each
        else:
            found |= codes(each)  # of a class
    return found


def shape(code: CodeType) -> tuple[object, ...]:
    """What a code does, wherever it stands."""
    constants = tuple(
        shape(each) if isinstance(each, CodeType) else (type(each), repr(each))
        for each in code.co_consts
    )
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return (code.co_code, code.co_exceptiontable, constants, *names)


def mutants_of(file: str, share: float) -> Iterator[Mutant]:
    """In the order of the text: all, or a share whose choice stays as long as the file does.

    One whose code is that of the original is none.
    """
    path = PACKAGE / file
    text = undecorated(path.read_text(encoding="utf-8"))
    wrapper = MetadataWrapper(libcst.parse_module(text))
    visitor = MutationVisitor(mutation_operators, get_ignored_lines(file, text, wrapper))
    module = wrapper.visit(visitor)
    places = wrapper.resolve(PositionProvider)
    statements = spans(ast.parse(text))
    original = codes(compile(text, str(path), "exec", dont_inherit=True))
    for number, mutation in enumerate(visitor.mutations):
        is_inside = isinstance(mutation.contained_by_top_level_function, libcst.FunctionDef)
        if not is_inside or random.Random(f"{file}:{number}").random() >= share:
            continue
        place = places[mutation.original_node]
        found = _changed(module, mutation, path, original)
        if found is None or _GUARD.sub("", found[0]) == _GUARD.sub("", text):
            continue
        changed, code = found
        first, last = min(
            (
                (first, last)
                for first, last in statements
                if first <= place.start.line and place.end.line <= last
            ),
            key=lambda span: span[1] - span[0],
        )
        yield Mutant(
            name=f"{file}:{code.co_qualname}:{number}",
            file=file,
            function=code.co_qualname,
            first=first,
            last=last,
            change=_difference(text, changed),
            code=code,
        )


def _changed(
    module: libcst.Module, mutation: Mutation, path: Path, original: dict[str, CodeType]
) -> tuple[str, CodeType] | None:
    tree = deep_replace(module, mutation.original_node, mutation.mutated_node)
    assert isinstance(tree, libcst.Module)
    try:
        code = compile(tree.code, str(path), "exec", dont_inherit=True)
    except SyntaxError:
        return None
    for name, each in codes(code).items():
        if shape(each) != shape(original[name]):
            return tree.code, each
    return None


def _difference(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
