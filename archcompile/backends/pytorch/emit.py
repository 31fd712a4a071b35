"""The whole file: header, imports, support classes, and a class for each definition."""

from __future__ import annotations

import ast

from archcompile.backends.pytorch.classes import class_lines
from archcompile.backends.pytorch.construct import Classes, ops_in
from archcompile.backends.pytorch.docstrings import block_docstring, network_docstring
from archcompile.backends.pytorch.header import comments, imports
from archcompile.backends.pytorch.layout import INDENT
from archcompile.backends.pytorch.names import class_names, local_names
from archcompile.backends.pytorch.starts import start_lines
from archcompile.ir.program import Program
from archcompile.targets.pytorch import ModuleForm, Support, form


def source(program: Program) -> str:
    """A standalone file that imports torch and nothing else, as ``ruff format`` leaves it."""
    supports = supports_of(program)
    names = class_names(program, (support.name for support in supports))
    *blocks, _ = program.definitions
    classes = Classes(
        {block.name: block for block in blocks},
        {block.name: name for block, name in zip(blocks, names, strict=False)},
        frozenset(names),
    )
    parts = [support.source.strip("\n") for support in supports]
    for definition, name in zip(program.definitions, names, strict=True):
        is_network = definition is program.definitions[-1]
        text = network_docstring(program) if is_network else block_docstring(definition)
        starts: list[str] = []
        if is_network:
            starts = start_lines(program, 2 * INDENT, local_names(definition))
        parts.append("\n".join(class_lines(definition, name, classes, text, starts)))
    body = "\n\n\n".join(parts)
    head = "\n".join([*comments(program), "", *imports(ast.parse(body).body, body)])
    return f"{head}\n\n\n{body}\n"


def supports_of(program: Program) -> tuple[Support, ...]:
    """The support classes that the definitions' ops need, each once, by name."""
    found: dict[str, Support] = {}
    for definition in program.definitions:
        for op, use in ops_in(definition.members):
            made = form(op, *use.inputs)
            if isinstance(made, ModuleForm):
                found |= {support.name: support for support in made.supports}
    return tuple(found[name] for name in sorted(found))
