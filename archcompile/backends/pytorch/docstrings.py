"""Docstrings of the generated classes: what they are, their shapes, their parameter count."""

from __future__ import annotations

from archcompile.backends.pytorch.layout import INDENT, WIDTH
from archcompile.backends.pytorch.literals import literal
from archcompile.ir.definition import Apply, ChainMember, Definition, OpUse, building
from archcompile.ir.op import OpError, Undecided
from archcompile.ir.program import Program
from archcompile.ir.types import TensorType

_PLAIN: tuple[tuple[int, int], ...] = (
    (0xA1, 0xAC),
    (0xAE, 0x24F),
    (0x391, 0x3A1),
    (0x3A3, 0x3C9),
    (0x410, 0x44F),
    (0x2010, 0x2015),
    (0x2018, 0x201F),
    (0x2026, 0x2026),
)
_WIDE = ((0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3))
"""Letters and marks that stand as they are, one or two columns wide; the rest is escaped.

Ranges, since what counts as printable changes with the version of Python.
"""


def network_docstring(program: Program) -> tuple[str, ...]:
    """Paragraphs: title, citation, shapes and parameter count."""
    title = _sentence(program.title or program.name)
    cite = program.cite
    source = ", ".join(part for part in (cite.paper, cite.section) if part) if cite else ""
    inputs = ", ".join(_typed(value.name, value.type) for value in program.inputs)
    outputs = ", ".join(
        _typed(output.name, output.value.type) for output in program.outputs if not output.training
    )
    lines = [f"Input: {inputs}. Output: {outputs}.", *_training(program), _count(program)]
    return (title, *([_sentence(source)] if source else []), "\n".join(lines))


def _training(program: Program) -> list[str]:
    """What training adds: ``aux1 [N, 10] and aux2 [N, 10] (loss weight 0.3 each)``."""
    heads = [output for output in program.outputs if output.training]
    if not heads:
        return []
    weights = [each.loss_weight for each in heads]
    words = [_typed(each.name, each.value.type) for each in heads]
    weight = ""
    if len({*weights}) > 1:
        words = [f"{word}{_weight(each)}" for word, each in zip(words, weights, strict=True)]
    else:
        weight = _weight(weights[0], " each" if len(heads) > 1 else "")
    listed = " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    return [f"Training adds {listed}{weight}."]


def _weight(weight: float | None, of: str = "") -> str:
    return "" if weight is None else f" (loss weight {literal(weight)}{of})".replace(" ", _SOLID)


def block_docstring(definition: Definition) -> tuple[str, ...]:
    """Its name in words; the inputs' types and, where the class alone decides it, the output's."""
    name = definition.name.rstrip("0123456789").strip("_").replace("_", " ") or definition.name
    inputs = ", ".join(_typed(name, type_) for name, type_ in definition.inputs)
    made = _output_type(definition)
    is_short = made is not None and len(str(made)) <= _LONGEST
    output = f"\nOutput: {str(made).replace(' ', _SOLID)}." if is_short else ""
    return (f"{name[:1].upper()}{name[1:]}.", f"Input: {inputs}.{output}")


_LONGEST = WIDTH - INDENT - len("Output: .")
"""A type that is longer than a line says nothing to a reader, and is left out."""

_SOLID = "\0"
"""A space at which no line is broken; no spec holds this character."""


def _typed(name: str, type_: TensorType) -> str:
    return f"{name} {type_}".replace(" ", _SOLID)


def docstring_lines(paragraphs: tuple[str, ...], indent: int) -> list[str]:
    """The docstring as it stands in the source: at most 88 columns, nothing that ends it early."""
    margin = " " * indent
    first = f'{margin}"""{_encoded(paragraphs[0], is_first=True)}"""'
    if len(paragraphs) == 1 and "\n" not in paragraphs[0] and len(first) <= WIDTH:
        return [first]
    lines: list[str] = []
    for paragraph in paragraphs:
        lines += [""] if lines else []
        for line in paragraph.split("\n"):
            lines += _wrapped(line, WIDTH - indent - (0 if lines else 3), is_first=not lines)
    body = [f"{margin}{line}" if line else "" for line in lines]
    body[0] = f'{margin}"""{lines[0]}'
    return [*body, f'{margin}"""']


def parameter_count(program: Program) -> int:
    """Trainable parameters, those of a layer that is used twice counted once."""
    weights = {
        node.key(weight): int(weight.elements())
        for node in program.nodes()
        for weight in node.weights()
        if weight.kind == "parameter"
    }
    return sum(weights.values())


def _count(program: Program) -> str:
    values = dict(program.parameters)
    chosen = ", ".join(
        f"{parameter.name}={values[parameter.name]}"
        for parameter in program.definitions[-1].parameters
        if parameter.name in values
    )
    return f"{parameter_count(program):,} parameters{f' with {chosen}' if chosen else ''}."


def _output_type(definition: Definition) -> TensorType | None:
    """The only output's type, if an op of this body makes it."""
    if len(definition.outputs) > 1:
        return None
    maker = _maker(definition)
    if not isinstance(maker, Apply) or not isinstance(maker.use, OpUse) or maker.condition:
        return None
    try:
        return maker.use.op.infer(*maker.use.inputs)
    except (OpError, Undecided):
        return None


def _maker(definition: Definition) -> ChainMember | None:
    """The step or member whose value is the only output."""
    if definition.chain is not None:
        return definition.chain[-1] if definition.chain else None
    made = {step.name: step for step in building(definition.steps)}
    return made.get(definition.outputs[0][1])


def _sentence(text: str) -> str:
    words = " ".join(text.split())
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _wrapped(text: str, width: int, *, is_first: bool) -> list[str]:
    lines = [""]
    for word in text.split():
        encoded = _encoded(word.replace(_SOLID, " "), is_first=is_first and lines == [""])
        if lines[-1] and _columns(f"{lines[-1]} {encoded}") > width:
            lines.append(encoded)
        else:
            lines[-1] += f" {encoded}" if lines[-1] else encoded
    return lines


def _encoded(text: str, *, is_first: bool = False) -> str:
    """Text inside a docstring, which no quote ends early and no backslash alters."""
    result = ""
    for place, char in enumerate(text):
        is_bare = 32 <= ord(char) < 127 and char not in '\\"'
        is_single = char == '"' and not (is_first and place == 0) and result[-1:] != '"'
        is_inner = is_single and place < len(text) - 1
        result += char if is_bare or is_inner or _within(char, (*_PLAIN, *_WIDE)) else _escape(char)
    return result


def _escape(char: str) -> str:
    return {"\\": "\\\\", '"': "\\x22"}.get(char) or ascii(char)[1:-1]


def _columns(text: str) -> int:
    return len(text) + sum(_within(char, _WIDE) for char in text)


def _within(char: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(char) <= last for first, last in ranges)
