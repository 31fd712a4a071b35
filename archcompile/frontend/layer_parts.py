"""What may stand beside a layer's op, and where: names, ``from``, ``apply``, and chains' rules."""

from __future__ import annotations

from archcompile.diagnostics import Code
from archcompile.frontend.fields import distinct, items, text, wrong_type
from archcompile.frontend.findings import Findings
from archcompile.frontend.structure_entries import STRUCTURES
from archcompile.frontend.tree import Entry, Scalar, Sequence, Tree

EXCHANGE = "exchange"
_AS_BLOCK = "make it a block with `layers:`"


def name_of(findings: Findings, entry: Entry | None) -> Scalar | None:
    """The one name under ``name``; ``None`` if there is none, or a list."""
    if entry is None or isinstance(entry.value, Sequence):
        return None
    is_text = isinstance(entry.value, Scalar) and isinstance(entry.value.value, str)
    is_word = not is_text and isinstance(entry.value, Scalar)
    help = "a name starts with a letter; an unnamed layer gets one" if is_word else None
    return text(findings, entry.value, "a name", help)


def names_of(findings: Findings, entry: Entry | None) -> tuple[Scalar, ...]:
    """The distinct names of a list under ``name``: of the outputs of an op with several."""
    if entry is None or not isinstance(entry.value, Sequence):
        return ()
    every = items(findings, entry.value, "the names of outputs", "e.g. `name: [left, right]`")
    return distinct(findings, [text(findings, item, "a name") for item in every])


def sources_of(findings: Findings, entry: Entry | None) -> tuple[Scalar, ...] | None:
    """The names of the layers under ``from``."""
    if entry is None:
        return None
    every: tuple[Tree, ...] = (entry.value,)
    if isinstance(entry.value, Sequence):
        every = items(findings, entry.value, "the names of layers")
    help = "an edge is by name, never by position"
    sources = (text(findings, item, "the name of a layer", help) for item in every)
    return tuple(source for source in sources if source is not None)


def applied(findings: Findings, entry: Entry) -> Scalar | None:
    """The layer that ``apply`` uses once more."""
    help = "name a layer above: `apply: encoder`"
    return text(findings, entry.value, "the name of a layer", help)


def check_chain(findings: Findings, fields: dict[str, Entry], chain: str) -> None:
    """A chain holds modules, ``for`` and ``repeat``; each line reads the one before it."""
    if "from" in fields:
        findings.add(
            Code.NOT_IN_CHAIN,
            f"`from` cannot stand in {chain}: each layer there reads the one before it",
            fields["from"].key.span,
            help="move the layer out of the sequence, or make the sequence a block",
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


def check_beside(findings: Findings, fields: dict[str, Entry], ops: list[Entry]) -> None:
    """What belongs together: ``join`` and ``branches``, ``init`` and an op, names and one op."""
    if "join" in fields and "branches" not in fields:
        inside = "in a residual it stands inside: `residual: {body: [...], join: ...}`"
        alone = "named layers are joined by an op: `{from: [a, b], concat}`"
        findings.add(
            Code.MISSING_KEY,
            "`join` without `branches`",
            fields["join"].key.span,
            help=inside if "residual" in fields else alone,
        )
    if "init" in fields and not ops:
        findings.add(
            Code.MISSING_KEY,
            "`init` without an op",
            fields["init"].key.span,
            help="it stands beside each op, or in the block or file around",
        )
    name, repeated = fields.get("name"), fields.get("repeat")
    if name is None:
        return
    if isinstance(name.value, Sequence) and (repeated is not None or not ops):
        help = "give the layer one name" if ops else "e.g. `{name: [left, right], chunk: 2}`"
        wrong_type(findings, name.value, "a name", help)
    elif repeated is not None:
        for key in (*STRUCTURES, "apply"):
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
        )
