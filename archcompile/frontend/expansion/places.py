"""Places: the named values of one class body while it is elaborated, and what ``from`` may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, TypeVar

from archcompile.diagnostics import Code, Related, Span, SpecError
from archcompile.frontend.document.document import Layer
from archcompile.frontend.document.names import check_layer_name, renamed
from archcompile.frontend.expansion.unknown_layer import Seen, left_out, unknown_layer
from archcompile.frontend.findings import finding
from archcompile.frontend.text.tree import Scalar

V = TypeVar("V")


def _nothing(name: str) -> None:
    """Of a body that knows nothing of what is inside its modules."""


@dataclass(slots=True)
class Beyond:
    """What a body's names may be mistaken for; this one knows of nothing."""

    def inside(self, last: str) -> Iterable[str]:
        """Paths in this body, of values inside its modules, that end in this part."""
        return ()

    def outside(self, name: str) -> Span | None:
        """Where a layer of the bodies around has this name, which a block does not see."""
        return None

    def is_absent(self, path: str) -> bool:
        """Whether a line of that path is left out by its condition."""
        return False


@dataclass(slots=True)
class Places(Generic[V]):
    """What has a name so far, what the line before left, how often each automatic name was used.

    Names are paths from the body's own attributes on; ``level`` is the path of the named structure
    that is being walked, with a point behind it.
    """

    inputs: dict[str, V]
    later: dict[str, Layer]
    """The lines with a name in the body's text, whether or not the walk has reached them."""
    current: tuple[V, ...] = ()
    tap: Callable[[str], V | None] = _nothing
    """The value inside a module of this body, by its path."""
    beyond: Beyond = field(default_factory=Beyond)
    seen: Seen = field(default_factory=Seen)
    """The names that could be read, for those that could not."""
    level: str = ""
    values: dict[str, tuple[V, ...]] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    containers: dict[str, Span] = field(default_factory=dict)
    """Paths that hold others: of named structures, and the fronts of names that are paths."""
    counts: dict[str, int] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    """Names of layers that a condition leaves out."""
    crowded: set[str] = field(default_factory=set)
    """Names of absent layers that would have read several values."""

    @classmethod
    def of(cls, inputs: dict[str, V], layers: tuple[Layer, ...]) -> Places[V]:
        """The start of a body: the first line reads the inputs."""
        later: dict[str, Layer] = {}
        for name, layer in _static_names(layers):
            later.setdefault(name, layer)
        return cls(inputs, later, tuple(inputs.values()))

    def automatic(self, base: str) -> str:
        """``relu``, ``relu2``, …: counted in the text, so that no condition shifts a name."""
        place = f"{self.level}{base}"
        number = self.counts.get(place, 0) + 1
        self.counts[place] = number
        return base if number == 1 else f"{base}{number}"

    def declare(
        self, name: str, span: Span, *, loops: bool, chain: bool = False, group: bool = False
    ) -> str:
        """Check a layer's name, take it and return its path.

        ``group`` is a named structure, which holds names below its own. Raises a finding if it is
        no name or is taken.
        """
        check_layer_name(name, span, chain=chain)
        path = f"{self.level}{name}"
        if name in self.inputs or path in self.inputs:
            free = self._free(name)
            raise finding(
                Code.DUPLICATE_NAME,
                f"`{name}` is the name of an input",
                span,
                help=f"write `{free}`",
                fix=renamed(span, name, free),
            )
        self._refuse_taken(path, span, loops=loops)
        (self.containers if group else self.spans)[path] = span
        for front in _fronts(path):
            self.containers.setdefault(front, span)
        return path

    def _refuse_taken(self, path: str, span: Span, *, loops: bool) -> None:
        first = self.spans.get(path) or self.containers.get(path)
        if first is not None:
            raise self._twice(path, first, span, loops=loops)
        for front in _fronts(path):
            if front in self.spans:
                raise finding(
                    Code.DUPLICATE_NAME,
                    f"`{path}` would stand inside the layer `{front}`",
                    span,
                    related=(Related(self.spans[front], f"`{front}` is here"),),
                    help=f"write `{path.replace('.', '_')}`",
                    fix=renamed(span, path, path.replace(".", "_")),
                )

    def _twice(self, path: str, first: Span, span: Span, *, loops: bool) -> SpecError:
        """The finding that a name is taken, with the next that is free."""
        name = path.removeprefix(self.level)
        free = self._free(name)
        fix = () if loops else renamed(span, name, free)
        help = f"write `{free}`" if fix else "give one of them a name of its own"
        if first == span:
            help = f'a name in a loop is a template over its variable, e.g. `name: "{name}{{i}}"`'
        return finding(
            Code.DUPLICATE_NAME,
            f"two layers are called `{path}`",
            span,
            related=() if first == span else (Related(first, f"`{path}` is first named here"),),
            help=help,
            fix=fix,
        )

    def _free(self, name: str) -> str:
        """The name with the first number behind it that makes it free."""
        taken = (self.inputs, self.later, self.spans, self.containers, self.values)
        joint = "_" if name[-1:].isdigit() else ""
        numbers = (f"{name}{joint}{number}" for number in count(2))
        paths = ((each, f"{self.level}{each}") for each in numbers)
        return next(each for each, path in paths if not any(path in names for names in taken))

    def apart(self, name: str, open_value: V) -> str:
        """A path for a line whose name was refused: what it makes is no second use of another.

        Who reads a name that two lines have reads nothing that is known.
        """
        path = f"{self.level}{name}"
        if path not in self.spans and path not in self.containers and path not in self.values:
            return path
        self.values[path] = (open_value,)
        return f"{path}'{len(self.values)}"

    def define(self, path: str, values: tuple[V, ...]) -> None:
        """The layer's values, which the next line reads too."""
        self.keep(path, values)
        self.current = values
        self.absent.discard(path)
        self.crowded.discard(path)

    def keep(self, path: str, values: tuple[V, ...]) -> None:
        """What a name means, whether or not the next line reads it."""
        if path not in self.values:
            self.seen.add(path)
        self.values[path] = values

    def is_made(self, path: str) -> bool:
        """Whether a layer of that name is there: an absent one may have a twin that is."""
        return path in self.values and path not in self.absent

    def leave_out(self, path: str, reads: tuple[V, ...]) -> None:
        """An absent layer: its name means what it would have read."""
        self.define(path, reads)
        self.absent.add(path)
        if len(reads) > 1:
            self.crowded.add(path)

    def leave_open(self, layers: tuple[Layer, ...], values: tuple[V, ...]) -> None:
        """The names of lines that could not be walked: what reads them is open too."""
        for name, _ in _static_names(layers):
            if f"{self.level}{name}" not in self.values:
                self.keep(f"{self.level}{name}", values)

    def read(self, sources: tuple[Scalar, ...] | None, texts: Iterable[str]) -> tuple[V, ...]:
        """What a layer reads: the line before, or the names after ``from``."""
        if sources is None:
            return self.current
        found: list[V] = []
        for scalar, name in zip(sources, texts, strict=True):
            found += self._named(scalar, name)
        return tuple(found)

    def shown(self, source: Scalar) -> V:
        """The value that an output shows: of a layer that has one."""
        values = self._named(source, source.text)
        if len(values) != 1:
            raise finding(
                Code.WRONG_INPUT_COUNT,
                f"an output shows one value, `{source.text}` has {len(values)}",
                source.span,
            )
        return values[0]

    def path_of(self, name: str) -> str | None:
        """The path of the layer of that name, seen from the structure that is being walked."""
        return next((each for each in self._candidates(name) if each in self.values), None)

    def is_absent(self, name: str) -> bool:
        """Whether the layer of that name is left out, in this body or inside its modules."""
        path = self.path_of(name)
        if path is not None:
            return path in self.absent
        return any(map(self.beyond.is_absent, self._candidates(name)))

    def _candidates(self, name: str) -> Iterator[str]:
        """The paths that a name may mean, the innermost structure's first."""
        if self.level:
            parts = self.level.split(".")[:-1]
            for kept in range(len(parts), 0, -1):
                yield ".".join((*parts[:kept], name))
        yield name

    def _named(self, scalar: Scalar, name: str) -> tuple[V, ...]:
        path = self.path_of(name)
        if path in self.crowded:
            raise finding(
                Code.WRONG_INPUT_COUNT,
                f"`{name}` is left out here, and it would have read several values",
                scalar.span,
                help="read those values themselves",
            )
        if path is not None:
            return self.values[path]
        if name in self.inputs:
            return (self.inputs[name],)
        for candidate in self._candidates(name):
            tapped = self.tap(candidate)
            if tapped is not None:
                return (tapped,)
            for front in _fronts(candidate):
                if None in self.values.get(front, ()):  # open after a finding: so is all inside
                    return self.values[front]
        raise self.unknown(scalar, name)

    def unknown(self, scalar: Scalar, name: str) -> Exception:
        """The finding that no layer before has this name."""
        for candidate in self._candidates(name):
            if candidate in self.absent or self.beyond.is_absent(candidate):
                return left_out(scalar, name)
            for front in _fronts(candidate):
                if front in self.absent or self.beyond.is_absent(front):
                    return left_out(scalar, name, front)
        last = name.rpartition(".")[2]
        return unknown_layer(
            scalar,
            name,
            tuple(self.inputs),
            self.later,
            self.seen,
            next(iter(self.beyond.inside(last)), None),
            self.beyond.outside(name),
        )


def _fronts(path: str) -> Iterable[str]:
    """The paths of what holds a path: ``a`` and ``a.b`` for ``a.b.c``."""
    if "." not in path:
        return ()
    parts = path.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))


def _static_names(layers: tuple[Layer, ...]) -> Iterator[tuple[str, Layer]]:
    for layer in layers:
        for name in (layer.name, *layer.names):
            if name is not None and "{" not in name.text:
                yield name.text, layer
        inner = layer.inner_lines()
        if layer.name is None and inner:
            yield from _static_names(inner)
