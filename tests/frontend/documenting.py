"""What the tests of documents are written in: specs of a few lines, and findings as lines."""

from __future__ import annotations

from reading import findings_of, line_of, tree_of

from archcompile.frontend.document.document import Document, Layer
from archcompile.frontend.document.documents import document

OPS = frozenset(
    (
        *("conv2d", "linear", "batch_norm2d", "relu", "tanh", "flatten", "concat", "add", "chunk"),
        *("parameter", "constant"),
    )
)
HEAD = "archcompile: 1\nname: net\ninput: [N, 3, 8, 8]\n"
BODY = "layers: [relu]\n"


def document_of(text: str) -> Document:
    """The document of a spec's text."""
    return document(tree_of(text), OPS)


def body_of(entry: str) -> Document:
    """A spec with one entry on line 5 before its layers."""
    return document_of(f"{HEAD}{BODY}{entry}\n")


def layer_of(entry: str) -> Layer:
    """The one layer of a spec; the entry starts at column 3 of line 5."""
    (layer,) = document_of(f"{HEAD}layers:\n- {entry}\n").layers
    return layer


def refused(text: str) -> list[str]:
    """What is found in a spec's text."""
    return [line_of(finding) for finding in findings_of(lambda: document_of(text))]


def refused_key(entry: str) -> list[str]:
    """What is found in a spec with one entry on line 5 before its layers."""
    return refused(f"{HEAD}{BODY}{entry}\n")


def refused_layer(entry: str) -> list[str]:
    """What is found in a layer, which starts at column 3 of line 5."""
    return refused(f"{HEAD}layers:\n- {entry}\n")


def help_of(text: str) -> str | None:
    """The help of the one finding in a spec's text."""
    (finding,) = findings_of(lambda: document_of(text))
    return finding.help


def help_of_layer(entry: str) -> str | None:
    """The help of the one finding in a layer."""
    return help_of(f"{HEAD}layers:\n- {entry}\n")


def help_of_key(entry: str) -> str | None:
    """The help of the one finding in an entry of the document."""
    return help_of(f"{HEAD}{BODY}{entry}\n")
