"""What a spec says about its network beside building it: ``cite``, ``expect`` and ``allow``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from archcompile.diagnostics import Code, Fix
from archcompile.diagnostics.codes import Severity
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document.document import Cite, Claim
from archcompile.frontend.document.fields import (
    Keys,
    described,
    distinct,
    items,
    known_entries,
    mapping,
    text,
    texts,
    wrong_type,
)
from archcompile.frontend.findings import Findings
from archcompile.frontend.foreign import keys as foreign_keys
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Tree

_CITE_KEYS = Keys("`cite`", ("paper", "section", "url", "deviations"), foreign_keys.CITE)
_Subject: TypeAlias = Literal[
    "parameters", "buffers", "macs", "connections", "receptive_field", "shapes"
]
_COUNTS: dict[str, _Subject] = {
    "parameters": "parameters",
    "buffers": "buffers",
    "macs": "macs",
    "connections": "connections",
}
_CLAIM_KEYS = Keys("`inference`", (*_COUNTS, "receptive_field", "shapes"), foreign_keys.EXPECT)
_NOTHING: Fix = ()
_BARE_URL = re.compile(r"(?:http:)?/{0,2}[a-z0-9.-]+\.[a-z]{2,}(?:/[A-Za-z0-9./_-]*)?")
_WARNINGS = tuple(code.value for code in Code if code.severity is Severity.WARNING)
_EXPECT_KEYS = Keys("`expect`", (*_CLAIM_KEYS.known, "inference"), foreign_keys.EXPECT)


def plain_text(findings: Findings, tree: Tree, expected: str) -> str | None:
    """A text for people, or ``None`` after a finding."""
    found = text(findings, tree, expected)
    return None if found is None else found.text


def cite(findings: Findings, tree: Tree) -> Cite | None:
    """``cite``: a text is the paper."""
    if isinstance(tree, Scalar):
        paper = text(findings, tree, "where the network was published")
        return None if paper is None else Cite(paper=paper.text)
    source = mapping(
        findings, tree, "where the network was published", 'e.g. `cite: {paper: "…", url: …}`'
    )
    known = known_entries(findings, source, _CITE_KEYS)
    parts = {
        key: plain_text(findings, known[key].value, f"a text as `{key}`")
        for key in ("paper", "section")
        if key in known
    }
    url = _url(findings, known["url"]) if "url" in known else None
    deviations: tuple[Scalar, ...] = ()
    if "deviations" in known:
        value = known["deviations"].value
        deviations = texts(findings, value, "a list of deviations", "a deviation in words")
    return Cite(url=url, deviations=tuple(deviation.text for deviation in deviations), **parts)


def _url(findings: Findings, entry: Entry) -> str | None:
    url = text(findings, entry.value, "an address")
    if url is None:
        return None
    if not re.fullmatch(r"https?://[^\s<>\"'`]+", url.text):
        written = f"https://{url.text.removeprefix('http:').lstrip('/')}"
        sure = url.plain and bool(_BARE_URL.fullmatch(url.text))
        help = f"write `{written}`" if sure else "it starts with https:// and holds no spaces"
        wrong_type(findings, url, "an address", help, replaced(url, written) if sure else ())
        return None
    return url.text


def allowed(findings: Findings, tree: Tree) -> tuple[Scalar, ...]:
    """``allow``: codes of warnings that the author knows of; one may stand alone."""
    every: tuple[Tree, ...] = (tree,)
    if not isinstance(tree, Scalar):
        every = items(findings, tree, "codes of warnings", "e.g. `allow: [AC901]`")
    return distinct(findings, [_warning(findings, item) for item in every], tree)


def _warning(findings: Findings, tree: Tree) -> Scalar | None:
    """The code of a warning, or ``None`` after a finding."""
    if isinstance(tree, Scalar) and tree.text in _WARNINGS:
        return tree
    errors = [code.value for code in Code if code.severity is Severity.ERROR]
    if isinstance(tree, Scalar) and tree.text in errors:
        findings.add(
            Code.WRONG_TYPE,
            f"`{tree.text}` is an error, and only a warning can be allowed",
            tree.span,
            help=f"the warnings are {listed(_WARNINGS)}",
        )
        return None
    word = f"AC{tree.text}" if isinstance(tree, Scalar) and tree.text.isdigit() else None
    near = closest(word or tree.text, _WARNINGS) if isinstance(tree, Scalar) else None
    findings.add(
        Code.WRONG_TYPE,
        f"expected the code of a warning, got {described(tree)}",
        tree.span,
        help=f"did you mean `{near}`?" if near else f"the warnings are {listed(_WARNINGS)}",
        fix=replaced(tree, near) if near else (),
    )
    return None


def claims(findings: Findings, tree: Tree) -> tuple[Claim, ...]:
    """``expect``: what the paper says of the network, to be checked."""
    expected = mapping(findings, tree, "claims", "e.g. `expect: {parameters: 61706}`")
    known = known_entries(findings, expected, _EXPECT_KEYS)
    inference = known.pop("inference", None)
    found = [claim for entry in known.values() for claim in _claims(findings, entry)]
    if inference is not None:
        found += _inference(findings, inference.value)
    return tuple(found)


def _inference(findings: Findings, tree: Tree) -> Iterator[Claim]:
    """``inference``: the same claims, without the layers that only training needs."""
    help = "e.g. `inference: {parameters: 6998552}`"
    expected = mapping(findings, tree, "claims", help)
    for entry in known_entries(findings, expected, _CLAIM_KEYS).values():
        for claim in _claims(findings, entry):
            yield claim.model_copy(update={"inference": True})


def _claims(findings: Findings, entry: Entry) -> Iterator[Claim]:
    count = _COUNTS.get(entry.key.text)
    if count is not None:
        yield from _count(findings, count, entry.value)
    elif entry.key.text == "shapes":
        yield from _shapes(findings, entry)
    elif isinstance(entry.value, Mapping):
        for field in entry.value.entries:
            yield from _receptive_field(findings, field.value, field.key)
    else:
        yield from _receptive_field(findings, entry.value, None)


def _count(findings: Findings, subject: _Subject, tree: Tree) -> Iterator[Claim]:
    """A count is exact, or a text as the paper prints it: ``60M``."""
    if isinstance(tree, Scalar) and isinstance(tree.value, str) and tree.text.strip():
        yield Claim(subject=subject, value=tree.text.strip(), span=tree.span)
        return
    help, fix = f'e.g. `{subject}: 60965224`, or as the paper prints it: `"60M"`', _NOTHING
    if isinstance(tree, Scalar) and isinstance(tree.value, float) and tree.value.is_integer():
        help, fix = f"write `{tree.value:.0f}`", replaced(tree, f"{tree.value:.0f}")
    number = _integer(findings, tree, "a count", help, fix)
    if number is not None:
        yield Claim(subject=subject, value=number, span=tree.span)


def _receptive_field(findings: Findings, tree: Tree, layer: Scalar | None) -> Iterator[Claim]:
    number = _integer(findings, tree, "a number of pixels", None)
    if number is not None:
        yield Claim(
            subject="receptive_field",
            layer=None if layer is None else layer.text,
            value=number,
            span=tree.span,
            layer_span=None if layer is None else layer.span,
        )


def _shapes(findings: Findings, entry: Entry) -> Iterator[Claim]:
    help = "e.g. `shapes: {conv1: [64, 112, 112]}`, without the batch axis"
    for field in mapping(findings, entry.value, "shapes by layer", help).entries:
        sizes = items(findings, field.value, "a shape", help)
        if sizes and isinstance(sizes[0], Scalar) and sizes[0].text == "N":
            rest = ", ".join(size.span.text() for size in sizes[1:])
            findings.add(
                Code.BAD_SHAPE_ENTRY,
                "an expected shape is of one sample, without the batch axis",
                sizes[0].span,
                help=f"write `[{rest}]`",
                fix=replaced(field.value, f"[{rest}]"),
            )
            continue
        numbers = [_integer(findings, size, "a size", None) for size in sizes]
        shape = tuple(number for number in numbers if number is not None)
        if shape and len(shape) == len(sizes):
            place = field.value.span
            yield Claim(
                subject="shapes",
                layer=field.key.text,
                value=shape,
                span=place,
                layer_span=field.key.span,
            )


def _integer(
    findings: Findings, tree: Tree, expected: str, help: str | None, fix: Fix = ()
) -> int | None:
    """An integer that is not negative, or ``None`` after a finding."""
    is_scalar = isinstance(tree, Scalar) and not isinstance(tree.value, bool)
    if is_scalar and isinstance(tree, Scalar) and isinstance(tree.value, int) and tree.value >= 0:
        return tree.value
    wrong_type(findings, tree, expected, help, fix)
    return None
