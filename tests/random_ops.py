"""Ops that keep the shape of what they read, with arguments of every form that does so.

All work on maps of any size, and of any number of channels that 2 and 3 divide; what needs more
room asks ``scope.value.is_even``. ``dressed`` then says some arguments as expressions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import random_expressions
from random_arguments import EXPRESSION, bound, forms

from archcompile.ops import all_ops

if TYPE_CHECKING:
    from random_structures import Line, Lines, Scope, Structures

ACTIVATIONS: dict[str, dict[str, tuple[Any, ...]]] = {
    "abs": {},
    "identity": {},
    "sigmoid": {},
    "tanh": {},
    "relu": {"inplace": (False,)},
    "relu6": {"inplace": (False,)},
    "silu": {"inplace": (False,)},
    "mish": {"inplace": (False,)},
    "hardsigmoid": {"inplace": (False,)},
    "hardswish": {"inplace": (False,)},
    "elu": {"alpha": (1.0, 0.5), "inplace": (False,)},
    "gelu": {"approximate": ("none", "tanh")},
    "hardtanh": {"min_val": (-1.0, -2.0), "max_val": (1.0, 2.0), "inplace": (False,)},
    "leaky_relu": {"negative_slope": (0.01, 0.2), "inplace": (False,)},
    "softplus": {"beta": (1.0, 2.0), "threshold": (20.0, 10.0)},
    "scaled_tanh": {"amplitude": (1.7159, 1.5), "slope": (0.6666666666666666, 0.5)},
    "dropout": {"p": (0.5, 0.25, 0, 1), "inplace": (False,)},
    "prelu": {"num_parameters": (1, "channels"), "init": (0.25, 0.1)},
}
"""Elementwise ops with values for their arguments."""
EPS = (1e-5, 1e-3)
BATCH: dict[str, tuple[Any, ...]] = {
    "eps": EPS,
    "momentum": (0.1, 0.01, "none"),
    "affine": (True, False),
    "track_running_stats": (True,),
    "bias": (True,),
}
LAYER: dict[str, tuple[Any, ...]] = {
    "eps": EPS,
    "elementwise_affine": (True, False),
    "bias": (True, False),
}


def some(
    draw: Structures, choices: dict[str, tuple[Any, ...]], **needed: Any
) -> dict[str, Any] | None:
    """Arguments: those that are needed, and some of the others."""
    found = dict(needed)
    for name, values in choices.items():
        if draw.chance(0.35):
            found[name] = draw.rng.choice(values)
    return found or None


def amount(draw: Structures, *numbers: int) -> Any:
    """A number, or one for each axis."""
    if draw.rank == 2 and draw.chance(0.5):
        return [draw.rng.choice(numbers), draw.rng.choice(numbers)]
    return draw.rng.choice(numbers)


def on_axes(draw: Structures, number: Any) -> Lines:
    """A number for each axis."""
    return number if isinstance(number, list) else [number] * draw.rank


def called(draw: Structures, op: str, given: dict[str, Any] | None) -> Line:
    """A call in one of its forms: a word, one value, positions, positions and names, names."""
    if given is None:
        return op if draw.chance(0.7) else {op: draw.rng.choice((None, {}))}
    order = list(all_ops()[op].model_fields)
    if all_ops()[op].takes_list:
        return {op: given}
    if list(given) != order[: len(given)] or draw.chance(0.4):
        places = [name for at, name in enumerate(order) if list(given)[: at + 1] == order[: at + 1]]
        is_list = bool(places) and isinstance(given[places[0]], list)
        if places and len(places) < len(given) and not is_list and draw.chance(0.4):
            rest = {name: held for name, held in given.items() if name not in places}
            return {op: [*(given[name] for name in places), rest]}
        return {op: given}
    first = next(iter(given.values()))
    if len(given) == 1 and not isinstance(first, list):
        return {op: first}
    return {op: given if isinstance(first, list) else list(given.values())}


def convolution(draw: Structures, scope: Scope) -> Line:
    """A convolution that keeps its input's shape."""
    kernel = amount(draw, 1, 3, 3)
    dilation = amount(draw, 1, 1, 2) if draw.chance(0.4) else 1
    axes = zip(on_axes(draw, kernel), on_axes(draw, dilation), strict=True)
    spreads = [step * (size - 1) for size, step in axes]
    given: dict[str, Any] = {"out_channels": "in.channels", "kernel_size": kernel}
    if draw.chance(0.3):
        given["stride"] = amount(draw, 1)
    given |= _around(draw, spreads)
    if dilation != 1 or draw.chance(0.1):
        given["dilation"] = dilation
    if draw.chance(0.3):
        parts = (1, 2) if scope.gpus else (1, 2, 3, "in.channels")
        given["groups"] = draw.rng.choice(parts)
    if draw.chance(0.3):
        given["bias"] = draw.rng.choice((True, False, draw.condition(scope)))
    if draw.chance(0.3):
        room = ("reflect", "circular") if scope.value.is_even else ()
        given["padding_mode"] = draw.rng.choice(("zeros", "replicate", *room))
    return called(draw, draw.op("conv"), given)


def _around(draw: Structures, spreads: list[int]) -> dict[str, Any]:
    """A padding of ``spreads`` altogether; a map is not smaller than 8 where it may be any."""
    halves = [spread // 2 for spread in spreads]
    if not any(spreads):
        words = ("valid", "same", 0) if draw.chance(0.4) else ()
        return {"padding": draw.rng.choice(words)} if words else {}
    if draw.chance(0.25):
        return {"padding": "same"}
    if draw.chance(0.25):
        ends = [draw.rng.randint(0, spread) for spread in spreads]
        return {"padding": [[end, spread - end] for end, spread in zip(ends, spreads, strict=True)]}
    return {"padding": halves[0] if len(set(halves)) == 1 else halves}


def transposed(draw: Structures, scope: Scope) -> Line:
    """A transposed convolution with a stride of 1: a convolution, but for its weight's order."""
    kernel, step = draw.rng.choice((1, 3)), draw.rng.choice((1, 1, 2))
    given: dict[str, Any] = {"out_channels": "in.channels", "kernel_size": kernel, "stride": 1}
    given["padding"] = step * (kernel - 1) // 2
    choices: dict[str, tuple[Any, ...]] = {"output_padding": (0,), "groups": (1, 2)}
    if step > 1:
        given |= some(draw, {**choices, "bias": (True, False)}) or {}
        return called(draw, draw.op("conv_transpose"), {**given, "dilation": step})
    choices |= {"bias": (True, False), "dilation": (1,), "padding_mode": ("zeros",)}
    return called(draw, draw.op("conv_transpose"), some(draw, choices, **given))


def max_pool(draw: Structures, scope: Scope) -> Line:
    """A pool whose window moves by one."""
    choices: dict[str, tuple[Any, ...]] = {"return_indices": (False,), "ceil_mode": (True, False)}
    if draw.chance(0.25):  # a stride of none is the window's own size
        strides = ("none", 1)
        needed = {"kernel_size": 1, "stride": draw.rng.choice(strides), "padding": 0}
        given = some(draw, {"dilation": (2, 1), **choices}, **needed)
    elif draw.chance(0.3):
        given = {"kernel_size": 2, "stride": 1, "padding": [[0, 1]] * draw.rank}
    else:
        given = some(draw, {"dilation": (1,), **choices}, kernel_size=3, stride=1, padding=1)
    return called(draw, draw.op("max_pool"), given)


def avg_pool(draw: Structures, scope: Scope) -> Line:
    """A mean over a window that moves by one."""
    choices: dict[str, tuple[Any, ...]] = {"count_include_pad": (True, False)}
    if draw.rank == 2:
        choices["divisor_override"] = (5, "none")
    if draw.chance(0.3):
        given = {"kernel_size": 2, "stride": 1, "padding": [[1, 0]] * draw.rank}
        if draw.chance(0.5):
            given["count_include_pad"] = True
        return called(draw, draw.op("avg_pool"), given)
    choices = {"ceil_mode": (True, False), **choices}
    given_ = some(draw, choices, kernel_size=3, stride=1, padding=1)
    if draw.chance(0.2):
        given_ = some(draw, choices, kernel_size=1, stride="none", padding=0)
    return called(draw, draw.op("avg_pool"), given_)


def norm(draw: Structures, scope: Scope) -> Line:
    """A normalisation over a batch, groups, neighbours or channels."""
    groups = 2 if scope.gpus else 3
    kinds = ["batch", "group", "response"]
    kinds += [] if scope.gpus else ["axis", "layer"]
    kind = draw.rng.choice(kinds)
    if kind == "batch":
        return called(draw, draw.op("batch_norm"), some(draw, BATCH))
    if kind == "group":
        choices = {"eps": EPS, "affine": (True, False), "bias": (True,)}
        return called(draw, "group_norm", some(draw, choices, num_groups=groups))
    if kind == "response":
        choices = {
            "alpha": (1e-4, 0.1),
            "beta": (0.75, 0.5),
            "k": (1.0, 2.0),
            "groups": (1, groups),
        }
        return called(
            draw, "local_response_norm", some(draw, choices, size=draw.rng.choice((5, 3)))
        )
    if kind == "layer" and draw.rank == 2:
        return called(draw, "layer_norm2d", some(draw, LAYER))
    axes = tuple(range(1, draw.rank + 2))
    choices = {"p": (2.0, 1.0, 3.0), "dim": axes, "eps": (1e-12, 1e-6)}
    if draw.chance(0.5):
        return called(draw, "normalize", some(draw, choices))
    op = draw.rng.choice(("softmax", "log_softmax"))
    return called(draw, op, some(draw, {"dim": axes}))


def activation(draw: Structures, scope: Scope) -> Line:
    """An elementwise op."""
    op = draw.rng.choice(list(ACTIVATIONS))
    choices = ACTIVATIONS[op]
    if op == "prelu" and not scope.gpus:
        counts = (12,) * 4 if scope.value.channels == ("width", 12) else ()
        choices = {**choices, "num_parameters": (1, "channels", "in.channels", *counts)}
    return called(draw, op, some(draw, choices))


def resized(draw: Structures, scope: Scope) -> Line:
    """To the size that is there: a factor of 1, the same size where it is known, or none."""
    if draw.chance(0.3) or (draw.is_open and draw.rank == 1):
        choices = {"mode": ("nearest",), "recompute_scale_factor": (True, False, "none")}
        return called(draw, "upsample", some(draw, choices, scale_factor=1))
    if draw.rank == 2:
        sizes = (["in.height", "in.width"], ["in.shape[2]", "in.shape[3]"])
        wanted = draw.rng.choice(("none", ["none", "in.width"], *sizes))
        wanted = ["none", "none"] if draw.is_open else wanted
        op = draw.rng.choice(("adaptive_avg_pool2d", "adaptive_max_pool2d"))
        choices = {"return_indices": (False,)} if "max" in op else {}
        return {op: some(draw, choices, output_size=wanted)}
    return {"adaptive_avg_pool1d": draw.rng.choice(("in.length", ["in.length"]))}


FORMS = (convolution, convolution, convolution, norm, norm, activation, activation, activation)
FORMS += (max_pool, avg_pool, transposed, resized)
SPLIT_FORMS = (convolution, convolution, norm, norm, activation, activation, max_pool, avg_pool)


def kept_op(draw: Structures, scope: Scope) -> Line:
    """An op that keeps its input's shape, with arguments."""
    form = draw.rng.choice(SPLIT_FORMS if scope.gpus else FORMS)
    return dressed(draw, scope, form(draw, scope))


def dressed(draw: Structures, scope: Scope, line: Line, *, often: bool = False) -> Line:
    """The line with some of its op's arguments as expressions that come to the same."""
    key = next((key for key in line if key in all_ops()), "") if isinstance(line, dict) else ""
    if not key or not draw.chance(0.8 if often else 0.5):
        return line
    given = bound(key, line[key])
    fields = all_ops()[key].model_fields
    for name, held in given.items():
        if key == "pad" and len(given["padding"]) > 2 * draw.rank:
            break  # of channels a constant only
        if draw.chance(0.4) and EXPRESSION in forms(fields[name]):
            is_size = "Dim" in str(fields[name].annotation) + str(fields[name].metadata)
            owner = f"{key.removesuffix('1d').removesuffix('2d')}.{name}"
            given[name] = _said(draw, scope, held, is_size=is_size, owner=owner)
    return {**line, key: given}


def _said(draw: Structures, scope: Scope, held: Any, *, is_size: bool, owner: str) -> Any:
    """A value as an expression."""
    if isinstance(held, list):
        return [_said(draw, scope, each, is_size=is_size, owner=owner) for each in held]
    if isinstance(held, bool):
        return random_expressions.flag(draw.rng, held)
    if isinstance(held, float):
        return draw.rng.choice((f"{2 * held!r} / 2", f"{held!r} * 1"))
    if isinstance(held, int):
        if is_size and held > 0 and scope.ones and draw.chance(0.5):  # -1 is a word: the rest
            return f"{held} * {draw.rng.choice(scope.ones)}"
        return random_expressions.number(draw.rng, held)
    named = scope.words.get(f"{owner}={held}") or scope.words.get(owner)
    return named if named is not None and _may_be(held, owner) else held


def _may_be(held: Any, owner: str) -> bool:
    """Whether the argument may be any of the words that a parameter stands for."""
    return isinstance(held, str) and held in WORDS.get(owner, ())


WORDS = {
    "conv.padding_mode": ("zeros", "replicate"),
    "gelu.approximate": ("none", "tanh"),
    "pad.mode": ("constant", "replicate"),
    "upsample.mode": ("nearest", "bilinear", "linear"),
}
"""Words that a parameter may stand for, as long as the shapes stay."""
