"""The name of each use of a module: its path, and ``path#2`` where it is used once more."""

from __future__ import annotations

from collections import Counter


class Uses:
    """Names uses in the order in which they are met, as ``Node.name`` does for nodes."""

    def __init__(self) -> None:
        self._met: Counter[str] = Counter()

    def name(self, path: str) -> str:
        """The name of the next use of the module at this path."""
        self._met[path] += 1
        number = self._met[path]
        return path if number == 1 else f"{path}#{number}"


def base(name: str) -> str:
    """The path that a use's name belongs to."""
    return name.partition("#")[0]
