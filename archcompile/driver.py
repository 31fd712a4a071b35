"""The pipeline, written out once: files to documents, to programs, to facts, to artefacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from archcompile.diagnostics import (
    Code,
    Diagnostic,
    MissingLibrary,
    Related,
    Severity,
    SpecError,
    Unfinished,
)
from archcompile.frontend import (
    STANDARD_INPUT,
    Document,
    elaborate,
    networks,
    read_document,
    read_file,
)
from archcompile.frontend.expansion.counted import Spent
from archcompile.frontend.text.source_file import is_folder
from archcompile.frontend.unused import unused
from archcompile.frontend.warnings import needless, warnings
from archcompile.ir.program import Program
from archcompile.ir.verifier import verify as verify_program
from archcompile.network import Network
from archcompile.outputs import Outcome, compare_folder, write_folders
from archcompile.passes.claims import check_claims
from archcompile.passes.facts import facts
from archcompile.passes.limits import check_limits
from archcompile.passes.warnings import Told, advise, of_all

if TYPE_CHECKING:
    pass

SPECS = "specs"
"""Where specs are looked for when none is named."""

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did for one network."""

    name: str
    folder: Path
    written: bool
    """False if the folder held these very files already."""
    files: tuple[str, ...]


def find_specs(paths: Sequence[str | Path]) -> tuple[Path, ...]:
    """The spec files among files and folders; nothing means ``specs/``. Raises ``SpecError``.

    The text ``-`` is standard input; a file of that name is ``./-``.
    """
    found: dict[Path, None] = {}
    findings: list[Diagnostic] = []
    for path in (STANDARD_INPUT if each == "-" else Path(each) for each in paths or (SPECS,)):
        if path is STANDARD_INPUT or not is_folder(path):
            found[path] = None  # the reader says what is wrong with it
            continue
        inside = sorted(each for each in path.rglob("*") if _is_spec(each))
        found.update(dict.fromkeys(inside))
        if not inside:
            findings.append(_no_specs(path))
    if not paths and not is_folder(Path(SPECS)):
        findings, found = [_no_specs(Path(SPECS))], {}
    if findings:
        raise SpecError(findings)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of files found, and the networks that are without errors."""

    networks: tuple[Network, ...]
    findings: tuple[Diagnostic, ...]
    """Errors, and the warnings of the networks."""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings that stop a build."""
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)


def load_all(
    paths: Sequence[str | Path],
    variant: str | None = None,
    overrides: Mapping[str, object] | None = None,
) -> tuple[Network, ...]:
    """Every network of every file, in order; ``variant`` picks one by name.

    A file of blocks is checked for itself, and has none. Raises ``SpecError`` with the findings of
    all files.
    """
    checked = check(paths, variant, overrides)
    if checked.errors:
        raise SpecError(checked.findings)
    return checked.networks


def check(
    paths: Sequence[str | Path],
    variant: str | None = None,
    overrides: Mapping[str, object] | None = None,
    *,
    findings_only: bool = False,
) -> Checked:
    """Every finding of every file. Raises ``SpecError`` where there is no file to check.

    A bug of ours in one file does not end the run: ``Unfinished`` has it, and the findings.
    With ``findings_only`` the networks have no classes, and cannot be built.
    """
    loaded: list[Network] = []
    findings: list[Diagnostic] = []
    documents: list[Document] = []
    bugs: dict[str, Exception] = {}
    for path in find_specs(paths):
        with _collected(findings, bugs, str(path)):
            content = read_file(path, _folder_of(path, paths))
            if isinstance(content, Document):
                documents.append(content)
    for document in _having(documents, variant):
        with _collected(findings, bugs, document.span.file.path):
            checked = check_document(document, variant, overrides, findings_only=findings_only)
            loaded += checked.networks
            findings += checked.findings
    if bugs:
        raise Unfinished(bugs, dict.fromkeys(findings)) from next(iter(bugs.values()))
    return Checked(tuple(loaded), tuple(dict.fromkeys(findings)))


@contextmanager
def _collected(findings: list[Diagnostic], bugs: dict[str, Exception], path: str) -> Iterator[None]:
    """Keeps what one file raises from ending the run; what the machine lacks ends it."""
    try:
        yield
    except SpecError as error:
        findings += error.diagnostics
    except (MissingLibrary, OSError):
        raise
    except Exception as error:  # whatever it is, it says nothing of the other files
        bugs[path] = error


def check_document(
    document: Document,
    variant: str | None = None,
    overrides: Mapping[str, object] | None = None,
    *,
    findings_only: bool = False,
) -> Checked:
    """Every finding of a file's networks, or of one of them.

    What several share is said once. Warnings stand beside claims that do not hold: they may be why.
    """
    loaded: list[Network] = []
    errors: list[Diagnostic] = []
    told: list[Told] = []
    spent, is_whole = Spent(), True
    for name in (variant,) if variant is not None else networks(document):
        try:
            define = not findings_only
            network, found = _compiled(document, name, overrides, define=define, spent=spent)
            told.append(Told.of(network.program))
            loaded += () if found else (network,)
        except SpecError as error:
            found, is_whole = error.diagnostics, False
        known = frozenset((each.code, each.span) for each in errors)
        errors += (each for each in found if (each.code, each.span) not in known)
        if spent.is_told:
            break
    said = (*warnings(document, of_all(told)), *unused(document)) if is_whole else ()
    if variant is None and not overrides and not errors:
        said = (*said, *needless(document, said))
    return Checked(tuple(loaded), (*dict.fromkeys(errors), *_not_allowed(document, said)))


def load(path: str | Path, variant: str | None = None, **parameters: object) -> Network:
    """One network of a spec file, checked.

    Without ``variant``: the one named as the file says, else the only one. ``parameters`` replace
    the file's own values, e.g. ``classes=10``. Raises ``SpecError``, which carries every finding.
    """
    read_from = STANDARD_INPUT if path == "-" else Path(path)
    return compiled(read_document(read_from), variant, parameters)


def compiled(
    document: Document, variant: str | None, overrides: Mapping[str, object] | None
) -> Network:
    """A document's network with its facts and warnings; its claims hold. Raises ``SpecError``."""
    network, claims = _compiled(document, variant, overrides)
    if claims:
        raise SpecError(claims)
    advice = (*warnings(document, advise(network.program)), *unused(document))
    return replace(network, warnings=_not_allowed(document, advice))


def _compiled(
    document: Document,
    variant: str | None,
    overrides: Mapping[str, object] | None,
    *,
    define: bool = True,
    spent: Spent | None = None,
) -> tuple[Network, tuple[Diagnostic, ...]]:
    """The network, and its claims that do not hold."""
    program: Program = elaborate(document, variant, overrides, define=define, spent=spent)
    verify_program(program)
    known = facts(program)
    if too_large := check_limits(program, known):
        raise SpecError(too_large)
    return Network(program, known), check_claims(program, known)


def _not_allowed(document: Document, advice: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    allowed = {code.text for code in document.allow}
    return tuple(each for each in advice if each.code.value not in allowed)


def build(networks: Sequence[Network], out: Path, force: bool = False) -> tuple[Built, ...]:
    """Write the artefacts of every network, each into a folder of its own below ``out``.

    Raises ``SpecError`` before anything is written if two networks would share a folder, and where
    a file stands in the way that archcompile did not write.
    """
    refuse_shared_folders(networks)
    folders = {network.name: network.files() for network in networks}
    outcomes = write_folders(out, folders, force=force)
    return tuple(
        Built(name, out / name, outcome is Outcome.WRITTEN, tuple(files))
        for (name, files), outcome in zip(folders.items(), outcomes, strict=True)
    )


def build_check(networks: Sequence[Network], out: Path) -> str:
    """What a build would change below ``out``, as a unified diff; empty if nothing."""
    refuse_shared_folders(networks)
    return "".join(compare_folder(out / each.name, each.files()) for each in networks)


def _having(documents: Iterable[Document], variant: str | None) -> list[Document]:
    """The documents that have the wanted network; all of them if none has, so that each says so."""
    every = list(documents)
    if variant is None:
        return every
    return [each for each in every if variant in networks(each)] or every


def _folder_of(path: Path, paths: Sequence[str | Path]) -> Path | None:
    """The named folder in which a file was found; ``None`` if the file itself was named."""
    named = map(Path, paths or (SPECS,))
    return next((each for each in named if is_folder(each) and path.is_relative_to(each)), None)


def _is_spec(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts if part not in (".", ".."))
    return path.suffix in _SUFFIXES and not hidden and path.is_file()


def _no_specs(path: Path) -> Diagnostic:
    return Diagnostic(
        Code.NO_SPECS,
        f"there is no spec in `{path}`",
        None,
        help="name a .yaml file, or a folder that holds some",
    )


def refuse_shared_folders(networks: Sequence[Network]) -> None:
    """Networks whose names differ in letter case at most are a ``SpecError``."""
    first: dict[str, Program] = {}
    findings: list[Diagnostic] = []
    for program in (network.program for network in networks):
        # on some file systems letter case does not tell two folders apart
        other = first.setdefault(program.name.casefold(), program)
        if other is not program:
            findings.append(
                Diagnostic(
                    Code.SAME_OUTPUT,
                    f"`{program.name}` and `{other.name}` would share a folder"
                    " (letter case does not count)",
                    program.span,
                    related=(Related(other.span, f"`{other.name}` is here too"),),
                    help="give one of them another name",
                )
            )
    if findings:
        raise SpecError(findings)
