"""Typed access to a tree's values: each is what is expected, or a finding at its place."""

from __future__ import annotations

import keyword
from collections.abc import Container
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import TypeAlias

from archcompile.diagnostics import Code, Edit, Fix, Related, Span
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document.identifiers import (
    LONGEST,
    character_fault,
    is_identifier,
    nearest_identifier,
)
from archcompile.frontend.findings import Findings
from archcompile.frontend.mending.rewriting import (
    is_one_line,
    quoted,
    replaced,
    without_entry,
    without_item,
)
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree

_LONGEST_SHOWN = 40
TRUTHS = {
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON", "y", "Y"), "true"),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF", "n", "N"), "false"),
}
"""YAML 1.1's other words for true and false, which are texts today."""
LEAVE_OUT = "leave out: "
"""How a word starts whose key is nothing that a spec says."""
Words: TypeAlias = MappingOf[str, str]


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one kind of mapping: what it is called, and what may stand in it."""

    owner: str
    known: tuple[str, ...]
    foreign: Words = field(default_factory=dict)
    """Other tools' words, in lower case: the key that is meant, or what to do instead in words."""
    lists: Words = field(default_factory=dict)
    """What some of them mean where a list stands under them."""
    numbers: str = ""
    """The key under which numbers of the author's own are declared."""

    def word(self, entry: Entry) -> str | None:
        """What another tool's word says."""
        key = entry.key.text.casefold()
        in_list = self.lists.get(key) if isinstance(entry.value, Sequence) else None
        return in_list or self.foreign.get(key)

    def meant(self, entry: Entry) -> str | None:
        """The key that another spelling, or another tool's word, stands for."""
        word = self.word(entry)
        if word is not None:
            return word if word in self.known else None
        return closest(entry.key.text, self.known)

    def meant_in(self, tree: Mapping) -> frozenset[str]:
        """The keys that are there under another word: they are not missing."""
        found = (self.meant(e) for e in tree.entries if e.key.text not in self.known)
        return frozenset(key for key in found if key is not None)


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


def wrong_type(
    findings: Findings, tree: Tree, expected: str, help: str | None = None, fix: Fix = ()
) -> None:
    """Add the finding: expected this, got that."""
    message = f"expected {expected}, got {described(tree)}"
    findings.add(Code.WRONG_TYPE, message, tree.span, help=help, fix=fix)


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
        message = f"expected {expected}, got an empty list"
        findings.add(
            Code.EMPTY, message, tree.span, help=help or "list at least one, or leave it out"
        )
    return tree.items


def text(
    findings: Findings, tree: Tree, expected: str, help: str | None = None, fix: Fix = ()
) -> Scalar | None:
    """A scalar that is a text, not empty, or ``None`` after a finding."""
    if isinstance(tree, Scalar) and isinstance(tree.value, str) and tree.text.strip():
        return tree
    if help is None:
        help, fix = _quoted_help(tree)
    wrong_type(findings, tree, expected, help, fix)
    return None


def _quoted_help(tree: Tree) -> tuple[str | None, Fix]:
    """Quotes make a text of a number, or of what YAML takes for a mapping."""
    if isinstance(tree, Scalar) and tree.text and not isinstance(tree.value, str):
        return f'quote it: `"{tree.text}"`', quoted(tree)
    if isinstance(tree, Mapping) and tree.flow and is_one_line(tree.span):
        written = tree.span.text()
        if '"' not in written and "\\" not in written:
            return f'quote it: `"{written}"`', replaced(tree, f'"{written}"')
    return None, ()


def texts(findings: Findings, tree: Tree, expected: str, each: str) -> tuple[Scalar, ...]:
    """A list of texts, without those that are none."""
    every = (text(findings, item, each) for item in items(findings, tree, expected))
    return tuple(item for item in every if item is not None)


def distinct(
    findings: Findings, every: list[Scalar | None], within: Tree | None = None
) -> tuple[Scalar, ...]:
    """The names without those that stand twice, each of which is a finding.

    ``within`` is the list that they stand in, if it can do without one of them.
    """
    found: dict[str, Scalar] = {}
    for name in every:
        if name is None:
            continue
        first = found.setdefault(name.text, name)
        if first is not name:
            fix = without_item(within, name) if isinstance(within, Sequence) else ()
            findings.add(
                Code.DUPLICATE_NAME,
                f"`{name.text}` stands twice",
                name.span,
                related=(Related(first.span, "first here"),),
                help="remove one of them" if fix else "give one of them another name",
                fix=fix,
            )
    return tuple(found.values())


def known_entries(findings: Findings, tree: Mapping, keys: Keys) -> dict[str, Entry]:
    """The entries whose keys may stand here; any other is a finding that says which may.

    What stands under a misspelt key is read as what was likely meant, so that all is found at once.
    """
    known = {entry.key.text: entry for entry in tree.entries if entry.key.text in keys.known}
    meant: set[str] = set()
    for entry in tree.entries:
        if entry.key.text in keys.known:
            continue
        near = unknown_key(findings, entry, keys, tree, meant | known.keys())
        if near is not None:
            meant.add(near)
        if near is not None and keys.word(entry) is None:
            known[near] = entry
    return known


def unknown_key(
    findings: Findings, entry: Entry, keys: Keys, within: Mapping, taken: Container[str]
) -> str | None:
    """Add the finding, with the key that was meant, which is the answer, or those that there are.

    What is ``taken`` stands beside it, and is not what was meant.
    """
    key, near = entry.key, keys.meant(entry)
    help, fix = _instead(entry, keys, within, taken)
    if near is not None and near not in taken:
        help, fix = f"did you mean `{near}`?", replaced(key, near)
    message = f"unknown key `{_shortened(key.text)}` in {keys.owner}"
    findings.add(Code.UNKNOWN_KEY, message, key.span, help=help, fix=fix)
    return None if near in taken else near


def _instead(entry: Entry, keys: Keys, within: Mapping, taken: Container[str]) -> tuple[str, Fix]:
    """What to do with a key that means none that is free."""
    word, near, key = keys.word(entry), keys.meant(entry), entry.key.text
    if word is not None and word.startswith(LEAVE_OUT):
        fix = without_entry(within, key)
        why = word.removeprefix(LEAVE_OUT)
        return (f"leave `{key}` out: {why}" if fix else why), fix
    if near is not None:
        return f"what it holds belongs under `{near}`, which stands here already", ()
    if keys.numbers and is_identifier(key) and _is_number(entry.value):
        declared = f"{keys.numbers}: {{{key}: {entry.value.span.text()}}}"
        whole = Edit(entry.key.span.to(entry.value.span), declared)
        if keys.numbers not in taken:
            return f"a parameter is declared: write `{declared}`", (whole,)
        return f"a parameter is declared, e.g. `{declared}`", ()
    if word is not None:
        return word, ()
    others = listed((each for each in keys.known if each not in taken), 20)
    return f"{keys.owner} has the keys {others}", ()


def _is_number(tree: Tree) -> bool:
    return isinstance(tree, Scalar) and isinstance(tree.value, bool | int | float)


def missing_key(
    findings: Findings, owner: str, key: str, span: Span, help: str | None = None, fix: Fix = ()
) -> None:
    """Add the finding that a key must stand here."""
    findings.add(Code.MISSING_KEY, f"{owner} has no `{key}`", span, help=help, fix=fix)


IMPORTED = frozenset(
    (
        "abc",
        "ast",
        "collections",
        "contextlib",
        "copy",
        "dataclasses",
        "enum",
        "functools",
        "importlib",
        "inspect",
        "io",
        "itertools",
        "json",
        "logging",
        "math",
        "numpy",
        "operator",
        "os",
        "pathlib",
        "pickle",
        "platform",
        "random",
        "re",
        "string",
        "struct",
        "sys",
        "threading",
        "time",
        "torch",
        "types",
        "typing",
        "typing_extensions",
        "warnings",
        "weakref",
    )
)
"""Modules that generated code imports, or torch does: a file beside them of that name hides one."""


def check_identifier(findings: Findings, name: Scalar, what: str) -> None:
    """A name that becomes one in Python: ASCII, no keyword, no dunder. Else a finding."""
    fault = character_fault(name.text)
    if fault is None and name.text.startswith("__"):
        fault = "it starts with `__`"
    _report_name(findings, name, what, fault)


def check_title_name(findings: Findings, name: Scalar, what: str) -> None:
    """A name of a network, that names files too: it starts with a letter. Else a finding."""
    fault = character_fault(name.text)
    if fault is None and name.text.startswith("_"):
        fault = "it starts with `_`"
    if name.text in IMPORTED:
        findings.add(
            Code.BAD_NAME,
            f"`{name.text}` cannot be the name of {what}: its own code imports the module"
            f" `{name.text}`, and would find itself",
            name.span,
            help=f"write `{name.text}_net`",
            fix=replaced(name, f"{name.text}_net"),
        )
        return
    _report_name(findings, name, what, fault)


def _report_name(findings: Findings, name: Scalar, what: str, fault: str | None) -> None:
    if fault is None and keyword.iskeyword(name.text):
        fault = "it is a word of Python's own"
    elif fault is None and len(name.text) > LONGEST:
        fault = f"it has {len(name.text)} characters, expected at most {LONGEST}"
    if fault is None:
        return
    near = nearest_identifier(name.text, what.rpartition(" ")[2])
    findings.add(
        Code.BAD_NAME,
        f"`{_shortened(name.text)}` cannot be the name of {what}: {fault}",
        name.span,
        help=f"write `{near}`" if near else "a name has letters, digits and `_`, a letter first",
        fix=replaced(name, near) if near else (),
    )


def _shortened(written: str) -> str:
    return written if len(written) <= _LONGEST_SHOWN else f"{written[: _LONGEST_SHOWN - 3]}..."
