"""Elaboration: a document, a variant and the caller's values to a Program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archcompile.diagnostics import Code, Span, SpecError
from archcompile.frontend.catalogue import Catalogue
from archcompile.frontend.define import Definer
from archcompile.frontend.document import Cite, Claim, Document, Output, Variant
from archcompile.frontend.expand import Expander, body_frame
from archcompile.frontend.findings import Findings, GiveUp, finding
from archcompile.frontend.inputs import input_type
from archcompile.frontend.local import Local, NotGeneric
from archcompile.frontend.parameters import Values, chosen_variant, parameter_values
from archcompile.frontend.places import Places
from archcompile.frontend.sizes import to_python
from archcompile.frontend.structure import structural_names
from archcompile.frontend.tree import Scalar
from archcompile.frontend.uncalled import check_blocks
from archcompile.ir import definition, program
from archcompile.ir.expr import Expr, Literal, Name
from archcompile.ir.program import Member, Program, ProgramOutput, Value
from archcompile.ir.types import TensorType


def networks(document: Document) -> tuple[str, ...]:
    """The names of a file's networks: its variants, else the file's own name."""
    return tuple(variant.name.text for variant in document.variants) or (document.name.text,)


def elaborate(
    document: Document, variant: str | None = None, overrides: Mapping[str, object] | None = None
) -> Program:
    """One network of a file, with every finding about it raised at once.

    ``overrides`` are the caller's parameter values. Raises ``SpecError``.
    """
    chosen = chosen_variant(document, variant)
    values = parameter_values(document, chosen, overrides or {})
    return _Elaboration(document, chosen, values).run()


@dataclass(frozen=True, slots=True)
class _Elaboration:
    document: Document
    variant: Variant | None
    values: Values

    def run(self) -> Program:
        findings = Findings()
        catalogue = Catalogue.of(self.document.blocks)
        inputs = self._inputs(findings, self.values.known)
        frame = body_frame(self.values.known, {name: kind for name, kind, _ in inputs})
        given: dict[str, Value | None] = {
            name: None if kind is None else Value(name, kind, span) for name, kind, span in inputs
        }
        expander = Expander(catalogue, findings)
        try:
            members, places = expander.body(self.document.layers, "", frame, given)
        except GiveUp:
            raise SpecError(dict.fromkeys(findings.found)) from None
        outputs = self._outputs(findings, places)
        check_blocks(catalogue, expander.called, findings)
        findings.stop()
        known = tuple(value for value in given.values() if value is not None)
        return self._program(catalogue, known, members, outputs)

    def _program(
        self,
        catalogue: Catalogue,
        inputs: tuple[Value, ...],
        members: tuple[Member, ...],
        outputs: tuple[ProgramOutput, ...],
    ) -> Program:
        document, variant = self.document, self.variant
        cite = (variant.cite if variant is not None else None) or document.cite
        return Program(
            name=self._name(),
            family=document.name.text,
            title=(variant.title if variant is not None else None) or document.title,
            cite=_citation(cite),
            parameters=tuple((name, to_python(value)) for name, value in self.values.known.items()),
            overridden=self.values.overridden,
            inputs=inputs,
            members=members,
            outputs=outputs,
            claims=_claims(document, variant),
            definitions=self._definitions(catalogue, inputs, outputs),
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

    def _outputs(
        self, findings: Findings, places: Places[Value | None]
    ) -> tuple[ProgramOutput, ...]:
        found: list[ProgramOutput] = []
        for output in self.document.outputs:
            name = output.name.text
            with findings.collecting():
                value = places.shown(output.source)
                if name in places.inputs:
                    raise _named_as_input(name, output.name.span)
                found += [ProgramOutput(name, value)] if value is not None else []
        if self.document.outputs:
            return tuple(found)
        names = [name for name, values in places.values.items() if values == places.current]
        for value in places.current:
            if value is None:
                continue
            label = names[-1] if names and len(places.current) == 1 else value.name
            if label in places.inputs:
                with findings.collecting():
                    raise _named_as_input(label, self.document.layers_span)
            found.append(ProgramOutput(label.replace(".", "_"), value))
        return tuple(found)

    def _definitions(
        self, catalogue: Catalogue, inputs: tuple[Value, ...], outputs: tuple[ProgramOutput, ...]
    ) -> tuple[definition.Definition, ...]:
        """The classes of the source; a parameter that decides structure is put in and gone."""
        kept = self._kept()
        try:
            return self._defined(catalogue, kept, inputs, outputs)
        except NotGeneric:
            return self._defined(catalogue, (), inputs, outputs)

    def _defined(
        self,
        catalogue: Catalogue,
        kept: tuple[definition.Parameter, ...],
        inputs: tuple[Value, ...],
        outputs: tuple[ProgramOutput, ...],
    ) -> tuple[definition.Definition, ...]:
        definer = Definer(catalogue)
        names: dict[str, Expr] = dict(self.values.known)
        names |= {parameter.name: Name(parameter.name) for parameter in kept}
        frame = body_frame(names, {value.name: value.type for value in inputs})
        network = definer.network(
            self._name(),
            self.document.layers,
            kept,
            frame,
            tuple(Local(value.name, value.type) for value in inputs),
            tuple((each.name, output) for each, output in self._shown(outputs)),
        )
        return definer.reachable(network)

    def _shown(
        self, outputs: tuple[ProgramOutput, ...]
    ) -> list[tuple[ProgramOutput, Scalar | None]]:
        declared: tuple[Output, ...] = self.document.outputs
        sources: list[Scalar | None] = [output.source for output in declared]
        sources = sources or [None] * len(outputs)
        return list(zip(outputs, sources, strict=True))

    def _kept(self) -> tuple[definition.Parameter, ...]:
        """Scalar parameters that are numeric arguments only: the constructor's parameters."""
        structural = structural_names(self.document)
        return tuple(
            definition.Parameter(name, parameter.type, self.values.known[name])
            for parameter in self.document.parameters
            if (name := parameter.name.text) not in structural
            and parameter.type in {"int", "number"}
            and isinstance(self.values.known[name], Literal)
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


def _claims(document: Document, variant: Variant | None) -> tuple[program.Claim, ...]:
    """The file's claims and the variant's; of two about one thing the variant's holds."""
    every: dict[tuple[str, str | None], Claim] = {}
    for claim in (*document.expect, *(variant.expect if variant is not None else ())):
        every[claim.subject, claim.layer] = claim
    return tuple(
        program.Claim(claim.subject, claim.layer, claim.value, claim.span)
        for claim in every.values()
    )
