"""What may stand beside a layer's op, and where: names, ``from``, ``apply``, and chains' rules."""

from __future__ import annotations

from archcompile.diagnostics import Code, Edit
from archcompile.frontend.document.fields import distinct, items, text, wrong_type
from archcompile.frontend.document.identifiers import nearest_identifier
from archcompile.frontend.document.structure_entries import EXCHANGE, STRUCTURES
from archcompile.frontend.findings import Findings
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Entry, Scalar, Sequence, Tree

_AS_BLOCK = "make it a block with `layers:`"
_NAME_A_LAYER = "name a layer above, e.g. `from: conv1`"


def name_of(findings: Findings, entry: Entry | None) -> Scalar | None:
    """The one name under ``name``; ``None`` if there is none, or a list."""
    if entry is None or isinstance(entry.value, Sequence):
        return None
    if not isinstance(entry.value, Scalar):
        return text(findings, entry.value, "a name")
    held = entry.value.value
    if held is None or isinstance(held, str):
        empty = held is None or not held.strip()
        help = (
            "give it one, e.g. `name: conv1`, or none: an unnamed layer gets one" if empty else None
        )
        return text(findings, entry.value, "a name", help)
    near = nearest_identifier(entry.value.text)
    help = f"a name starts with a letter: write `{near}`"
    return text(findings, entry.value, "a name", help, replaced(entry.value, near or "layer"))


def names_of(findings: Findings, entry: Entry | None) -> tuple[Scalar, ...]:
    """The distinct names of a list under ``name``: of the outputs of an op with several."""
    if entry is None or not isinstance(entry.value, Sequence):
        return ()
    every = items(findings, entry.value, "the names of outputs", "e.g. `name: [left, right]`")
    named = [text(findings, item, "a name") for item in every]
    return distinct(findings, named)


def sources_of(findings: Findings, entry: Entry | None) -> tuple[Scalar, ...] | None:
    """The names of the layers under ``from``."""
    if entry is None:
        return None
    if isinstance(entry.value, Scalar) and isinstance(entry.value.value, str):
        source = text(findings, entry.value, "the name of a layer", _NAME_A_LAYER)
        return () if source is None else (source,)
    every: tuple[Tree, ...] = (entry.value,)
    if isinstance(entry.value, Sequence):
        every = items(findings, entry.value, "the names of layers")
    numbers = [e for e in every if isinstance(e, Scalar) and isinstance(e.value, int | float)]
    if numbers:  # said once for all of them
        help = "an edge is by name, never by position, e.g. `from: conv1`"
        wrong_type(findings, numbers[0], "the name of a layer", help)
    others = [each for each in every if each not in numbers]
    sources = [text(findings, item, "the name of a layer", _NAME_A_LAYER) for item in others]
    return tuple(source for source in sources if source is not None)


def applied(findings: Findings, entry: Entry) -> Scalar | None:
    """The layer that ``apply`` uses once more."""
    help = "name a layer above, e.g. `apply: encoder`"
    return text(findings, entry.value, "the name of a layer", help)


def check_chain(findings: Findings, fields: dict[str, Entry], chain: str) -> None:
    """A chain holds modules, ``for`` and ``repeat``; each line reads the one before it."""
    if "from" in fields:
        findings.add(
            Code.NOT_IN_CHAIN,
            f"`from` cannot stand in {chain}: each layer there reads the one before it",
            fields["from"].key.span,
            help="move the layer behind the chain, or make the chain a block with `layers:`",
        )
    for key in (*STRUCTURES, "apply", EXCHANGE):
        if key in fields:
            refuse_in_chain(findings, fields[key].key, chain)
    name = fields.get("name")
    if name is not None and isinstance(name.value, Sequence):
        findings.add(
            Code.NOT_IN_CHAIN,
            f"a line of {chain} hands on one value, this one names several",
            name.value.span,
            help=_AS_BLOCK,
        )


def refuse_in_chain(findings: Findings, key: Scalar, chain: str) -> None:
    """Add the finding that this is nothing for a chain."""
    findings.add(
        Code.NOT_IN_CHAIN,
        f"`{key.text}` cannot stand in {chain}: a chain holds layers, `for` and `repeat`",
        key.span,
        help=_AS_BLOCK,
    )


def check_beside(findings: Findings, fields: dict[str, Entry], *, is_call: bool) -> None:
    """What belongs together: ``join`` and ``branches``, ``init`` and an op, names and one op."""
    if "join" in fields and "branches" not in fields:
        inside = "in a residual it stands inside, e.g. `residual: {body: [...], join: concat}`"
        alone = "named layers are joined by an op, e.g. `{from: [a, b], concat}`"
        findings.add(
            Code.MISSING_KEY,
            "`join` without `branches`",
            fields["join"].key.span,
            help=inside if "residual" in fields else alone,
        )
    if "init" in fields and not is_call:
        findings.add(
            Code.MISSING_KEY,
            "`init` without an op",
            fields["init"].key.span,
            help="it stands beside each op, or in the block or file around",
        )
    name, repeated = fields.get("name"), fields.get("repeat")
    if name is None:
        return
    if isinstance(name.value, Sequence) and (repeated is not None or not is_call):
        help = "give the layer one name" if is_call else "e.g. `{name: [left, right], chunk: 2}`"
        wrong_type(findings, name.value, "a name", help)
    elif repeated is not None:
        for key in (*STRUCTURES, "apply", EXCHANGE):
            if key in fields:
                refuse_in_chain(findings, fields[key].key, "a named `repeat`")


def check_exchange(findings: Findings, op: Entry) -> None:
    """``exchange`` is a word: no arguments."""
    is_bare = isinstance(op.value, Scalar) and op.value.value is None
    if op.key.text == EXCHANGE and not is_bare:
        findings.add(
            Code.TOO_MANY_ARGUMENTS,
            "`exchange` has no arguments",
            op.value.span,
            help="write `exchange` alone",
            fix=(Edit(op.key.span.to(op.value.span), EXCHANGE),),
        )
