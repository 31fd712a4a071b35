"""Typed access to a tree's values: each is what is expected, or a finding at its place."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass

from archcompile.diagnostics import Code, Related, Span
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.findings import Findings
from archcompile.frontend.tree import Entry, Mapping, Scalar, Sequence, Tree

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TITLE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LONGEST_NAME = 100
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one kind of mapping: what it is called, and what may stand in it."""

    owner: str
    known: tuple[str, ...]


def described(tree: Tree) -> str:
    """A value for a sentence: ``a list``, ``nothing``, ``the number 3``, …"""
    match tree:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool()):
            return f"`{tree.text}`"
        case Scalar(value=str()):
            return f"the text `{_shortened(tree.text)}`"
        case _:
            return f"the number {tree.text}"


def wrong_type(findings: Findings, tree: Tree, expected: str, help: str | None = None) -> None:
    """Add the finding: expected this, got that."""
    findings.add(
        Code.WRONG_TYPE, f"expected {expected}, got {described(tree)}", tree.span, help=help
    )


def mapping(findings: Findings, tree: Tree, expected: str, help: str | None = None) -> Mapping:
    """The mapping, or an empty one after a finding."""
    if isinstance(tree, Mapping):
        return tree
    wrong_type(findings, tree, expected, help)
    return Mapping(tree.span, ())


def items(
    findings: Findings, tree: Tree, expected: str, help: str | None = None
) -> tuple[Tree, ...]:
    """A list's items; none, after a finding, if it is empty or no list."""
    if not isinstance(tree, Sequence):
        wrong_type(findings, tree, expected, help)
        return ()
    if not tree.items:
        findings.add(Code.EMPTY, f"expected {expected}, got an empty list", tree.span)
    return tree.items


def text(findings: Findings, tree: Tree, expected: str, help: str | None = None) -> Scalar | None:
    """A scalar that is a text, not empty, or ``None`` after a finding."""
    if isinstance(tree, Scalar) and isinstance(tree.value, str) and tree.text.strip():
        return tree
    if help is None and isinstance(tree, Scalar) and tree.text and not isinstance(tree.value, str):
        help = f'quote it: "{tree.text}"'
    if help is None and isinstance(tree, Mapping) and tree.flow:
        help = "quote a text that starts with `{`"
    wrong_type(findings, tree, expected, help)
    return None


def texts(findings: Findings, tree: Tree, expected: str, each: str) -> tuple[Scalar, ...]:
    """A list of texts, without those that are none."""
    every = (text(findings, item, each) for item in items(findings, tree, expected))
    return tuple(item for item in every if item is not None)


def distinct(findings: Findings, every: list[Scalar | None]) -> tuple[Scalar, ...]:
    """The names without those that stand twice, each of which is a finding."""
    found: dict[str, Scalar] = {}
    for name in every:
        if name is None:
            continue
        first = found.setdefault(name.text, name)
        if first is not name:
            findings.add(
                Code.DUPLICATE_NAME,
                f"`{name.text}` stands twice",
                name.span,
                related=(Related(first.span, "first here"),),
            )
    return tuple(found.values())


def known_entries(findings: Findings, tree: Mapping, keys: Keys) -> dict[str, Entry]:
    """The entries whose keys may stand here; any other is a finding that says which may."""
    known: dict[str, Entry] = {}
    for entry in tree.entries:
        key = entry.key.text
        if key in keys.known:
            known[key] = entry
        else:
            unknown_key(findings, entry.key, keys.owner, keys.known)
    return known


def unknown_key(findings: Findings, key: Scalar, owner: str, choices: Iterable[str]) -> None:
    """Add the finding, with the key that was meant or the keys that there are."""
    choices = tuple(choices)
    near = closest(key.text, choices)
    findings.add(
        Code.UNKNOWN_KEY,
        f"unknown key `{_shortened(key.text)}` in {owner}",
        key.span,
        help=f"did you mean `{near}`?" if near else f"{owner} has the keys {listed(choices, 20)}",
    )


def missing_key(
    findings: Findings, owner: str, key: str, span: Span, help: str | None = None
) -> None:
    """Add the finding that a key must stand here."""
    findings.add(Code.MISSING_KEY, f"{owner} has no `{key}`", span, help=help)


def check_identifier(findings: Findings, name: Scalar, what: str) -> None:
    """A name that becomes one in Python: ASCII, no keyword, no dunder. Else a finding."""
    written, fault = name.text, None
    if not _NAME.fullmatch(written):
        fault = "a name has letters, digits and `_`, and does not start with a digit"
    elif keyword.iskeyword(written):
        fault = "this is a word of Python's own"
    elif written.startswith("__"):
        fault = "a name must not start with `__`"
    elif len(written) > _LONGEST_NAME:
        fault = f"a name has at most {_LONGEST_NAME} characters"
    _report_name(findings, name, what, fault)


def check_title_name(findings: Findings, name: Scalar, what: str) -> None:
    """A name of a network, that names files too: it starts with a letter. Else a finding."""
    written, fault = name.text, None
    if not _TITLE_NAME.fullmatch(written):
        fault = "a name has letters, digits and `_`, and starts with a letter"
    elif keyword.iskeyword(written):
        fault = "this is a word of Python's own"
    elif len(written) > _LONGEST_NAME:
        fault = f"a name has at most {_LONGEST_NAME} characters"
    _report_name(findings, name, what, fault)


def _report_name(findings: Findings, name: Scalar, what: str, fault: str | None) -> None:
    if fault is None:
        return
    repaired = re.sub("[^A-Za-z0-9_]+", "_", name.text).strip("_")
    usable = _TITLE_NAME.fullmatch(repaired) and len(repaired) <= _LONGEST_NAME
    if keyword.iskeyword(repaired):
        repaired += "_"
    findings.add(
        Code.BAD_NAME,
        f"`{_shortened(name.text)}` cannot be the name of {what}: {fault}",
        name.span,
        help=f"write `{repaired}`, say" if usable else None,
    )


def _shortened(written: str) -> str:
    return written if len(written) <= _LONGEST_SHOWN else f"{written[: _LONGEST_SHOWN - 3]}..."
