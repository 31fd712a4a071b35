"""Shapes of inputs in other tools' forms: ``3x224x224``, ``(3, 224, 224)``, channels and height."""

from __future__ import annotations

import re

from archcompile.frontend.mending.rewriting import is_one_line
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree

_SIZE = r"(?:[1-9][0-9]*|[A-Z]|-1|\?|None|none|null|batch)"
_TEXT = re.compile(rf"[(\[]?\s*(?P<sizes>{_SIZE}(?:\s*[x×*,]\s*{_SIZE})+)\s*,?\s*[)\]]?")
_AXES = (
    ("batch", "batch_size", "n"),
    ("channels", "channel", "c", "in_channels", "depth", "features", "in_features"),
    ("height", "h", "rows"),
    ("width", "w", "cols", "columns", "length"),
)
"""Words for axes, in the order of a shape."""
_OPEN = frozenset(("None", "none", "null", "-1", "?", "*", "batch", "batch_size", "bs", "B"))
_LETTERS = "NCHW"


def written_sizes(tree: Tree) -> tuple[str, ...]:
    """The sizes that another form of a shape says; none if it is no shape."""
    match tree:
        case Scalar(value=str()):
            found = _TEXT.fullmatch(tree.text.strip())
            return () if found is None else tuple(re.split(r"\s*[x×*,]\s*", found["sizes"]))
        case Mapping(entries=entries) if entries:
            given = {e.key.text.casefold(): e.value for e in entries}
            sizes = [next((given[w] for w in words if w in given), None) for words in _AXES]
            said = [size for size in sizes if size is not None]
            are_numbers = all(isinstance(s, Scalar) and type(s.value) is int for s in said)
            if len(said) == len(entries) and are_numbers and len(said) > 1:
                return tuple(s.text for s in said if isinstance(s, Scalar))
    return ()


def shape_inside(tree: Tree) -> Sequence | None:
    """The shape in ``{shape: [N, 3, 32, 32], dtype: float32}``; ``None`` if there is none."""
    if not isinstance(tree, Mapping):
        return None
    shapes = [e.value for e in tree.entries if e.key.text in ("shape", "size", "dims", "shapes")]
    others = [e for e in tree.entries if isinstance(e.value, Scalar)]
    shape = shapes[0] if len(shapes) == 1 else None
    is_beside = len(others) == len(tree.entries) - 1 and bool(others)
    is_line = isinstance(shape, Sequence) and shape.flow and is_one_line(shape.span)
    return shape if isinstance(shape, Sequence) and is_beside and is_line else None


def with_batch(sizes: tuple[str, ...]) -> tuple[str, ...]:
    """A shape whose first axis is the batch: put in, or in the place of the number for it."""
    first, *rest = sizes
    if first in _OPEN or (len(sizes) > 3 and first.isdigit()) or (first == "1" and len(sizes) == 2):
        return ("N", *map(_open, rest))
    return (first, *rest) if first == "N" else ("N", first, *map(_open, rest))


def open_axis(item: Tree, place: int, rank: int) -> str | None:
    """The letter for an axis that other tools leave open; ``None`` if it is something else."""
    if not isinstance(item, Scalar) or (item.text and item.text not in _OPEN):
        return None
    if place == 0:
        return "N"
    return "HW"[place - 2] if rank == 4 and place > 1 else "T" if place == rank - 1 else None


def _open(size: str) -> str:
    return "H" if size in _OPEN else size
