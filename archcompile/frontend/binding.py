"""Python's rules for a call: positions, then keywords; unknown and repeated ones are findings."""

from __future__ import annotations

from itertools import pairwise

from archcompile.diagnostics import Code, Related
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.findings import Findings
from archcompile.frontend.tree import Mapping, Scalar, Sequence, Tree

_FOREIGN = {
    "filters": "out_channels",
    "num_output": "out_channels",
    "units": "out_features",
    "strides": "stride",
    "pool_size": "kernel_size",
    "pads": "padding",
    "pad": "padding",
    "dilation_rate": "dilation",
    "rate": "p",
    "group": "groups",
    "use_bias": "bias",
    "epsilon": "eps",
    "axis": "dim",
}
"""Other frameworks' words for torch's arguments."""

_INFERRED = frozenset({"in_channels", "in_features", "num_channels", "num_features"})


def bind_trees(
    callee: str, call: Scalar, arguments: Tree | None, names: tuple[str, ...], findings: Findings
) -> dict[str, Tree]:
    """Which tree each argument has; unknown, surplus and repeated ones are findings."""
    if arguments is None or (isinstance(arguments, Scalar) and arguments.value is None):
        return {}
    if isinstance(arguments, Mapping):
        bound: dict[str, Tree] = {}
        _keywords(callee, arguments, names, bound, findings)
        return bound
    if isinstance(arguments, Scalar):
        return _positions(callee, call, (arguments,), names, findings)
    return _sequence(callee, call, arguments, names, findings)


def _sequence(
    callee: str, call: Scalar, arguments: Sequence, names: tuple[str, ...], findings: Findings
) -> dict[str, Tree]:
    items = arguments.items
    keywords = [item for item in items if isinstance(item, Mapping)]
    positions = tuple(item for item in items if not isinstance(item, Mapping))
    if len(names) == 1 and len(positions) > 1 and not keywords:
        return {names[0]: arguments}  # adaptive_avg_pool2d: [6, 6] is its one argument
    for earlier, later in pairwise(items):
        if isinstance(earlier, Mapping) and not isinstance(later, Mapping):
            findings.add(
                Code.BAD_ARGUMENT,
                "an argument by position stands behind one by name",
                later.span,
                help="as in Python: positions first, then keywords",
            )
    bound = _positions(callee, call, positions, names, findings)
    for keyword in keywords:
        _keywords(callee, keyword, names, bound, findings)
    return bound


def _positions(
    callee: str,
    call: Scalar,
    positions: tuple[Tree, ...],
    names: tuple[str, ...],
    findings: Findings,
) -> dict[str, Tree]:
    if len(positions) > len(names):
        takes = f"at most {len(names)} ({listed(names)})" if names else "none"
        findings.add(
            Code.TOO_MANY_ARGUMENTS,
            f"`{callee}` takes {takes}, got {len(positions)}",
            positions[len(names)].span,
        )
    return dict(zip(names, positions, strict=False))


def _keywords(
    callee: str,
    arguments: Mapping,
    names: tuple[str, ...],
    bound: dict[str, Tree],
    findings: Findings,
) -> None:
    for entry in arguments.entries:
        name = entry.key.text
        if name in bound:
            findings.add(
                Code.DUPLICATE_ARGUMENT,
                f"`{name}` is given twice",
                entry.key.span,
                related=(Related(bound[name].span, "first here, by position"),),
            )
        elif name in names:
            bound[name] = entry.value
        else:
            findings.add(
                Code.UNKNOWN_ARGUMENT,
                f"`{callee}` has no argument `{name}`",
                entry.key.span,
                help=_argument_help(name, entry.value, names),
            )


def _argument_help(name: str, value: Tree, names: tuple[str, ...]) -> str:
    if name in _INFERRED:
        return f"leave `{name}` out: it is known from the layer's input"
    near = _FOREIGN.get(name)
    near = near if near in names else closest(name, names)
    if near is not None:
        shown = f": {value.text}" if isinstance(value, Scalar) and value.plain else ""
        return f"write `{near}{shown}`"
    return f"it has {listed(names)}" if names else "it has none"


def report_missing(callee: str, call: Scalar, missing: list[str], findings: Findings) -> None:
    if missing and not any(each.code is Code.UNKNOWN_ARGUMENT for each in findings.found):
        findings.add(
            Code.MISSING_ARGUMENT,
            f"`{callee}` needs {listed(missing)}",
            call.span,
            help=f"write `{callee}: {{{', '.join(f'{name}: …' for name in missing)}}}`",
        )
