"""Arguments of a call: Python's rules (positions, then keywords), then the callee's types.

An op's arguments are validated by its own pydantic model, a block's by its parameters' type words.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from pydantic import ValidationError

from archcompile.diagnostics import Code, Related, Span, SpecError
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document import Block, Parameter
from archcompile.frontend.findings import Findings, finding
from archcompile.frontend.frame import Frame, mentioned
from archcompile.frontend.mentions import dim_words
from archcompile.frontend.sizes import is_constant, to_dim, to_python
from archcompile.frontend.slots import Slot, slots
from archcompile.frontend.tree import Mapping, Scalar, Sequence, Tree
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr, ListOf, Literal, Name
from archcompile.ir.op import Op, Unknown, said

_FOREIGN = {
    "filters": "out_channels",
    "num_output": "out_channels",
    "units": "out_features",
    "strides": "stride",
    "pool_size": "kernel_size",
    "pads": "padding",
    "pad": "padding",
    "dilation_rate": "dilation",
    "rate": "p",
    "group": "groups",
    "use_bias": "bias",
    "epsilon": "eps",
    "axis": "dim",
}
"""Other frameworks' words for torch's arguments."""

_INFERRED = frozenset({"in_channels", "in_features", "num_features"})


@dataclass(frozen=True, slots=True)
class BuiltOp:
    """An op with its arguments, where each stands, and the author's form of symbolic sizes."""

    op: Op
    spans: dict[str, Span]
    written: tuple[tuple[Dim, Expr], ...]
    """None that names what its size does not depend on, as ``n - n + 1`` would."""


def build_op(kind: type[Op], call: Scalar, arguments: Tree | None, frame: Frame) -> BuiltOp:
    """The op with these arguments. Raises every finding about them at once."""
    wanted = slots(kind)
    findings = Findings()
    given = _bind(kind.key, call, arguments, tuple(wanted), findings)
    values: dict[str, Expr] = {}
    for name, tree in given.items():
        with findings.collecting():
            values[name] = frame.value(tree, wanted[name].words)
    missing = [name for name, slot in wanted.items() if slot.required and name not in given]
    _report_missing(kind.key, call, missing, findings)
    findings.stop()
    return _validated(kind, call, values, given)


def bind_block(block: Block, call: Scalar, arguments: Tree | None, frame: Frame) -> dict[str, Expr]:
    """The block's parameters with their values here, defaults too. Raises all findings at once."""
    findings = Findings()
    parameters = {parameter.name.text: parameter for parameter in block.parameters}
    given = _bind(block.name.text, call, arguments, tuple(parameters), findings)
    values: dict[str, Expr] = {}
    for name, parameter in parameters.items():
        with findings.collecting():
            if name in given:
                values[name] = _parameter_value(parameter, given[name], frame)
            elif parameter.default is not None:
                values[name] = default_value(parameter)
    missing = [name for name in parameters if name not in values and name not in given]
    _report_missing(block.name.text, call, missing, findings)
    findings.stop()
    return values


def require_constants(call: Scalar, values: dict[str, Expr]) -> None:
    """Refuse arguments of a block that depend on the size of the network's input (``H``)."""
    findings = Findings()
    for name, value in values.items():
        if not is_constant(value):
            findings.add(
                Code.UNSUPPORTED,
                f"`{call.text}`: `{name}` is {value}, and that is no number here",
                call.span,
                help="give the input a number for its size, or write a number here",
            )
    findings.stop()


def check_arguments(call: Scalar, arguments: Tree | None, names: tuple[str, ...]) -> None:
    """Refuse arguments that no callee with these names has; nothing is evaluated."""
    findings = Findings()
    _bind(call.text, call, arguments, names, findings)
    findings.stop()


def default_value(parameter: Parameter) -> Expr:
    """A parameter's default: what stands there, texts as they are."""
    assert parameter.default is not None
    return constant_value(parameter.default)


def constant_value(tree: Tree) -> Expr:
    """A value that stands for itself: numbers, booleans, texts and lists of them."""
    match tree:
        case Scalar(value=value):
            return Literal(value, tree.span)
        case Sequence(items=items):
            return ListOf(tuple(map(constant_value, items)), tree.span)
        case _:
            raise finding(Code.WRONG_TYPE, "expected a value or a list, got a mapping", tree.span)


def check_type(parameter: Parameter, value: Expr, span: Span) -> Expr:
    """Refuse a value of another type than the parameter's type word says."""
    if not is_constant(value) or _fits(parameter.type, value):
        return value
    raise finding(
        Code.BAD_ARGUMENT,
        f"`{parameter.name.text}` is {_ARTICLE[parameter.type]}, got {said(to_python(value))}",
        span,
        related=(Related(parameter.span, f"`{parameter.name.text}` is declared here"),),
    )


_ARTICLE = {
    "int": "an integer",
    "number": "a number",
    "bool": "true or false",
    "text": "a text",
    "list": "a list",
}


def _fits(type_word: str, value: Expr) -> bool:
    if isinstance(value, ListOf):
        # where torch takes a pair, so does an `int` parameter: kernel_size: [1, 7]
        pair = len(value.items) == 2 and all(_fits("int", item) for item in value.items)
        return type_word == "list" or (type_word == "int" and pair)
    held = value.value if isinstance(value, Literal) else None
    if isinstance(held, bool):
        return type_word == "bool"
    kinds: dict[str, tuple[type, ...]] = {"int": (int,), "number": (int, float), "text": (str,)}
    return isinstance(held, kinds.get(type_word, ()))


def _parameter_value(parameter: Parameter, tree: Tree, frame: Frame) -> Expr:
    is_word = parameter.type == "text" and isinstance(tree, Scalar) and isinstance(tree.value, str)
    if is_word and isinstance(tree, Scalar) and tree.text not in frame.names:
        return Literal(tree.text, tree.span)
    return check_type(parameter, frame.value(tree), tree.span)


def _bind(
    callee: str, call: Scalar, arguments: Tree | None, names: tuple[str, ...], findings: Findings
) -> dict[str, Tree]:
    """Which tree each argument has; unknown, surplus and repeated ones are findings."""
    if arguments is None or (isinstance(arguments, Scalar) and arguments.value is None):
        return {}
    if isinstance(arguments, Mapping):
        bound: dict[str, Tree] = {}
        _keywords(callee, arguments, names, bound, findings)
        return bound
    if isinstance(arguments, Scalar):
        return _positions(callee, call, (arguments,), names, findings)
    return _sequence(callee, call, arguments, names, findings)


def _sequence(
    callee: str, call: Scalar, arguments: Sequence, names: tuple[str, ...], findings: Findings
) -> dict[str, Tree]:
    items = arguments.items
    keywords = [item for item in items if isinstance(item, Mapping)]
    positions = tuple(item for item in items if not isinstance(item, Mapping))
    if len(names) == 1 and len(positions) > 1 and not keywords:
        return {names[0]: arguments}  # adaptive_avg_pool2d: [6, 6] is its one argument
    for earlier, later in pairwise(items):
        if isinstance(earlier, Mapping) and not isinstance(later, Mapping):
            findings.add(
                Code.BAD_ARGUMENT,
                "an argument by position stands behind one by name",
                later.span,
                help="as in Python: positions first, then keywords",
            )
    bound = _positions(callee, call, positions, names, findings)
    for keyword in keywords:
        _keywords(callee, keyword, names, bound, findings)
    return bound


def _positions(
    callee: str,
    call: Scalar,
    positions: tuple[Tree, ...],
    names: tuple[str, ...],
    findings: Findings,
) -> dict[str, Tree]:
    if len(positions) > len(names):
        takes = f"at most {len(names)} ({listed(names)})" if names else "none"
        findings.add(
            Code.TOO_MANY_ARGUMENTS,
            f"`{callee}` takes {takes}, got {len(positions)}",
            positions[len(names)].span,
        )
    return dict(zip(names, positions, strict=False))


def _keywords(
    callee: str,
    arguments: Mapping,
    names: tuple[str, ...],
    bound: dict[str, Tree],
    findings: Findings,
) -> None:
    for entry in arguments.entries:
        name = entry.key.text
        if name in bound:
            findings.add(
                Code.DUPLICATE_ARGUMENT,
                f"`{name}` is given twice",
                entry.key.span,
                related=(Related(bound[name].span, "first here, by position"),),
            )
        elif name in names:
            bound[name] = entry.value
        else:
            findings.add(
                Code.UNKNOWN_ARGUMENT,
                f"`{callee}` has no argument `{name}`",
                entry.key.span,
                help=_argument_help(name, entry.value, names),
            )


def _argument_help(name: str, value: Tree, names: tuple[str, ...]) -> str:
    if name in _INFERRED:
        return f"leave `{name}` out: it is known from the layer's input"
    near = _FOREIGN.get(name)
    near = near if near in names else closest(name, names)
    if near is not None:
        shown = f": {value.text}" if isinstance(value, Scalar) and value.plain else ""
        return f"write `{near}{shown}`"
    return f"it has {listed(names)}" if names else "it has none"


def _report_missing(callee: str, call: Scalar, missing: list[str], findings: Findings) -> None:
    if missing and not any(each.code is Code.UNKNOWN_ARGUMENT for each in findings.found):
        findings.add(
            Code.MISSING_ARGUMENT,
            f"`{callee}` needs {listed(missing)}",
            call.span,
            help=f"write `{callee}: {{{', '.join(f'{name}: …' for name in missing)}}}`",
        )


def _validated(
    kind: type[Op], call: Scalar, values: dict[str, Expr], given: dict[str, Tree]
) -> BuiltOp:
    held = {name: _held(value, slots(kind)[name]) for name, value in values.items()}
    unknown = {name: value for name, value in held.items() if isinstance(value, Unknown)}
    known = {name: value for name, value in held.items() if name not in unknown}
    try:
        op = kind.model_validate(known)
    except ValidationError as error:
        raise _refused(error, call, given) from None
    parts = (part for value in values.values() for part in _symbolic_parts(value))
    written = tuple(
        (size, part) for part in parts if mentioned(part) <= dim_words(size := to_dim(part))
    )
    spans = {name: tree.span for name, tree in given.items()}
    return BuiltOp(op.updated(unknown) if unknown else op, spans, written)


def _held(value: Expr, slot: Slot) -> object:
    """What the op's field holds: a constant, a size, or ``Unknown`` until a block is called."""
    if is_constant(value):
        return to_python(value)
    if not slot.is_size:
        return Unknown(str(value))
    if isinstance(value, ListOf):
        return tuple(_held(item, slot) for item in value.items)
    return to_dim(value)


def _symbolic_parts(value: Expr) -> tuple[Expr, ...]:
    if isinstance(value, ListOf):
        return tuple(part for item in value.items for part in _symbolic_parts(item))
    return () if isinstance(value, Literal | Name) else (value,)


def _refused(error: ValidationError, call: Scalar, given: dict[str, Tree]) -> SpecError:
    """pydantic's findings, one for each argument, at the argument's own place."""
    findings = Findings()
    seen: set[object] = set()
    for detail in error.errors(include_url=False):
        field = detail["loc"][0] if detail["loc"] else None
        if field in seen:
            continue  # the members of a union each complain; the first says it
        seen.add(field)
        span = _place(given, detail["loc"], call)
        about = f"`{field}`: " if field is not None else ""
        findings.add(Code.BAD_ARGUMENT, f"{about}{_plain(detail['msg'])}", span)
    return SpecError(findings.found)


def _place(given: dict[str, Tree], location: tuple[int | str, ...], call: Scalar) -> Span:
    tree = given.get(str(location[0])) if location else None
    if tree is None:
        return call.span
    for step in location[1:]:
        if isinstance(step, int) and isinstance(tree, Sequence) and step < len(tree.items):
            tree = tree.items[step]
    return tree.span


def _plain(message: str) -> str:
    """pydantic's sentence, in the house's words."""
    for theirs, ours in (
        ("Input should be a valid boolean", "expected true or false"),
        ("Input should be a valid number", "expected a number"),
        ("Input should be a valid integer", "expected an integer"),
        ("Input should be a valid string", "expected a word"),
        ("Input should be a valid tuple", "expected a list"),
        ("Input should be ", "expected "),
        ("Value error, ", ""),
    ):
        if message.startswith(theirs):
            return ours + message[len(theirs) :]
    return message
