"""Elaboration: a document, a variant and the caller's values to a Program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from archcompile.diagnostics import Code, InternalError, Span, SpecError
from archcompile.frontend.calls.block_arguments import Bound
from archcompile.frontend.calls.catalogue import Catalogue
from archcompile.frontend.calls.choices import check_choices
from archcompile.frontend.calls.inputs import input_type
from archcompile.frontend.calls.parameters import Values, chosen_variant, parameter_values
from archcompile.frontend.calls.passed import NO_LAYER
from archcompile.frontend.calls.uncalled import check_blocks, check_names
from archcompile.frontend.definition.define import Definer
from archcompile.frontend.definition.local import Local, NotGeneric
from archcompile.frontend.definition.structure import structural_names
from archcompile.frontend.document.document import Cite, Claim, Document, Output, Variant
from archcompile.frontend.expansion.counted import Spent
from archcompile.frontend.expansion.elsewhere import known_elsewhere
from archcompile.frontend.expansion.expand import Expansion, body_frame
from archcompile.frontend.expansion.expand_line import LineMaker
from archcompile.frontend.expansion.places import Places
from archcompile.frontend.expansion.starts import Scope
from archcompile.frontend.expressions.frame import Frame, Open
from archcompile.frontend.expressions.sizes import to_python
from archcompile.frontend.findings import Findings, GiveUp, finding, once
from archcompile.frontend.text.tree import Scalar
from archcompile.ir import definition, program
from archcompile.ir.expr import Constant, Expr, Literal, Name
from archcompile.ir.program import Member, Program, ProgramOutput, Value
from archcompile.ir.types import TensorType

_Shown: TypeAlias = tuple[ProgramOutput, Scalar | None]
"""An output, and the name that the spec reads it by; ``None``: it is what the last line leaves."""


def networks(document: Document) -> tuple[str, ...]:
    """The names of a file's networks: its variants, else the file's own name."""
    return tuple(variant.name.text for variant in document.variants) or (document.name.text,)


def elaborate(
    document: Document,
    variant: str | None = None,
    overrides: Mapping[str, object] | None = None,
    *,
    define: bool = True,
    spent: Spent | None = None,
) -> Program:
    """One network of a file, with every finding about it raised at once.

    ``overrides`` are the caller's parameter values. Without ``define`` it has no classes, which
    takes half the time. ``spent`` is what the file's other networks have come to. Raises
    ``SpecError``.
    """
    chosen = chosen_variant(document, variant)
    values = parameter_values(document, chosen, overrides or {})
    spent = Spent() if spent is None else spent
    if chosen is not None:
        spent.refuse_next(chosen.name)
    return _Elaboration(document, chosen, values, define, spent).run()


@dataclass(frozen=True, slots=True)
class _Elaboration:
    document: Document
    variant: Variant | None
    values: Values
    define: bool
    spent: Spent

    def run(self) -> Program:
        findings = Findings()
        catalogue = Catalogue.of(self.document.blocks)
        check_names(catalogue, self.document.layers, findings)
        check_choices(self.document.parameters, self.document.layers, findings)
        for block in catalogue.blocks.values():
            body = (*(block.layers or ()), *(block.sequence or ()))
            check_choices(block.parameters, body, findings)
        inputs = self._inputs(findings, self.values.bound.values)
        given: dict[str, Value | None] = {
            name: None if kind is None else Value(name, kind, span) for name, kind, span in inputs
        }
        frame = self._frame(findings, {name: kind for name, kind, _ in inputs})
        expansion = Expansion(
            catalogue, findings, [Scope(self.document.init, frame)], spent=self.spent
        )
        try:
            expansion.foresee(self.document.layers)
            members, places = LineMaker(expansion).body(self.document.layers, "", frame, given)
        except GiveUp:
            raise SpecError(once(findings.found)) from None
        shown = self._outputs(findings, places)
        check_blocks(catalogue, expansion.called, findings)
        findings.stop()
        known = tuple(value for value in given.values() if value is not None)
        return self._program(expansion, known, members, shown)

    def _frame(self, findings: Findings, types: dict[str, TensorType | None]) -> Frame:
        """What the network's lines see; what is wrong with ``let`` ends it, as all depend on it."""
        try:
            frame = body_frame(self.values.bound, types, self.document.let)
            return replace(frame, unseen=known_elsewhere(self.document.layers))
        except SpecError as error:
            findings.found.extend(error.diagnostics)
        except Open:
            pass
        raise SpecError(findings.found)

    def _program(
        self,
        expansion: Expansion,
        inputs: tuple[Value, ...],
        members: tuple[Member, ...],
        shown: list[_Shown],
    ) -> Program:
        document, variant = self.document, self.variant
        cite = (variant.cite if variant is not None else None) or document.cite
        return Program(
            name=self._name(),
            family=document.name.text,
            title=(variant.title if variant is not None else None) or document.title,
            cite=_citation(cite),
            parameters=self._parameters(),
            overridden=self.values.overridden,
            inputs=inputs,
            members=members,
            outputs=tuple(output for output, _ in shown),
            claims=_claims(document, variant, expansion.absent),
            definitions=self._definitions(expansion, inputs, shown) if self.define else (),
            spec=document.span.file.path,
            span=document.span,
        )

    def _name(self) -> str:
        return self.variant.name.text if self.variant is not None else self.document.name.text

    def _inputs(
        self, findings: Findings, names: Mapping[str, Expr]
    ) -> list[tuple[str, TensorType | None, Span]]:
        found: list[tuple[str, TensorType | None, Span]] = []
        for each in self.document.inputs:
            kind: TensorType | None = None
            with findings.collecting():
                kind = input_type(each.shape, each.span, names)
            name = each.name.text if each.name is not None else "x"
            found.append((name, kind, each.name.span if each.name is not None else each.span))
        return found

    def _parameters(self) -> tuple[tuple[str, Constant], ...]:
        """Every parameter with its value; a layer as it was written."""
        bound, found = self.values.bound, list[tuple[str, Constant]]()
        for parameter in self.document.parameters:
            name = parameter.name.text
            passed = bound.layers.get(name)
            if name in bound.values:
                found.append((name, to_python(bound.values[name])))
            else:
                found.append((name, NO_LAYER if passed is None else passed.said))
        return tuple(found)

    def _outputs(self, findings: Findings, places: Places[Value | None]) -> list[_Shown]:
        """The outputs, each with the name that the spec reads it by; absent ones are absent."""
        if not self.document.outputs:
            return self._last(findings, places)
        found: list[_Shown] = []
        for output in self.document.outputs:
            name = output.name.text
            if places.is_absent(output.source.text):
                continue
            with findings.collecting():
                value = places.shown(output.source)
                if name in places.inputs:
                    raise _named_as_input(name, output.name.span)
                if value is not None:
                    made = ProgramOutput(name, value, output.training, output.loss_weight)
                    found.append((made, output.source))
        if not (found or findings.found):
            self._refuse_absent(findings)
        _require_inference(findings, found, self.document.outputs)
        return found

    def _refuse_absent(self, findings: Findings) -> None:
        """A network all of whose outputs are layers that conditions leave out gives nothing."""
        first = self.document.outputs[0].source
        findings.add(
            Code.UNKNOWN_LAYER,
            f"no output is left: `{first.text}` is left out by its condition",
            first.span,
            help="name a layer that is there in every network of the file",
        )

    def _last(self, findings: Findings, places: Places[Value | None]) -> list[_Shown]:
        """Without ``outputs``: what the last line leaves."""
        found: list[_Shown] = []
        names = [name for name, values in places.values.items() if values == places.current]
        for value in places.current:
            if value is None:
                continue
            label = names[-1] if names and len(places.current) == 1 else value.name
            if label in places.inputs:
                if label in places.values:  # of a layer that has an input's name, which was said
                    continue
                with findings.collecting():
                    raise _named_as_input(label, self.document.layers_span)
            found.append((ProgramOutput(_word(label), value), None))
        return found

    def _definitions(
        self, expansion: Expansion, inputs: tuple[Value, ...], shown: list[_Shown]
    ) -> tuple[definition.Definition, ...]:
        """The classes of the source; a parameter that decides structure is put in and gone."""
        kept = self._kept()
        while True:
            try:
                return self._defined(expansion, kept, inputs, shown)
            except NotGeneric as error:
                left = tuple(each for each in kept if error.names and each.name not in error.names)
                if len(left) == len(kept):
                    left = ()
                if not kept:
                    raise InternalError(f"`{self._name()}` has no class: {error}") from error
                kept = left

    def _defined(
        self,
        expansion: Expansion,
        kept: tuple[definition.Parameter, ...],
        inputs: tuple[Value, ...],
        shown: list[_Shown],
    ) -> tuple[definition.Definition, ...]:
        taps = {owner: frozenset(paths) for owner, paths in expansion.taps.items()}
        definer = Definer(expansion.catalogue, settled=expansion.settled(), taps=taps)
        bound = self.values.bound
        names: dict[str, Expr] = {each.name: Name(each.name) for each in kept}
        types: dict[str, TensorType | None] = {value.name: value.type for value in inputs}
        network = definer.network(
            self._name(),
            self.document.layers,
            kept,
            body_frame(Bound(bound.values | names, bound.layers), types, self.document.let),
            tuple(Local(value.name, value.type) for value in inputs),
            tuple((output.name, source) for output, source in shown),
            frozenset(output.name for output, _ in shown if output.training),
        )
        return definer.reachable(network)

    def _kept(self) -> tuple[definition.Parameter, ...]:
        """Scalar parameters that are numeric arguments only: the constructor's parameters."""
        structural = structural_names(self.document)
        values = self.values.bound.values
        return tuple(
            definition.Parameter(name, parameter.type, values[name])
            for parameter in self.document.parameters
            if (name := parameter.name.text) not in structural
            and parameter.type in {"int", "number"}
            and isinstance(values[name], Literal)
        )


def _word(path: str) -> str:
    """An output's name from a path, whose parts are joined."""
    return re.sub(r"\W", "_", path)


def _require_inference(
    findings: Findings, shown: list[_Shown], declared: tuple[Output, ...]
) -> None:
    if shown and not findings.found and all(output.training for output, _ in shown):
        findings.add(
            Code.BAD_ARGUMENT,
            "every output is for training only, and evaluation would give nothing",
            declared[0].name.span,
            help="name the network's own output beside them",
        )


def _named_as_input(name: str, span: Span) -> SpecError:
    """ONNX has one name for one value."""
    return finding(
        Code.DUPLICATE_NAME,
        f"an output cannot be called as the input `{name}`",
        span,
        help=f"name a layer that shows it: `{{name: {name}_out, from: {name}, identity}}`",
    )


def _citation(cite: Cite | None) -> program.Citation | None:
    if cite is None:
        return None
    return program.Citation(cite.paper, cite.section, cite.url, cite.deviations)


def _claims(
    document: Document, variant: Variant | None, absent: set[str]
) -> tuple[program.Claim, ...]:
    """The file's claims and the variant's; of two about one thing the variant's holds.

    What is said of a layer that a condition leaves out is left out too.
    """
    every: dict[tuple[str, str | None, bool], Claim] = {}
    for claim in (*document.expect, *(variant.expect if variant is not None else ())):
        every[claim.subject, claim.layer, claim.inference] = claim
    return tuple(
        program.Claim(
            claim.subject,
            claim.layer,
            claim.value,
            claim.span,
            claim.inference,
            claim.layer_span,
        )
        for claim in every.values()
        if claim.layer is None or not _is_absent(claim.layer, absent)
    )


def _is_absent(path: str, absent: set[str]) -> bool:
    parts = path.split(".")
    return any(".".join(parts[:count]) in absent for count in range(1, len(parts) + 1))
