"""Values as other frameworks write them, in YAML as a spec has them.

Keras' tuples and the words of its paddings, ONNX's pads and modes, Caffe's rounding, rates to keep
instead of rates to drop.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from archcompile.frontend.text.tree import Scalar, Sequence, Tree

_TUPLE = re.compile(r"\(\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*,?\s*\)")
_PADDINGS = {
    "same": "same",
    "sameupper": "same",
    "samelower": "same",
    "half": "same",
    "valid": "valid",
    "notset": "0",
    "explicit": "0",
    "none": "0",
}
_MODES = {
    "nearest": "nearest",
    "nearestneighbor": "nearest",
    "nearestneighbour": "nearest",
    "bilinear": "bilinear",
    "linear": "bilinear",
    "bicubic": "bicubic",
    "cubic": "bicubic",
    "area": "area",
    "reflection": "reflect",
    "symmetric": "reflect",
    "edge": "replicate",
    "border": "replicate",
    "replication": "replicate",
    "wrap": "circular",
    "zero": "zeros",
    "constant": "zeros",
}


def value_for(word: str, meant: str, callee: str, tree: Tree) -> str | None:
    """The value of ``word`` as the argument ``meant``; ``None`` where it stays as it is."""
    letters = word.replace("_", "").casefold()
    turned = _TURNED.get(letters)
    if turned is not None and isinstance(tree, Scalar) and isinstance(tree.value, int | float):
        return turned(tree.value)
    if meant == "padding" and (found := padding(tree, callee)) is not None:
        return found
    if meant == "ceil_mode" and isinstance(tree, Scalar) and isinstance(tree.value, str):
        return "true" if tree.text.casefold().startswith("ceil") else "false"
    if meant == "mode" and isinstance(tree, Scalar):
        return mode(tree.text)
    if meant == "dim" and callee == "concat" and isinstance(tree, Scalar) and tree.value in (-1, 3):
        return "1"  # the last axis is Keras' channel axis
    return plain_list(tree)


def plain_list(tree: Tree) -> str | None:
    """``(3, 3)`` as ``[3, 3]``, and ``(3,)`` as ``3``."""
    if not isinstance(tree, Scalar):
        return None
    found = _TUPLE.fullmatch(tree.text.strip())
    if found is None:
        return None
    items = [item.strip() for item in found[1].split(",")]
    return items[0] if len(items) == 1 else f"[{', '.join(items)}]"


def padding(tree: Tree, callee: str) -> str | None:
    """A padding's word, or ONNX's ``[top, left, bottom, right]`` as both ends of each axis."""
    if isinstance(tree, Scalar):
        word = _PADDINGS.get(tree.text.replace("_", "").casefold())
        if "pool" in callee:
            return "0" if word in ("valid", "0") else None
        return word
    ends = _integers(tree)
    if len(ends) == 4:
        top, left, bottom, right = ends
        if len(set(ends)) == 1:
            return str(top)
        if (top, left) == (bottom, right):
            return f"[{top}, {left}]"
        return f"[[{top}, {bottom}], [{left}, {right}]]"
    if len(ends) == 2 and callee.endswith("1d"):
        return str(ends[0]) if ends[0] == ends[1] else f"[[{ends[0]}, {ends[1]}]]"
    return None


def mode(word: str) -> str | None:
    """torch's word for a way to resample or to pad."""
    return _MODES.get(word.replace("_", "").replace("-", "").casefold())


def as_pair(height: Tree, width: Tree) -> str | None:
    """Two numbers as one argument."""
    if not (isinstance(height, Scalar) and isinstance(width, Scalar)):
        return None
    if type(height.value) is not int or type(width.value) is not int:
        return None
    same = height.value == width.value
    return str(height.value) if same else f"[{height.value}, {width.value}]"


def _integers(tree: Tree) -> list[int]:
    items = tree.items if isinstance(tree, Sequence) else ()
    return [each.value for each in items if isinstance(each, Scalar) and type(each.value) is int]


def _negated(value: float) -> str:
    return "false" if value else "true"


def _complement(value: float) -> str:
    return f"{round(1 - value, 10):g}"


_TURNED: dict[str, Callable[[float], str]] = {
    "nobias": _negated,
    "keepprob": _complement,
    "keep": _complement,
    "decay": _complement,
    "movingaveragefraction": _complement,
    "depthradius": lambda value: f"{2 * value + 1:g}",
}
