"""What a value was meant to be that an argument cannot have, where that is sure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcompile.diagnostics import Code, Fix
from archcompile.frontend.calls.slots import Slot
from archcompile.frontend.expressions.frame import Frame
from archcompile.frontend.findings import finding
from archcompile.frontend.foreign import values as foreign_values
from archcompile.frontend.mending.call_edits import without_argument
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree

if TYPE_CHECKING:
    from archcompile.frontend.calls.arguments import Call

_TRUE = frozenset(("yes", "on", "y", "t", "true", "1", "1.0"))
_FALSE = frozenset(("no", "off", "n", "f", "false", "0", "0.0", "none", "null", "~", "nil"))
_NOTHING = frozenset(("none", "None", "null", "nil", "~"))
_DIVISION = re.compile(r"(?<!/)/(?!/)")


@dataclass(frozen=True, slots=True)
class Repair:
    """A help line and the edit that does it."""

    help: str
    fix: Fix


def refuse_misread(callee: str, slot: Slot, tree: Tree, frame: Frame) -> None:
    """Refuse words that an expression would take for unknown names, where their sense is plain."""
    if not isinstance(tree, Scalar) or not isinstance(tree.value, str) or tree.text in frame.names:
        return
    if slot.name == "ceil_mode" and (word := tree.text.casefold()) in ("ceil", "floor"):
        raise _misread(slot, tree, "expected true or false", str(word == "ceil").lower())
    is_said = slot.is_optional and tree.text in ("none", "None")
    if slot.is_flag and not is_said and (meant := flag_of(tree.text)) is not None:
        raise _misread(slot, tree, "expected true or false", meant)
    if slot.words and tree.text not in slot.words:
        meant = _word(slot, callee, tree)
        if meant in slot.words:
            raise _misread(slot, tree, f"expected {_either(slot.words)}", meant)
    if slot.name == "padding" and not slot.words:
        _refuse_padding(callee, slot, tree)
    if slot.is_size and not slot.is_flag and (written := foreign_values.plain_list(tree)):
        raise _misread(slot, tree, "a list is written in brackets", written)


def _misread(slot: Slot, tree: Scalar, expected: str, meant: str) -> Exception:
    return finding(
        Code.BAD_ARGUMENT,
        f"`{slot.name}`: {expected}, got `{tree.text}`",
        tree.span,
        help=f"write `{meant}`",
        fix=replaced(tree, meant),
    )


def _refuse_padding(callee: str, slot: Slot, tree: Scalar) -> None:
    word = tree.text.replace("_", "").casefold()
    if word in ("valid", "notset"):
        raise _misread(slot, tree, f"`{callee}` takes numbers", "0")
    if word in ("same", "sameupper", "samelower", "half"):
        raise finding(
            Code.BAD_ARGUMENT,
            f"`padding`: `{callee}` takes numbers, got `{tree.text}`",
            tree.span,
            help="half the kernel keeps the size at a stride of 1, e.g. `padding: 1` for a kernel"
            " of 3; where only the last rows would be lost, `ceil_mode: true` keeps them",
        )


def _word(slot: Slot, callee: str, tree: Scalar) -> str | None:
    if slot.name == "padding":
        return foreign_values.padding(tree, callee)
    if slot.name in ("mode", "padding_mode"):
        return foreign_values.mode(tree.text)
    return None


def _either(words: frozenset[str]) -> str:
    return "one of " + ", ".join(f"`{word}`" for word in sorted(words))


def repaired(call: Call, slot: Slot, tree: Tree) -> Repair | None:
    """What the value was meant to be; ``tree`` is the one at fault, inside a list too."""
    name = slot.name
    if isinstance(tree, Sequence):
        return _of_list(tree)
    if not isinstance(tree, Scalar):
        return None
    if (tree.value is None or tree.text in _NOTHING) and not slot.required:
        return _absent(call, name, tree)
    meant = flag_of(tree.text) if slot.is_flag else _scalar(name, tree)
    return None if meant is None else Repair(f"write `{meant}`", replaced(tree, meant))


def _of_list(tree: Sequence) -> Repair | None:
    """A list of one, or of the same number once too often, is that number."""
    texts = {item.text if isinstance(item, Scalar) else "" for item in tree.items}
    if len(texts) != 1 or "" in texts:
        return None
    (meant,) = texts
    return Repair(f"write `{meant}`", replaced(tree, meant))


def _absent(call: Call, name: str, tree: Scalar) -> Repair | None:
    """No value is no argument."""
    whole = call.arguments
    held = next((each for each in _mappings(whole) if each.get(name) is tree), None)
    if whole is None or held is None:
        return None
    fix = without_argument(whole, held, name)
    return Repair(f"leave `{name}` out: then it has its default", fix) if fix else None


def _mappings(whole: Tree | None) -> tuple[Mapping, ...]:
    if isinstance(whole, Mapping):
        return (whole,)
    items = whole.items if isinstance(whole, Sequence) else ()
    return tuple(item for item in items if isinstance(item, Mapping))


def _scalar(name: str, tree: Scalar) -> str | None:
    value = tree.value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str) and len(_DIVISION.findall(value)) == 1:
        return _DIVISION.sub("//", value)
    if isinstance(value, int) and value == 0 and name in ("dilation", "groups"):
        return "1"
    return None


def flag_of(text: str) -> str | None:
    """The truth that a word or number stands for, as YAML has it."""
    word = text.casefold()
    return "true" if word in _TRUE else "false" if word in _FALSE else None
