"""What one examination says: the differences, what was compared, and how far apart it was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Findings:
    """Grows while the networks of a spec are compared; ``+=`` joins those of several specs."""

    differences: list[str] = field(default_factory=list)
    """One line each: network, kind, layer, and what is wrong."""
    made: Counter[str] = field(default_factory=Counter)
    """Comparisons by kind."""
    not_made: Counter[str] = field(default_factory=Counter)
    """Those that would have meant nothing, by kind and reason: none is left out in silence."""
    errors: dict[str, list[float]] = field(default_factory=dict)
    """By kind the largest error of each network."""
    sizes: list[int] = field(default_factory=list)
    """Layers of each network."""
    refused: int = 0
    """Networks that a spec of ``random_specs`` has and that do not fit, as its findings say."""
    network: str = ""
    """The one that is looked at."""

    def differs(self, kind: str, layer: str, what: str) -> None:
        """Something is wrong."""
        line = f"{self.network}: {kind}: {layer}: {what}"
        if line not in self.differences:
            self.differences.append(line)

    def holds(self, kind: str, layer: str, found: object, wanted: object) -> bool:
        """Two statements of one thing, which must be equal."""
        self.made[kind] += 1
        if found == wanted:
            return True
        self.differs(kind, layer, f"{found} against {wanted}")
        return False

    def error(self, kind: str, size: float) -> None:
        """An error of the network that is looked at: the largest is kept."""
        self.errors.setdefault(kind, []).append(size)

    def __iadd__(self, other: Findings) -> Findings:
        self.differences += other.differences
        self.made += other.made
        self.not_made += other.not_made
        for kind, sizes in other.errors.items():
            self.errors.setdefault(kind, []).extend(sizes)
        self.sizes += other.sizes
        self.refused += other.refused
        return self
