"""``verify``: what a network becomes now, and what stands on the disk, run and compared."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archcompile import backends, proof
from archcompile.diagnostics import Code, Diagnostic, InternalError, MissingLibrary, SpecError
from archcompile.network import Network

if TYPE_CHECKING:
    from archcompile.proof import Artefact, VerifyReport
    from archcompile.targets.reference import Array

_OTHER_WEIGHTS = 1_000_003
"""From one seed of the verification weights to the next that is tried."""


def verify(
    network: Network,
    *,
    source: Path | None = None,
    onnx: Path | None = None,
    seed: int = 0,
    exact: bool = False,
    reference: bool = True,
    out: Path = Path("generated"),
) -> VerifyReport:
    """Run what the network becomes now, and what stands on the disk, and compare.

    ``source`` and ``onnx`` name the files on the disk; else those below ``out`` are taken where
    they are. The weights are made for the purpose from ``seed``, the same for all. Where all agree
    and some tensor happens not to matter, as a ReLU may be shut, other weights are tried once.
    ``exact`` compares them bit by bit too, on integers. Without ``reference`` the artefacts are
    otherwise compared with each other alone.
    Raises ``SpecError`` for a named file that is not there.
    """
    files = _files(network, source, onnx, out)
    weights = proof.verification_weights(network.program, seed)
    artefacts = _artefacts(network, weights, files)
    found = proof.verify(network.program, artefacts, weights, seed=seed, reference=reference)
    if found.is_by_chance:
        weights = proof.verification_weights(network.program, seed + _OTHER_WEIGHTS)
        artefacts = _artefacts(network, weights, files)
        again = proof.verify(network.program, artefacts, weights, seed=seed, reference=reference)
        found = replace(again, retried=True)
    if exact:
        found = replace(
            found, exact=proof.verify_exact(network.program, artefacts, weights, seed=seed)
        )
    return found


def _artefacts(
    network: Network, weights: Mapping[str, Array], files: Sequence[Artefact]
) -> tuple[Artefact, ...]:
    """What the network becomes now, with these weights where it holds any, and the files."""
    emitted = backends.onnx.onnx_bytes(network.program, weights)
    return (
        proof.Artefact("source", "source", network.source()),
        *_live(network),
        proof.Artefact("ONNX", "onnx", emitted, holds_weights=True),
        proof.Artefact("ONNX text", "onnx", network.onnx_text()),
        *files,
    )


def _live(network: Network) -> tuple[Artefact, ...]:
    """The text that the live module executed and shows; nothing where torch is not installed."""
    try:
        network_class = backends.pytorch.load_class(network.source(), network.name)
    except MissingLibrary:
        return ()
    text = inspect.getsource(sys.modules[network_class.__module__])
    if text != network.source():
        raise InternalError("the live module does not show the text of the emitted source")
    return (proof.Artefact("module", "source", text),)


def _files(
    network: Network, source: Path | None, onnx: Path | None, out: Path
) -> tuple[Artefact, ...]:
    """The files on the disk: the named ones, else what lies in the network's folder."""
    folder = out / network.name
    sources = [source] if source is not None else _present(folder / f"{network.name}.py")
    graphs = (
        [onnx]
        if onnx is not None
        else _present(folder / f"{network.name}.onnxtxt", folder / f"{network.name}.onnx")
    )
    return (
        *(proof.Artefact(str(path), "source", _content(path)) for path in sources),
        *(proof.Artefact(str(path), "onnx", _graph(path)) for path in graphs),
    )


def _present(*paths: Path) -> list[Path]:
    return [path for path in paths if path.is_file()]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        code = Code.FILE_NOT_FOUND if isinstance(error, FileNotFoundError) else Code.FILE_UNREADABLE
        reason = (error.strerror or str(error)).lower()
        raise SpecError([Diagnostic(code, f"cannot read `{path}`: {reason}", None)]) from error


def _graph(path: Path) -> str | bytes:
    """A model's bytes, or the text of a graph in ONNX's text syntax."""
    content = _content(path)
    if path.suffix not in (".onnxtxt", ".onnxtext"):
        return content
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content  # verification says that it is no graph
