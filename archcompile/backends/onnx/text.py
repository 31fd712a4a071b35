"""The weights-free graph in ONNX's text syntax, as ``onnx.parser`` reads it.

One input, value or node a line; weights are typed inputs. Names that are no plain identifiers, and
those that the parser would take for a type, stand in quotes. Grammar: onnx, docs/Syntax.md; its
parser reads quoted names from onnx 1.18 on, quoted sizes (``float["H//2"]``) from 1.22 on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from archcompile.backends.onnx.functions import OnnxCall, OnnxFunction, Step
from archcompile.backends.onnx.graph import OnnxModel, OnnxValue, Size
from archcompile.backends.onnx.version import DOMAIN, DOMAIN_VERSION, IR_VERSION, PRODUCER
from archcompile.targets.onnx import OPSET, Attribute, OnnxConstant

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_TYPE = re.compile(
    r"(b?float|int|uint|complex)\d+(e\d+m\d+(fn)?(uz)?)?"
    r"|float|double|bool|string|seq|map|optional|sparse_tensor|opaque",
    re.ASCII,
)
"""What the parser may take for a type."""
_DTYPES = {"float32": "float", "int64": "int64"}


def print_model(model: OnnxModel, header: tuple[str, ...] = ()) -> str:
    """The model's text; ``header`` lines come first, as comments. Ends with a line break."""
    inputs = [_typed(value) for value in (*model.inputs, *model.weights)]
    outputs = [_typed(value) for value in model.outputs]
    inner = [_typed(value) for value in model.values]
    inner += [_initialiser(constant) for constant in model.constants]
    lines = [
        *(_comment(line) for line in header),
        "<",
        f"  ir_version: {IR_VERSION},",
        f"  opset_import: {_imports(bool(model.functions))},",
        f"  producer_name: {_quoted(PRODUCER)}",
        ">",
        f"{_name(model.name)} (",
        *_listed(inputs),
        ") => (",
        *_listed(outputs),
        *([") <", *_listed(inner), ">"] if inner else [")"]),
        "{",
        *(f"  {_step(step)}" for step in model.steps),
        "}",
    ]
    for function in model.functions:
        lines += ["", *_function(function)]
    return "\n".join(lines) + "\n"


def _function(function: OnnxFunction) -> list[str]:
    calls = any(isinstance(step, OnnxCall) for step in function.steps)
    return [
        f"<domain: {_quoted(DOMAIN)}, opset_import: {_imports(calls)}>",
        f"{function.name} (",
        *_listed([_name(name) for name in function.inputs]),
        f") => ({_names(function.outputs)})",
        "{",
        *(f"  {_constant_node(constant)}" for constant in function.constants),
        *(f"  {_step(step)}" for step in function.steps),
        "}",
    ]


def _imports(calls: bool) -> str:
    ours = f", {_quoted(DOMAIN)} : {DOMAIN_VERSION}" if calls else ""
    return f'["" : {OPSET}{ours}]'


def _step(step: Step) -> str:
    """``[layer1.0] y = archcompile.block (x, w)``"""
    if isinstance(step, OnnxCall):
        operator, attributes = f"{DOMAIN}.{step.function}", ""
    else:
        operator, attributes = step.operator, _attributes(step.attributes)
    return (
        f"[{_name(step.name)}] {_names(step.outputs)} = "
        f"{operator}{attributes} ({_names(step.inputs)})"
    )


def _constant_node(constant: OnnxConstant) -> str:
    name = _name(constant.name)
    return f"[{name}] {name} = Constant <value = {_tensor_type(constant)} {_values(constant)}> ()"


def _attributes(attributes: tuple[tuple[str, Attribute], ...]) -> str:
    if not attributes:
        return ""
    return f" <{', '.join(_attribute(name, value) for name, value in attributes)}>"


def _attribute(name: str, value: Attribute) -> str:
    if value == ():
        return f"{name}: ints = []"
    if isinstance(value, tuple):
        return f"{name} = [{', '.join(map(_number, value))}]"
    return f"{name} = {_quoted(value) if isinstance(value, str) else _number(value)}"


def _initialiser(constant: OnnxConstant) -> str:
    return f"{_tensor_type(constant)} {_name(constant.name)} = {_values(constant)}"


def _tensor_type(constant: OnnxConstant) -> str:
    return f"{_DTYPES[constant.dtype]}{_sizes(constant.shape)}"


def _values(constant: OnnxConstant) -> str:
    number = float if constant.dtype == "float32" else int
    return f"{{{', '.join(_number(number(value)) for value in constant.values)}}}"


def _typed(value: OnnxValue) -> str:
    return f"{_DTYPES[value.dtype]}{_sizes(value.shape)} {_name(value.name)}"


def _sizes(shape: Iterable[Size]) -> str:
    """``[N, 3, 32, 32]``; nothing for a scalar (``[]`` would mean an unknown rank)."""
    sizes = ", ".join(str(size) if isinstance(size, int) else _name(size) for size in shape)
    return f"[{sizes}]" if sizes else ""


def _number(value: float) -> str:
    """The shortest text that reads back as the same number, with a point or exponent if real."""
    return repr(value) if isinstance(value, float) else str(int(value))


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(_name, names))


def _name(name: str) -> str:
    plain = _IDENTIFIER.fullmatch(name) is not None and _TYPE.fullmatch(name) is None
    return name if plain else _quoted(name)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _comment(text: str) -> str:
    """A comment line; what is not printable ASCII is escaped, so it stays one line."""
    return f"# {text.encode('unicode_escape').decode('ascii')}".rstrip()


def _listed(items: list[str]) -> list[str]:
    """One item a line, commas between them."""
    return [f"  {item}," for item in items[:-1]] + [f"  {item}" for item in items[-1:]]
