"""torch's first argument, the number of channels that come in, where a spec has none."""

from __future__ import annotations

from archcompile.diagnostics import Code, SpecError
from archcompile.frontend.calls.arguments import Call
from archcompile.frontend.calls.call_rewriting import without_arguments
from archcompile.frontend.expansion.flow import Flow
from archcompile.frontend.expressions.frame import Frame
from archcompile.frontend.expressions.sizes import is_constant, to_python
from archcompile.frontend.findings import finding
from archcompile.frontend.mending.rewriting import without_item
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree
from archcompile.ir.op import Op

_INCOMING = {
    "conv1d": ("in_channels", 3),
    "conv2d": ("in_channels", 3),
    "conv_transpose1d": ("in_channels", 3),
    "conv_transpose2d": ("in_channels", 3),
    "linear": ("in_features", 2),
}
"""What torch takes first, and the fewest positions with which a call in its order makes sense."""
_NORMS = frozenset(("batch_norm1d", "batch_norm2d", "layer_norm2d"))


def refuse_size_as_eps(kind: type[Op], call: Call) -> None:
    """Refuse ``batch_norm2d: 64``: the first argument is ``eps``, and torch's `num_features` is not
    written."""
    first = _first(call.arguments)
    if kind.key not in _NORMS or first is None or not _is_count(first, call.frame):
        return
    assert call.arguments is not None
    whole = call.arguments
    alone = isinstance(whole, Scalar) or (isinstance(whole, Sequence) and len(whole.items) == 1)
    fix = (
        without_arguments(call.word, whole, call.layer)
        if alone or not isinstance(whole, Sequence)
        else without_item(whole, first)
    )
    raise finding(
        Code.TOO_MANY_ARGUMENTS,
        f"`{kind.key}` takes no `num_features`, and `{first.text}` would be its `eps`",
        first.span,
        help=f"leave `{first.text}` out: how many channels there are is known",
        fix=fix,
    )


def in_torchs_order(error: SpecError, kind: type[Op], call: Call, reads: Flow) -> SpecError:
    """What is said of a call that failed: where it is in torch's order, that."""
    whole = call.arguments
    name, fewest = _INCOMING.get(kind.key, ("", 0))
    if not name or not isinstance(whole, Sequence) or call.preset is not None:
        return error
    positions = [item for item in whole.items if not isinstance(item, Mapping)]
    first = _first(whole)
    if first is None or len(positions) < fewest:
        return error
    if not _comes_in(first, reads) and not _is_bias_no_flag(kind, positions[1], call.frame):
        return error
    rest = ", ".join(item.span.text() for item in whole.items if item is not first)
    return finding(
        Code.TOO_MANY_ARGUMENTS,
        f"`{kind.key}` takes no `{name}`, and `{first.text}` stands in its place",
        first.span,
        help=f"leave `{first.text}` out: `{call.word.text}: [{rest}]`",
        fix=without_item(whole, first),
    )


def _first(whole: Tree | None) -> Scalar | None:
    """The first argument by position."""
    if isinstance(whole, Sequence) and whole.items:
        whole = whole.items[0]
    return whole if isinstance(whole, Scalar) else None


def _is_bias_no_flag(kind: type[Op], second: Tree, frame: Frame) -> bool:
    """``linear: [64, classes]``: the second position is `bias`, which no count is."""
    return kind.key == "linear" and isinstance(second, Scalar) and _is_count(second, frame)


def _is_count(tree: Scalar, frame: Frame) -> bool:
    """Whether a number, a name or an expression is a count, as no `eps` is."""
    if not isinstance(tree.value, str):
        return type(tree.value) is int and tree.value >= 1
    value = frame.value(tree)
    known = to_python(value) if is_constant(value) else None
    return type(known) is int and known >= 1


def _comes_in(first: Scalar, reads: Flow) -> bool:
    if len(reads) != 1 or reads[0] is None or len(reads[0].type.dims) < 2:
        return False
    return type(first.value) is int and reads[0].type.dims[1].constant == first.value
