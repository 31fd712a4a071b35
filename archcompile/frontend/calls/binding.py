"""Python's rules for a call: positions, then keywords; unknown and repeated ones are findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from archcompile.diagnostics import Code, Related
from archcompile.diagnostics.suggest import listed
from archcompile.frontend.calls.call_rewriting import reading, without_arguments
from archcompile.frontend.calls.strange_argument import StrangeArgument
from archcompile.frontend.document.document import Layer
from archcompile.frontend.findings import Findings
from archcompile.frontend.mending.call_edits import without_argument
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree

_LONGEST = 60
"""Arguments of more characters are not shown again in a help line."""


@dataclass(slots=True)
class Binding:
    """One call: which tree each of the callee's arguments has."""

    callee: str
    names: tuple[str, ...]
    call: Scalar
    arguments: Tree | None
    layer: Layer | None = None
    """The line of the call, if the arguments stand in it."""
    bound: dict[str, Tree] = field(default_factory=dict)
    meant: set[str] = field(default_factory=set)
    """Arguments that are given by another word."""
    is_unclear: bool = False
    """Whether something is given of which nobody knows what it is."""

    def bind(self, findings: Findings) -> dict[str, Tree]:
        """Bind them; unknown, surplus and repeated ones are findings."""
        match self.arguments:
            case None | Scalar(value=None):
                pass
            case Mapping():
                self._keywords(self.arguments, findings)
            case Scalar():
                self._positions((self.arguments,), findings)
            case Sequence():
                self._sequence(self.arguments, findings)
        return self.bound

    def _sequence(self, arguments: Sequence, findings: Findings) -> None:
        items = arguments.items
        keywords = [item for item in items if isinstance(item, Mapping)]
        positions = tuple(takewhile(lambda item: not isinstance(item, Mapping), items))
        if len(self.names) == 1 and len(positions) > 1 and not keywords:
            self.bound[self.names[0]] = arguments  # adaptive_avg_pool2d: [6, 6] is one argument
            return
        for earlier, later in pairwise(items):
            if isinstance(earlier, Mapping) and not isinstance(later, Mapping):
                self.is_unclear = True
                findings.add(
                    Code.BAD_ARGUMENT,
                    "an argument by position stands behind one by name",
                    later.span,
                    help="as in Python: positions first, then names",
                    related=(Related(earlier.span, "the one by name"),),
                )
        self._positions(positions, findings)
        for keyword in keywords:
            self._keywords(keyword, findings)

    def _positions(self, positions: tuple[Tree, ...], findings: Findings) -> None:
        if len(positions) > len(self.names):
            self._surplus(positions, findings)
        self.bound |= dict(zip(self.names, positions, strict=False))

    def _surplus(self, positions: tuple[Tree, ...], findings: Findings) -> None:
        count = len(positions)
        if self.names:
            findings.add(
                Code.TOO_MANY_ARGUMENTS,
                f"`{self.callee}` takes at most {len(self.names)} arguments, got {count}",
                positions[len(self.names)].span,
                help=f"in order it takes {listed(self.names)}",
            )
            return
        assert self.arguments is not None
        read = reading(self.call, self.arguments, self.layer)
        if read is not None:
            findings.add(
                Code.TOO_MANY_ARGUMENTS,
                f"`{self.callee}` takes no arguments: what it reads stands beside it",
                positions[0].span,
                help=f"write `{read[0]}`",
                fix=read[1],
            )
            return
        findings.add(
            Code.TOO_MANY_ARGUMENTS,
            f"`{self.callee}` takes no arguments, got {count}",
            positions[0].span,
            help=f"write `{self.callee}` alone",
            fix=without_arguments(self.call, self.arguments, self.layer),
        )

    def _keywords(self, held: Mapping, findings: Findings) -> None:
        for entry in held.entries:
            name = entry.key.text
            if name in self.bound:
                self._twice(held, name, entry.key, findings)
            elif name in self.names:
                self.bound[name] = entry.value
        self._strangers(held, findings)

    def _twice(self, held: Mapping, name: str, key: Scalar, findings: Findings) -> None:
        assert self.arguments is not None
        first = self.bound[name].span
        how = "first here, by name"
        if isinstance(self.arguments, Sequence) and self.bound[name] in self.arguments.items:
            place = self.names.index(name) + 1
            how = f"first here: `{name}` is argument {place} by position"
        findings.add(
            Code.DUPLICATE_ARGUMENT,
            f"`{name}` is given twice",
            key.span,
            related=(Related(first, how),),
            help=f"leave the second out: `{name}` has a value",
            fix=without_argument(self.arguments, held, name),
        )

    def _strangers(self, held: Mapping, findings: Findings) -> None:
        assert self.arguments is not None
        settled: set[str] = set()
        for entry in held.entries:
            name = entry.key.text
            if name in self.names or name in settled:
                continue
            taken = self.bound.keys() | self.meant
            stranger = StrangeArgument(
                self.callee, self.names, self.call, self.arguments, held, entry, taken, self.layer
            )
            advice = stranger.advice()
            settled |= advice.settles
            if advice.meant is not None:
                self.meant.add(advice.meant)
            self.is_unclear |= advice.is_unclear
            findings.add(
                Code.UNKNOWN_ARGUMENT,
                f"`{self.callee}` has no argument `{name}`",
                entry.key.span,
                help=advice.help,
                fix=advice.fix,
            )

    def report_missing(
        self, missing: list[str], findings: Findings, handed: str | None = None
    ) -> None:
        """Add the finding that required arguments are not given, with the form of the call.

        ``handed`` is the parameter for which the callee was handed over.
        """
        left = [name for name in missing if name not in self.meant]
        if not left or self.is_unclear:
            return
        form = f"{self.call.text}: {{{', '.join(self._form(left))}}}"
        findings.add(
            Code.MISSING_ARGUMENT,
            f"`{self.callee}` needs {listed(left)}",
            self.call.span,
            help=f"e.g. `{form}`" if handed is None else f"e.g. `{handed}: {{{form}}}`",
        )

    def _form(self, missing: list[str]) -> list[str]:
        """The arguments in order: as they are given, and ``…`` for what is missing."""
        shown = []
        for name in self.names:
            if name in missing:
                shown.append(f"{name}: …")
            elif name in self.bound:
                span = self.bound[name].span
                text = span.text() if span.line == span.end_line else "…"
                shown.append(f"{name}: {text}")
        return shown if sum(map(len, shown)) < _LONGEST else [f"{name}: …" for name in missing]
