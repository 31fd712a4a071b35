"""Claims: what a spec says of itself under ``expect``, held against the facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from archcompile.diagnostics import Code, Diagnostic, Edit, Related, Span
from archcompile.diagnostics.suggest import closest, listed
from archcompile.ir.dim import Dim
from archcompile.ir.program import Claim, Program, Value
from archcompile.passes.facts import Facts, facts
from archcompile.passes.printed_number import PrintedNumber
from archcompile.passes.receptive_field import ReceptiveField

_CLAIMABLE = {
    "shapes": re.compile(r"\[\d+(, \d+)*\]"),
    "receptive_field": re.compile(r"\d+"),
}
"""What a spec can claim of a layer: numbers."""

_HINTS, _NAMES, _FEW = 20, 300, 12
"""The findings that get a did-you-mean, and the names that one looks at: it is the slow part."""


def check_claims(program: Program, known: Facts | None = None) -> tuple[Diagnostic, ...]:
    """A finding for each claim that is wrong, with the true number, at the claim's own line.

    A number given as text is compared to its printed digits (``PrintedNumber``). Shapes are
    compared size by size, without the batch axis, as text: ``H // 2`` equals ``H // 2``. A claim
    holds for a variant's own values only: where the caller overrides one, nothing is checked.
    """
    if program.overridden or not program.claims:
        return ()
    known = facts(program) if known is None else known
    places = _places(program, known)
    found: list[Diagnostic] = []
    for claim in program.claims:
        hints = places if len(found) < _HINTS else {}
        diagnostic = _check(program, claim, known, places, hints)
        found += [] if diagnostic is None else [diagnostic]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a path in a claim means: the outputs of a node or region, and what they see."""

    outputs: tuple[Value, ...]
    fields: tuple[ReceptiveField, ...]
    span: Span


def _places(program: Program, known: Facts) -> Mapping[str, _Place]:
    """By path, where a module that is applied again means its first use; by name for the others."""
    seen = {value.name: ReceptiveField() for value in program.inputs}
    places: dict[str, _Place] = {}
    for node, field in zip(program.nodes(), known.receptive_fields.nodes, strict=True):
        seen[node.output.name] = field
        place = _Place((node.output,), (field,), node.span)
        places.setdefault(node.path, place)
        places.setdefault(node.name, place)
    for region in program.regions():
        fields = tuple(seen[value.name] for value in region.outputs)
        places.setdefault(region.path, _Place(region.outputs, fields, region.span))
    return places


def _check(
    program: Program,
    claim: Claim,
    known: Facts,
    places: Mapping[str, _Place],
    hints: Mapping[str, _Place],
) -> Diagnostic | None:
    total = known.costs.inference if claim.inference else known.costs.total
    match claim.subject:
        case "parameters":
            return _number(claim, "parameters", total.parameters)
        case "buffers":
            return _number(claim, "buffer elements", total.buffers)
        case "macs":
            return _number(claim, "multiply-accumulates", total.macs)
        case "connections":
            return _number(claim, "connections", total.connections)
    place = _place(program, claim, places, hints)
    if isinstance(place, Diagnostic):
        return place
    if claim.subject == "shapes":
        return _shape(claim, place)
    return _field(claim, place)


def _place(
    program: Program,
    claim: Claim,
    places: Mapping[str, _Place],
    hints: Mapping[str, _Place],
) -> _Place | Diagnostic:
    """The claimed layer with one output, or the finding that there is none."""
    shown = next(output for output in program.outputs if not output.training)
    name = shown.value.name if claim.layer is None else claim.layer
    place = places.get(name)
    if place is None:
        claimed = {each.layer for each in program.claims if each.subject == claim.subject}
        near = _nearest(name, {path: hints[path] for path in hints if path not in claimed})
        at = claim.layer_span or claim.span
        return Diagnostic(
            Code.CLAIM_UNKNOWN,
            f"there is no layer `{name}` in `{program.name}`",
            at,
            help=_known(hints) if near is None else f"did you mean `{near}`?",
            fix=() if near is None else (Edit(at, near),),
        )
    if len(place.outputs) != 1:
        return Diagnostic(
            Code.CLAIM_UNKNOWN,
            f"`{name}` has {len(place.outputs)} outputs, so it has no single shape",
            claim.layer_span or claim.span,
            related=(Related(place.span, f"`{name}` is here"),),
            help=f"name one of its layers, e.g. `{place.outputs[0].name}`"
            if place.outputs
            else None,
        )
    return place


def _known(places: Mapping[str, _Place]) -> str | None:
    """The layers of a small network."""
    return f"there are {listed(places)}" if 0 < len(places) <= _FEW else None


def _nearest(name: str, places: Mapping[str, _Place]) -> str | None:
    """The first layer whose path ends in the name, else the path most like it."""
    below = [path for path in places if path.endswith(f".{name}")]
    alike = [path for path in places if abs(len(path) - len(name)) <= 3][:_NAMES]
    return below[0] if below else closest(name, alike)


def _number(claim: Claim, unit: str, true: Dim) -> Diagnostic | None:
    if true.constant is None:
        return _open(claim, unit, true)
    count = true.constant
    if isinstance(claim.value, tuple):
        return _not_a_number(claim, str(list(claim.value)))
    if isinstance(claim.value, int):
        wrong = f"expected {claim.value:,} {unit}, but the network has {count:,}"
        return None if claim.value == count else _wrong_number(claim, wrong, str(count))
    printed = PrintedNumber.parse(claim.value)
    if printed is None:
        return _not_a_number(claim, f"the text {claim.value!a}")
    wrong = f"expected {claim.value} {unit}, but the network has {count:,}"
    written = printed.same_form(count)
    if not re.search("[1-9]", written):
        written = str(count)  # the unit is too large
    elif claim.span.text()[:1] in ("'", '"') or not written[-1].isalpha():
        written = f'"{written}"'
    return None if printed.agrees(count) else _wrong_number(claim, wrong, written)


def _wrong_number(claim: Claim, message: str, written: str) -> Diagnostic:
    """Without an edit: a claim is the paper's, and where the two differ it is rarely wrong."""
    return _wrong(claim, message, f"if the claim is wrong, write `{claim.subject}: {written}`")


def _open(claim: Claim, unit: str, true: Dim) -> Diagnostic:
    """A claim about a number that the size of the input decides cannot be right."""
    return _wrong(
        claim,
        f"expected {_said(claim.value)} {unit}, "
        f"but their number depends on the input's size: {true}",
        "give the input numbers for its size, or make no claim of it",
    )


def _not_a_number(claim: Claim, got: str) -> Diagnostic:
    return Diagnostic(
        Code.WRONG_TYPE,
        f"expected a number or the number as the paper prints it, got {got}",
        claim.span,
        help=f'e.g. `{claim.subject}: 61706`, or `"61.7K"`: K is 1,000',
    )


def _shape(claim: Claim, place: _Place) -> Diagnostic | None:
    true = tuple(map(str, place.outputs[0].type.sample))
    if _texts(claim.value) == true:
        return None
    return _wrong_at(claim, "output shape", _bracketed(true), place)


def _field(claim: Claim, place: _Place) -> Diagnostic | None:
    """A square field may be claimed by one number."""
    true, claimed = tuple(map(str, place.fields[0].extent)), _texts(claim.value)
    if claimed == true or (len(set(true)) == 1 and set(claimed) == set(true)):
        return None
    said = true[0] if len(set(true)) == 1 else _bracketed(true) if true else "none"
    return _wrong_at(claim, "receptive field", said, place)


def _wrong_at(claim: Claim, what: str, said: str, place: _Place) -> Diagnostic:
    name = claim.layer or place.outputs[0].name
    origin = Related(place.span, f"`{name}` is here")
    message = f"expected the {what} {_said(claim.value)} at `{name}`, but it is {said}"
    if not _CLAIMABLE[claim.subject].fullmatch(said):
        return _wrong(claim, message, "make no claim of what the input's size decides", origin)
    key = name if claim.layer is not None else "receptive_field"
    return _wrong(claim, message, f"if the claim is wrong, write `{key}: {said}`", origin)


def _wrong(claim: Claim, message: str, help_line: str, *related: Related) -> Diagnostic:
    return Diagnostic(Code.CLAIM_WRONG, message, claim.span, related=related, help=help_line)


def _said(value: int | str | tuple[int | str, ...]) -> str:
    """A claimed value in a sentence: numbers with thousands commas, shapes in brackets."""
    if isinstance(value, tuple):
        return _bracketed(_texts(value))
    return f"{value:,}" if isinstance(value, int) else value


def _texts(value: int | str | tuple[int | str, ...]) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def _bracketed(sizes: tuple[str, ...]) -> str:
    return f"[{', '.join(sizes)}]"
