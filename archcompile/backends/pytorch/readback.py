"""Read-back: the text is parsed again and held against the program before it is written.

The text is read as a closed subset of Python, whose constructor and ``forward`` are walked by hand.
Modules, their order, their arguments, the edges between them and the outputs must be the program's.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache, lru_cache

from archcompile.backends.pytorch.built import Builder
from archcompile.backends.pytorch.emit import supports_of
from archcompile.backends.pytorch.file_form import classes_of
from archcompile.backends.pytorch.names import class_names, output_field, output_name
from archcompile.backends.pytorch.own_tensors import tensor_call
from archcompile.backends.pytorch.printer import one_line
from archcompile.backends.pytorch.read_starts import compare_starts, take_starts
from archcompile.backends.pytorch.traced import Outputs, Token, Traced, Tracer, shape
from archcompile.backends.pytorch.training import in_order
from archcompile.backends.pytorch.tree import BUFFER, PARAMETER, Leaf, leaves
from archcompile.backends.pytorch.values import agrees, evaluate
from archcompile.diagnostics import InternalError
from archcompile.ir.op import Op
from archcompile.ir.order import registered
from archcompile.ir.program import Node, Program, ProgramOutput
from archcompile.targets.python import Python, Word
from archcompile.targets.pytorch import AttributeForm, FunctionForm, ModuleForm, form, python_value


def hold(text: str, program: Program) -> None:
    """Refuse a text that is not this program's: ``InternalError`` with the first difference."""
    try:
        _hold(text, program)
    except (SyntaxError, ValueError) as error:
        raise InternalError(f"the source of `{program.name}` is no Python: {error}") from error
    except InternalError as error:
        raise InternalError(
            f"the source of `{program.name}` is not its network: {error}"
        ) from error


def _hold(text: str, program: Program) -> None:
    supports = supports_of(program)
    names = class_names(program, (support.name for support in supports))
    classes = classes_of(text, program, supports, names)
    compare_starts(take_starts(classes[names[-1]]), program)
    builder = Builder(classes, frozenset(support.name for support in supports))
    network = builder.build(names[-1], [], {})
    _compare_modules(dict(leaves(network)), program)
    tracer = Tracer(classes)
    inputs = {value.name: tracer.token() for value in program.inputs}
    result = tracer.call(network, "", tuple(inputs.values()))
    made = _compare_events(tracer, dict(inputs), program)
    _compare_outputs(result, made, program.outputs, names[-1])
    _compare_early(tracer, made, program, names[-1])


def _compare_modules(found: Mapping[str, Leaf], program: Program) -> None:
    """The same paths in the same order, each with the same arguments."""
    wanted: dict[str, tuple[Node, ModuleForm | AttributeForm]] = {}
    for node in program.nodes():
        made = form(node.op, *node.types)
        if not isinstance(made, FunctionForm):
            wanted.setdefault(node.path, (node, made))
    present = {path: leaf for path, leaf in found.items() if not leaf.is_absent}
    tensors = {path for path, (_, made) in wanted.items() if isinstance(made, AttributeForm)}
    due, given = registered(wanted, tensors), registered(present, tensors)
    if given != due:
        raise InternalError(f"expected the modules {list(due)}, got {list(given)}")
    for path, (node, made) in wanted.items():
        if isinstance(made, AttributeForm):
            _compare_tensor(path, present[path], made)
        else:
            _compare_call(path, present[path], node, made)


def _compare_tensor(path: str, leaf: Leaf, made: AttributeForm) -> None:
    """Of one kind, and made by one call: numbers are as they are written."""
    kind = PARAMETER if made.is_trained else BUFFER
    wanted = Leaf(kind, tensor_call(_tree(one_line(made.construct)), {}), ())
    if leaf.function != kind or repr(leaf.arguments) != repr(wanted.arguments):
        raise InternalError(f"`{path}` is expected as {_shown(wanted)}, got {_shown(leaf)}")


def _compare_call(path: str, leaf: Leaf, node: Node, made: ModuleForm) -> None:
    call = made.construct
    arguments = tuple(map(_value, call.arguments))
    keywords = tuple((name, _value(each)) for name, each in call.keywords)
    wanted = Leaf(call.function, arguments, keywords)
    given, due = _named(leaf, node), _named(wanted, node)
    is_same = given.keys() == due.keys() and all(agrees(due[name], given[name]) for name in due)
    if leaf.function not in (wanted.function, *made.also) or not is_same:
        raise InternalError(f"`{path}` is expected as {_shown(wanted)}, got {_shown(leaf)}")


def _named(leaf: Leaf, node: Node) -> dict[str, object]:
    """Arguments by name, defaults included: where they are symbols, they are spelled out."""
    places = [*node.op.inferred(*node.types), *type(node.op).model_fields]
    if len(leaf.arguments) > len(places):
        raise InternalError(f"{_shown(leaf)} has more arguments than `{node.op.key}` knows")
    given = dict(zip(places, leaf.arguments, strict=False))
    return _defaults(type(node.op)) | given | dict(leaf.keywords)


@cache
def _defaults(op: type[Op]) -> dict[str, object]:
    return {
        name: _value(python_value(field.get_default(call_default_factory=True)))
        for name, field in op.model_fields.items()
        if not field.is_required()
    }


def _value(tree: Python) -> object:
    return _evaluated(one_line(tree))


@lru_cache(maxsize=4096)
def _evaluated(text: str) -> object:
    return evaluate(_tree(text), {})


def _compare_events(tracer: Tracer, made: dict[str, Token], program: Program) -> dict[str, Token]:
    """The same calls in the same order on the same values; the tensor of every value."""
    nodes: list[Node] = []
    first, last = in_order(program)
    for node in (*first, *last):
        if isinstance(form(node.op, *node.types), AttributeForm):
            made[node.output.name] = tracer.attribute(node.path)
        else:
            nodes.append(node)
    for node, event in zip(nodes, tracer.events, strict=False):
        operands = tuple(made[value.name] for value in node.inputs)
        callee, reads = _expected(node, operands)
        if (event.callee, event.reads) != (callee, reads):
            raise InternalError(
                f"`{node.path}` is expected as {callee or 'a function'} of {reads}, "
                f"got {event.callee or 'a function'} of {event.reads}"
            )
        made[node.output.name] = event.made
    if len(nodes) != len(tracer.events):
        raise InternalError(f"expected {len(nodes)} steps in `forward`, got {len(tracer.events)}")
    return made


def _expected(node: Node, operands: tuple[Token, ...]) -> tuple[str | None, object]:
    made = form(node.op, *node.types)
    if not isinstance(made, FunctionForm):
        return node.path, operands
    words = [f"value{place}" for place in range(len(operands))]
    text = one_line(made.express(tuple(map(Word, words))))
    return None, shape(_tree(text), dict(zip(words, operands, strict=True)))


def _compare_outputs(
    result: Traced, made: Mapping[str, Token], outputs: tuple[ProgramOutput, ...], class_name: str
) -> None:
    """What only training computes stands last."""
    ordered = sorted(outputs, key=lambda each: each.training)
    fields = tuple((output_field(each.name), made[each.value.name]) for each in ordered)
    wanted = fields[0][1] if len(fields) == 1 else Outputs(output_name(class_name), fields)
    if result != wanted:
        raise InternalError(f"expected the outputs {wanted}, got {result}")


def _compare_early(
    tracer: Tracer, made: Mapping[str, Token], program: Program, class_name: str
) -> None:
    """Evaluation ends before what only training needs, and gives what it does not need."""
    always = tuple(each for each in program.outputs if not each.training)
    if always == program.outputs:
        if tracer.early is not None:
            raise InternalError("`forward` ends early, though training adds nothing")
        return
    if tracer.early is None:
        raise InternalError("`forward` runs in evaluation what only training needs")
    result, count = tracer.early
    _compare_outputs(result, made, always, class_name)
    first, _ = in_order(program)
    due = sum(not isinstance(form(node.op, *node.types), AttributeForm) for node in first)
    if count != due:
        raise InternalError(f"evaluation is expected to end after {due} steps, got {count}")


def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _shown(leaf: Leaf) -> str:
    given = [repr(value) for value in leaf.arguments]
    given += [f"{name}={value!r}" for name, value in leaf.keywords]
    return f"{leaf.function}({', '.join(given)})"
