"""Elaboration: a document, a variant and the caller's values to a Program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archcompile.diagnostics import Code, Span, SpecError
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.arguments import check_type, constant_value
from archcompile.frontend.catalogue import Catalogue
from archcompile.frontend.define import Definer
from archcompile.frontend.document import Cite, Claim, Document, Output, Parameter, Variant
from archcompile.frontend.expand import Expander, body_frame
from archcompile.frontend.findings import Findings, GiveUp, finding
from archcompile.frontend.frame import Frame
from archcompile.frontend.local import Local, NotGeneric
from archcompile.frontend.places import Places
from archcompile.frontend.sizes import symbol, to_dim, to_python
from archcompile.frontend.structure import structural_names
from archcompile.frontend.tree import Scalar
from archcompile.frontend.uncalled import check_blocks
from archcompile.ir import definition, program
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr, ListOf, Literal, Name
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
    chosen = _variant(document, variant)
    values = _values(document, chosen, overrides or {})
    return _Elaboration(document, chosen, values).run()


@dataclass(frozen=True, slots=True)
class _Values:
    """The parameters' values, and the names of those that the caller changed."""

    known: dict[str, Expr]
    overridden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Elaboration:
    document: Document
    variant: Variant | None
    values: _Values

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
                kind = _input_type(each.shape, each.span, names)
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


def _variant(document: Document, name: str | None) -> Variant | None:
    """The chosen variant: by name, else the one named as the file, else the only one."""
    variants = {variant.name.text: variant for variant in document.variants}
    wanted = name or document.name.text
    if wanted in variants:
        return variants[wanted]
    if name is None and len(variants) == 1:
        return next(iter(variants.values()))
    if not variants and name in (None, document.name.text):
        return None
    known = tuple(variants) or (document.name.text,)
    near = closest(wanted, known) if name is not None else None
    message = f"no network is called `{name}`" if name else "which network? The file has several"
    raise finding(
        Code.UNKNOWN_VARIANT,
        message,
        document.name.span,
        help=f"did you mean `{near}`? There are {listed(known)}"
        if near
        else f"there are {listed(known)}",
    )


def _values(
    document: Document, variant: Variant | None, overrides: Mapping[str, object]
) -> _Values:
    """Defaults, under the variant's values (its ancestors' first), under the caller's."""
    findings = Findings()
    parameters = {parameter.name.text: parameter for parameter in document.parameters}
    values: dict[str, Expr] = {}
    for name, parameter in parameters.items():
        if parameter.default is not None:
            with findings.collecting():
                values[name] = constant_value(parameter.default)
    for each in _lineage(document, variant, findings):
        _apply(each, parameters, values, findings)
    own = dict(values)
    for name, value in overrides.items():
        with findings.collecting():
            values[name] = _override(name, value, parameters, document)
    missing = [name for name in parameters if name not in values]
    for name in missing:
        parameter = parameters[name]
        findings.add(
            Code.MISSING_ARGUMENT,
            f"the parameter `{name}` has no value",
            parameter.span,
            help=f"give it a default, or pass one: `--set {name}=…`",
        )
    findings.stop()
    ordered = {name: values[name] for name in parameters}
    changed = tuple(name for name in overrides if values[name] != own.get(name))
    return _Values(ordered, changed)


def _lineage(
    document: Document, variant: Variant | None, findings: Findings
) -> tuple[Variant, ...]:
    """A variant behind those that it extends."""
    variants = {each.name.text: each for each in document.variants}
    line: dict[str, Variant] = {}
    while variant is not None:
        if variant.name.text in line:
            findings.add(Code.RECURSION, f"`{variant.name.text}` extends itself", variant.name.span)
            break
        line[variant.name.text] = variant
        if variant.extends is None:
            break
        parent = variants.get(variant.extends.text)
        if parent is None:
            near = closest(variant.extends.text, variants)
            findings.add(
                Code.UNKNOWN_VARIANT,
                f"no variant is called `{variant.extends.text}`",
                variant.extends.span,
                help=f"write `{near}`" if near else f"there are {listed(variants)}",
            )
        variant = parent
    return tuple(reversed(line.values()))


def _apply(
    variant: Variant,
    parameters: dict[str, Parameter],
    values: dict[str, Expr],
    findings: Findings,
) -> None:
    for key, tree in variant.values:
        parameter = parameters.get(key.text)
        if parameter is None:
            near = closest(key.text, parameters)
            findings.add(
                Code.UNKNOWN_PARAMETER,
                f"the file has no parameter `{key.text}`",
                key.span,
                help=f"write `{near}`" if near else f"declare it: `params: {{{key.text}: …}}`",
            )
            continue
        with findings.collecting():
            values[key.text] = check_type(parameter, constant_value(tree), tree.span)


def _override(
    name: str, value: object, parameters: dict[str, Parameter], document: Document
) -> Expr:
    parameter = parameters.get(name)
    if parameter is None:
        near = closest(name, parameters)
        raise finding(
            Code.UNKNOWN_PARAMETER,
            f"the file has no parameter `{name}`",
            document.name.span,
            help=f"did you mean `{near}`?" if near else f"it has {listed(parameters) or 'none'}",
        )
    return check_type(parameter, literal(value, name, parameter), parameter.span)


def literal(value: object, name: str, parameter: Parameter) -> Expr:
    """A caller's Python value as a constant expression; other kinds of value are a finding."""
    if isinstance(value, list | tuple):
        return ListOf(tuple(literal(item, name, parameter) for item in value))
    if isinstance(value, bool | int | float | str):
        return Literal(value)
    raise finding(
        Code.BAD_ARGUMENT,
        f"`{name}` cannot be {value!r}: a number, a boolean, a text or a list of them",
        parameter.span,
    )


def _input_type(shape: tuple[Scalar, ...], span: Span, names: Mapping[str, Expr]) -> TensorType:
    if len(shape) < 2:
        raise finding(
            Code.BAD_SHAPE_ENTRY,
            "a shape has the batch first and at least one size behind it",
            span,
            help="write `[N, 3, 224, 224]`",
        )
    findings = Findings()
    dims: list[Dim] = []
    for entry in shape:
        with findings.collecting():
            dims.append(_size(entry, names))
    findings.stop()
    if dims[0].is_constant or len(dims[0].symbols) != 1:
        raise finding(
            Code.BAD_SHAPE_ENTRY,
            f"the first axis is the batch, got {shape[0].text}",
            shape[0].span,
            help="write `N`",
        )
    return TensorType(tuple(dims))


def _size(entry: Scalar, names: Mapping[str, Expr]) -> Dim:
    text = entry.text
    if text not in names and text.isidentifier() and not _is_symbol(text):
        near = closest(text, names)
        raise finding(
            Code.BAD_SHAPE_ENTRY,
            f"`{text}` is neither a parameter nor a symbol (a single capital letter)",
            entry.span,
            help=f"write `{near}`"
            if near
            else f"write `{text[0].upper()}`, or declare it in `params`",
        )
    letters = {chr(code): Name(chr(code)) for code in range(ord("A"), ord("Z") + 1)}
    result = Frame({**letters, **names}, {}).expression(entry)
    held = result.value if isinstance(result, Literal) else 1
    if isinstance(held, bool) or not isinstance(held, int) or held < 1:
        raise finding(
            Code.BAD_SHAPE_ENTRY, f"a size is an integer of at least 1, got {result}", entry.span
        )
    return to_dim(result)


def _is_symbol(text: str) -> bool:
    return len(text) == 1 and symbol(text).always_at_least(1) is True


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
