"""Characters of a spec against characters of torchvision's Python for the same networks.

Comments, blank lines and the ends of lines are left out on both sides; of torchvision also
docstrings, tables of weights and functions of networks that the spec does not have. What is
left of a spec holds its citations, claims and whatever variants it has beside torchvision's.

    python benchmarks/characters.py
"""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from importlib import import_module
from pathlib import Path

SPECS = Path(__file__).parents[1] / "specs"
PAIRS = {
    "alexnet": "alexnet_torchvision.yaml",
    "vgg": "vgg.yaml",
    "googlenet": "googlenet_torchvision.yaml",
    "resnet": "resnet.yaml",
}
OTHERS = ("resnext", "wide_resnet")
"""torchvision's resnet.py holds these networks too."""


def yaml_characters(path: Path) -> int:
    """What stands before the comments; a ``#`` inside quotes does not occur."""
    lines = (line.split(" #")[0].rstrip() for line in path.read_text("utf-8").splitlines())
    return sum(len(line) for line in lines if line and not line.startswith("#"))


def python_characters(module: str) -> int:
    """The module's lines without what ``_left_out`` finds."""
    source = inspect.getsource(import_module(f"torchvision.models.{module}"))
    dropped = _left_out(ast.parse(source))
    lines = source.splitlines()
    comments = _comments(source)
    kept = (
        lines[number - 1][: comments.get(number, None)].rstrip()
        for number in range(1, len(lines) + 1)
        if number not in dropped
    )
    return sum(map(len, kept))


def _left_out(tree: ast.Module) -> set[int]:
    """The lines of docstrings, weight tables and other networks."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found |= _lines(first)
    for node in tree.body:
        if _is_weights(node) or _is_other(node):
            found |= _lines(node)
    return found


def _lines(node: ast.stmt) -> set[int]:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(each.lineno for each in decorators)])
    return set(range(first, (node.end_lineno or node.lineno) + 1))


def _is_weights(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        return node.name.endswith("_Weights")
    names = [ast.unparse(each) for each in getattr(node, "targets", [])]
    return any(name.startswith(("_COMMON", "__all__")) for name in names)


def _is_other(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith(OTHERS)


def _comments(source: str) -> dict[int, int]:
    """For each line with a comment, where it starts."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.start[1] for token in tokens if token.type == tokenize.COMMENT}


def main() -> None:
    """Print the table."""
    totals = [0, 0]
    print("network    spec   torchvision   ratio")
    for module, spec in PAIRS.items():
        ours, theirs = yaml_characters(SPECS / spec), python_characters(module)
        totals = [totals[0] + ours, totals[1] + theirs]
        print(f"{module:9} {ours:6,} {theirs:13,} {theirs / ours:7.2f}")
    print(f"{'all':9} {totals[0]:6,} {totals[1]:13,} {totals[1] / totals[0]:7.2f}")
    lines = (line for spec in PAIRS.values() for line in (SPECS / spec).read_text().splitlines())
    widest = max(map(len, lines))
    print(f"the longest line of these specs has {widest} columns")


if __name__ == "__main__":
    main()
