"""Names in the generated source: classes, constructor parameters, variables.

Attribute names are the spec's own, for they are state_dict keys; everything else gives way where
it would hide a name that the source needs.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from keyword import iskeyword, issoftkeyword

from archcompile.ir.definition import Apply, ChainMember, Definition, LoopOf
from archcompile.ir.program import Program

NEEDED = frozenset(
    {
        "self",
        "torch",
        "nn",
        "F",
        "NamedTuple",
        "super",
        "range",
        "zip",
        "list",
        "len",
        "min",
        "max",
        "sum",
        "int",
        "float",
        "bool",
        "str",
        "tuple",
    }
)
"""What generated code itself calls by name."""

_WORDS = re.compile("[A-Za-z0-9]+")
_USE = re.compile(r"#[0-9]+\Z")


def spelled(name: str) -> str:
    """A parameter's or variable's name; one of ``NEEDED`` gets an underscore (``nn_``)."""
    return f"{name}_" if name.rstrip("_") in NEEDED or iskeyword(name) else name


def output_field(name: str) -> str:
    """An output's field in a ``NamedTuple``, which has ``count`` and ``index`` of its own."""
    safe = f"output{name}" if name.startswith("_") else name
    return f"{safe}_" if safe.rstrip("_") in ("count", "index") else spelled(safe)


def module_path(name: str) -> str:
    """The module that a value comes from: a second use of ``encoder`` is called ``encoder#2``."""
    return _USE.sub("", name)


def variable(name: str, taken: Iterable[str]) -> str:
    """A variable for the value of that name, different from those taken."""
    word = "_".join(_WORDS.findall(name)) or "value"
    word = spelled(f"x{word}" if word[0].isdigit() else word)
    while word in taken:
        word += "_"
    return word


def class_names(program: Program, supports: Iterable[str]) -> tuple[str, ...]:
    """The class of each definition, in their order; different from all that the file names."""
    *blocks, network = program.definitions
    taken = {*NEEDED, *supports, *dir(builtins)}
    for definition in program.definitions:
        taken |= local_names(definition)
    chosen: list[str] = []
    for definition in (network, *blocks):  # the network has the first choice
        title = program.title if definition is network else None
        name = _free(_class_name(definition.name, title), taken)
        taken |= {name, output_name(name)}
        chosen.append(name)
    return (*chosen[1:], chosen[0])


def local_names(definition: Definition) -> frozenset[str]:
    """What the constructor calls its parameters, loop variables and running sizes."""
    loops = _loop_names(definition.members)
    names = {*(parameter.name for parameter in definition.parameters), *loops}
    return frozenset(map(spelled, names))


def _loop_names(members: tuple[ChainMember, ...]) -> set[str]:
    found: set[str] = set()
    for member in members:
        if isinstance(member, LoopOf):
            found |= {*member.variables, *(carry.variable for carry in member.carries)}
        if not isinstance(member, Apply):
            found |= _loop_names(member.members)
    return found


def output_name(class_name: str) -> str:
    """The ``NamedTuple`` of a class with several outputs."""
    return f"{class_name}Output"


def _class_name(name: str, title: str | None) -> str:
    """``conv_bn_relu`` is ``ConvBnRelu``; ``vgg16_bn`` of the title VGG is ``VGG16Bn``.

    So much of the title counts as the name spells: of "ResNet-50 v1.5" that is ``ResNet50``.
    """
    borrowed, length = _borrowed(name, title or "")
    parts = [borrowed] if length else []
    parts += [part[0].upper() + part[1:] for part in _WORDS.findall(name[length:])]
    result = ""
    for part in parts:
        # 5 and 28 must not become 528
        is_number_after_number = result[-1:].isdigit() and part[0].isdigit() and part != parts[0]
        result += f"_{part}" if is_number_after_number else part
    return result if result[:1].isalpha() else f"Net{result}"


def _borrowed(name: str, title: str) -> tuple[str, int]:
    """The title's first words that the name begins with, and how much of the name they are."""
    words = _WORDS.findall(title)
    for count in range(len(words), 0, -1):
        borrowed = "".join(words[:count])
        length = _prefix_length(name, borrowed)
        is_part = length and (count == len(words) or not name[length : length + 1].isalpha())
        if is_part:
            return borrowed, length
    return "", 0


def _prefix_length(name: str, borrowed: str) -> int:
    """How much of the name the borrowed letters and digits spell in any case; 0: not so."""
    wanted = borrowed.lower()
    for length in range(len(name) + 1):
        if wanted and "".join(_WORDS.findall(name[:length])).lower() == wanted:
            return length
    return 0


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while {candidate, output_name(candidate)} & taken or issoftkeyword(candidate):
        candidate = f"{name}Block" if number == 1 else f"{name}{number}"
        number += 1
    return candidate
