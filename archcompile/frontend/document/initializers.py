"""``init``: which weights start with which distribution, on a layer, a block or a file."""

from __future__ import annotations

from collections.abc import Iterator

from archcompile.diagnostics import Code
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document.document import WeightInit
from archcompile.frontend.document.fields import (
    Keys,
    check_identifier,
    known_entries,
    mapping,
    wrong_type,
)
from archcompile.frontend.findings import Findings
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Tree

PARAMETER = "parameter"
"""The op that is one weight itself."""
_DISTRIBUTIONS = {
    "constant": ("value",),
    "normal": ("std", "mean"),
    "uniform": ("low", "high"),
    "truncated_normal": ("std",),
    "kaiming_normal": ("mode", "nonlinearity", "a"),
    "kaiming_uniform": ("mode", "nonlinearity", "a"),
    "xavier_normal": ("gain",),
    "xavier_uniform": ("gain",),
}
"""Each with the names of its arguments; a lone number or word is the first of them."""
_EXAMPLES = {
    "constant": "{constant: 0.1}",
    "normal": "{normal: 0.01}",
    "uniform": "{uniform: 0.05}",
    "truncated_normal": "{truncated_normal: 0.02}",
    "kaiming_normal": "{kaiming_normal: fan_out}",
    "kaiming_uniform": "{kaiming_uniform: fan_out}",
    "xavier_normal": "{xavier_normal: 1}",
    "xavier_uniform": "{xavier_uniform: 1}",
}
_NEED_ARGUMENTS = frozenset(("constant", "normal", "uniform", "truncated_normal"))
_FOREIGN = {
    "trunc_normal": "truncated_normal",
    "gaussian": "normal",
    "he_normal": "kaiming_normal",
    "he_uniform": "kaiming_uniform",
    "msra": "kaiming_normal",
    "glorot_normal": "xavier_normal",
    "glorot_uniform": "xavier_uniform",
    "xavier": "xavier_uniform",
    "kaiming": "kaiming_normal",
    "zeros": "0",
    "zero": "0",
    "ones": "1",
}
"""The words of torch.nn.init, Keras and Caffe."""
_FOREIGN_ARGUMENTS = {
    "stddev": "std",
    "sigma": "std",
    "mu": "mean",
    "minval": "low",
    "min": "low",
    "maxval": "high",
    "max": "high",
    "val": "value",
    "distribution": "mode",
}
_EXAMPLE = "e.g. `init: {weight: {normal: 0.01}, bias: 0}`"
_BARE_EXAMPLE = "e.g. `init: {normal: 0.02}`"
_OP_EXAMPLE = "e.g. `init: {conv2d: {weight: {normal: 0.01}, bias: 0}}`"


def layer_init(findings: Findings, entry: Entry | None, op: Scalar) -> tuple[WeightInit, ...]:
    """``init`` beside an op: by weight; beside ``parameter`` the distribution alone."""
    if entry is None:
        return ()
    if op.text == PARAMETER:
        return tuple(_bare(findings, entry, None))
    return tuple(_by_weight(findings, entry.value, None))


def body_init(findings: Findings, tree: Tree, ops: frozenset[str]) -> tuple[WeightInit, ...]:
    """``init`` of a block or file: by weight, by op and weight, or both."""
    given = mapping(findings, tree, "weights or ops with their distributions", _EXAMPLE)
    found: list[WeightInit] = []
    for entry in given.entries:
        if entry.key.text == PARAMETER:
            found += _bare(findings, entry, entry.key)
        elif entry.key.text in ops:
            found += _by_weight(findings, entry.value, entry.key)
        elif _holds_weights(entry.value):
            _unknown_op(findings, entry.key, ops)
        else:
            found += _of_weight(findings, entry, None)
    return tuple(found)


def _bare(findings: Findings, entry: Entry, op: Scalar | None) -> Iterator[WeightInit]:
    if isinstance(entry.value, Mapping) and not entry.value.entries:
        wrong_type(findings, entry.value, "a distribution", _BARE_EXAMPLE)
        return
    yield from _rule(findings, op, None, entry)


def _by_weight(findings: Findings, tree: Tree, op: Scalar | None) -> Iterator[WeightInit]:
    example = _EXAMPLE if op is None else _OP_EXAMPLE
    for entry in mapping(findings, tree, "weights with their distributions", example).entries:
        yield from _of_weight(findings, entry, op)


def _of_weight(findings: Findings, entry: Entry, op: Scalar | None) -> Iterator[WeightInit]:
    if entry.key.text not in _DISTRIBUTIONS:
        yield from _rule(findings, op, entry.key, entry)
        return
    findings.add(
        Code.MISSING_KEY,
        f"`{entry.key.text}` is a distribution: of which weight?",
        entry.key.span,
        help=_EXAMPLE if op is None else _OP_EXAMPLE,
    )


def _holds_weights(tree: Tree) -> bool:
    """Whether a mapping says something of weights, as what stands under an op does."""
    if not isinstance(tree, Mapping):
        return False
    return any(entry.key.text in ("weight", "bias") for entry in tree.entries)


def _unknown_op(findings: Findings, key: Scalar, ops: frozenset[str]) -> None:
    near = closest(key.text, ops)
    findings.add(
        Code.UNKNOWN_OP,
        f"`{key.text}` is no op: `init` is by op or by weight",
        key.span,
        help=f"write `{near}`" if near else "a block has an `init` of its own",
        fix=replaced(key, near) if near else (),
    )


def _rule(
    findings: Findings, op: Scalar | None, weight: Scalar | None, entry: Entry
) -> Iterator[WeightInit]:
    """The rule of one weight, if its distribution is one."""
    if weight is not None:
        check_identifier(findings, weight, "a weight")
    read = _distribution(findings, entry.value)
    if read is None:
        return
    name, arguments = read
    yield WeightInit(
        op=op,
        weight=weight,
        distribution=name,
        arguments=arguments,
        span=entry.key.span.to(entry.value.span),
    )


def _distribution(findings: Findings, tree: Tree) -> tuple[Scalar, Tree] | None:
    """The distribution's name and its arguments; a number is a constant."""
    match tree:
        case Scalar(value=bool()):
            pass
        case Scalar(value=int() | float()):
            return _constant(tree), tree
        case Scalar(value=str()) if tree.text.strip():
            return _word(findings, tree)
        case Mapping(entries=(entry,)):
            return _call(findings, entry, tree)
        case Mapping(entries=(_, second, *_)):
            findings.add(
                Code.SEVERAL_OPS,
                "expected one distribution, got several keys",
                second.key.span,
                help="arguments stand inside, e.g. `{normal: {std: 0.01, mean: 0}}`",
            )
            return None
    wrong_type(findings, tree, "a distribution or a number", "e.g. `{normal: 0.01}` or `0`")
    return None


def _constant(tree: Scalar) -> Scalar:
    """The word that a lone number leaves out."""
    return Scalar(tree.span, "constant", "constant", plain=False)


def _word(findings: Findings, word: Scalar) -> tuple[Scalar, Tree] | None:
    """A distribution without arguments, or the expression of a constant."""
    if word.text in _DISTRIBUTIONS:
        return _with_arguments(findings, word, Mapping(word.span, ()))
    if _meant(word.text) is None:
        return _constant(word), word
    _unknown(findings, word)
    return None


def _call(findings: Findings, entry: Entry, whole: Tree) -> tuple[Scalar, Tree] | None:
    if entry.key.text not in _DISTRIBUTIONS:
        _unknown(findings, entry.key, whole)
        return None
    is_empty = isinstance(entry.value, Scalar) and entry.value.value is None
    arguments = Mapping(entry.value.span, ()) if is_empty else entry.value
    return _with_arguments(findings, entry.key, arguments)


def _with_arguments(
    findings: Findings, name: Scalar, arguments: Tree
) -> tuple[Scalar, Tree] | None:
    """The names of the arguments are those of the distribution; their values are not looked at."""
    known, example = _DISTRIBUTIONS[name.text], f"e.g. `{_EXAMPLES[name.text]}`"
    if isinstance(arguments, Scalar):
        return name, arguments
    if not isinstance(arguments, Mapping):
        wrong_type(findings, arguments, f"the arguments of `{name.text}`", example)
        return None
    unknown = [entry for entry in arguments.entries if entry.key.text not in known]
    known_entries(findings, arguments, Keys(f"`{name.text}`", known, _FOREIGN_ARGUMENTS))
    if name.text in _NEED_ARGUMENTS and not arguments.entries:
        message = f"`{name.text}` has no arguments"
        findings.add(Code.MISSING_ARGUMENT, message, name.span, help=example)
        return None
    return None if unknown else (name, arguments)


def _unknown(findings: Findings, name: Scalar, whole: Tree | None = None) -> None:
    meant = _meant(name.text)
    known = f"there are {listed(_DISTRIBUTIONS)}"
    findings.add(
        Code.UNKNOWN_KEY,
        f"unknown distribution `{name.text}`",
        name.span,
        help=f"write `{meant}`" if meant else known,
        fix=replaced(name if meant in _DISTRIBUTIONS or whole is None else whole, meant)
        if meant
        else (),
    )


def _meant(word: str) -> str | None:
    """The distribution or constant that another spelling stands for."""
    plain = word.rstrip("_")
    if plain in _DISTRIBUTIONS:
        return plain
    return _FOREIGN.get(plain) or closest(plain, _DISTRIBUTIONS)
