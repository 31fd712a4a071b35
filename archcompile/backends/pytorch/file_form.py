"""The form of a generated file: which statements stand where, and nothing else."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable

from archcompile.backends.pytorch.classes import buffer_fields, output_fields
from archcompile.backends.pytorch.docstrings import (
    block_docstring,
    docstring_lines,
    network_docstring,
)
from archcompile.backends.pytorch.forward import result_type
from archcompile.backends.pytorch.header import comments, imports
from archcompile.backends.pytorch.layout import INDENT
from archcompile.backends.pytorch.names import output_name, spelled
from archcompile.backends.pytorch.nodes import statements
from archcompile.diagnostics import InternalError
from archcompile.ir.definition import Definition
from archcompile.ir.program import Program
from archcompile.targets.pytorch import Support

_TYPES = frozenset(
    {"int", "float", "bool", "str"}
    | {f"tuple[{each}, ...]" for each in ("int", "float", "bool", "str")}
)


def classes_of(
    text: str, program: Program, supports: tuple[Support, ...], names: tuple[str, ...]
) -> dict[str, ast.ClassDef]:
    """The file's classes by name, support classes left out.

    Raises ``InternalError`` for any comment, import, class, method or annotation that does not
    belong there, and for a docstring or support class that says something else.
    """
    body = ast.parse(text).body
    places = [isinstance(node, ast.ClassDef) for node in body]
    if True not in places or not all(places[places.index(True) :]):
        raise InternalError("there is something other than imports and classes")
    first = places.index(True)
    _require_head(text, body[:first], body[first:], program, supports)
    found = [node for node in body if isinstance(node, ast.ClassDef)]
    _require_supports(text, found, supports)
    own = found[len(supports) :]
    wanted: list[str] = []
    for definition, name in zip(program.definitions, names, strict=True):
        wanted += [output_name(name)] if len(definition.outputs) > 1 else []
        wanted.append(name)
    if [node.name for node in own] != wanted:
        raise InternalError(f"expected the classes {wanted}, got {[node.name for node in own]}")
    classes = {node.name: node for node in own}
    for definition, name in zip(program.definitions, names, strict=True):
        _require_class(classes, definition, name, program)
    return classes


def _require_head(
    text: str,
    head: list[ast.stmt],
    rest: list[ast.stmt],
    program: Program,
    supports: Iterable[Support],
) -> None:
    top = comments(program)
    if tuple(text.split("\n")[: len(top)]) != top:
        raise InternalError("the header is not the one that it should have")
    sources = [support.source for support in supports]  # which stand there as they are, see below
    # without a sign more than these have there is no other comment, and nothing to look for
    if text.count("#") != sum(each.count("#") for each in (*top, *sources)) and _comments(text) != [
        *top,
        *(comment for source in sources for comment in _comments(source)),
    ]:
        raise InternalError("there are comments that nobody wrote")
    needed = [line for line in imports(rest, text) if line]
    if [ast.unparse(node) for node in head] != needed:
        raise InternalError(f"expected the imports {needed}, got {list(map(ast.unparse, head))}")


def _comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def _require_supports(text: str, found: list[ast.ClassDef], supports: tuple[Support, ...]) -> None:
    lines = io.StringIO(text, newline=None).read().split("\n")  # as Python counts them
    for support, node in zip(supports, found, strict=False):
        if "\n".join(lines[node.lineno - 1 : node.end_lineno]) != support.source.strip("\n"):
            raise InternalError(f"the support class `{support.name}` is not as it should be")


def _require_class(
    classes: dict[str, ast.ClassDef], definition: Definition, name: str, program: Program
) -> None:
    is_sequence = definition.chain is not None
    node = classes[name]
    _require_bare(node, "nn.Sequential" if is_sequence else "nn.Module")
    is_network = definition is program.definitions[-1]
    said = network_docstring(program) if is_network else block_docstring(definition)
    wanted = ast.parse("\n".join(["class C:", *docstring_lines(said, INDENT)])).body[0]
    types, methods = _split(node.body[1:])
    if [ast.unparse(each) for each in types] != list(buffer_fields(definition)):
        raise InternalError(f"the class `{name}` has other buffers than it should")
    kinds = [(type(each), getattr(each, "name", None)) for each in methods]
    expected = [(ast.FunctionDef, word) for word in ("__init__", "forward")[: 2 - is_sequence]]
    if kinds != expected or ast.get_docstring(node) != ast.get_docstring(_class(wanted)):
        raise InternalError(f"the class `{name}` has other members than it should")
    several = len(definition.outputs) > 1
    result = result_type(definition, name)
    names = tuple(spelled(each.name) for each in definition.parameters)
    for method in methods:
        assert isinstance(method, ast.FunctionDef)  # held by `kinds`
        is_constructor = method.name == "__init__"
        _require_method(method, "None" if is_constructor else result, is_constructor)
        if is_constructor and {each.arg for each in method.args.args[1:]} != set(names):
            raise InternalError(f"the class `{name}` has other parameters than it should")
    if several:
        _require_outputs(classes[output_name(name)], definition)


def _split(body: list[ast.stmt]) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The annotations in front, and the rest."""
    count = next(
        (place for place, node in enumerate(body) if not isinstance(node, ast.AnnAssign)), len(body)
    )
    return body[:count], body[count:]


def _class(node: ast.stmt) -> ast.ClassDef:
    if not isinstance(node, ast.ClassDef):
        raise InternalError("a class is expected here")
    return node


def _require_bare(node: ast.ClassDef, base: str) -> None:
    bases = [ast.unparse(each) for each in node.bases]
    if bases != [base] or node.keywords or node.decorator_list or _is_generic(node):
        raise InternalError(f"the class `{node.name}` is no plain {base}")


def _is_generic(node: ast.ClassDef | ast.FunctionDef) -> bool:
    """Whether it has type parameters, which Python knows from 3.12 on."""
    return bool(getattr(node, "type_params", ()))


def _require_method(method: ast.FunctionDef, result: str, is_constructor: bool) -> None:
    """Plain parameters behind ``self``, and types of a closed set: annotations are executed too."""
    given = method.args
    others = (given.posonlyargs, given.kwonlyargs, given.vararg, given.kwarg)
    types = [ast.unparse(each.annotation) if each.annotation else "" for each in given.args[1:]]
    allowed = _TYPES if is_constructor else frozenset({"torch.Tensor"})
    is_bare = not method.decorator_list and not _is_generic(method)
    is_plain = is_bare and not any(others) and set(types) <= allowed
    is_method = (
        given.args[:1] != [] and given.args[0].arg == "self" and not given.args[0].annotation
    )
    if not is_plain or not is_method or (given.defaults and not is_constructor):
        raise InternalError(f"`{method.name}` is declared otherwise than it should be")
    if method.returns is None or ast.unparse(method.returns) != result:
        raise InternalError(f"`{method.name}` does not declare to return {result}")
    for node in statements(method):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) not in (
            "torch.Tensor",
            "nn.Module",
            "nn.Module | None",
            "list[nn.Module]",
        ):
            raise InternalError(f"`{ast.unparse(node)}` has a type that it should not have")


def _require_outputs(node: ast.ClassDef, definition: Definition) -> None:
    _require_bare(node, "NamedTuple")
    wanted = list(output_fields(definition))
    if [ast.unparse(each) for each in node.body] != wanted:
        raise InternalError(f"`{node.name}` has other fields than {wanted}")
