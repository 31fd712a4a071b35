"""Detours: lines that turn a value into any other, and a gate of the result on what they read.

So every op with every argument may stand anywhere, whatever it makes of the shape.
"""

from __future__ import annotations

from typing import Any

from random_ops import EPS, LAYER, amount, called, dressed, on_axes, some
from random_shapes import Unfit
from random_structures import Line, Lines, Scope, Structures, as_mapping

FLAGS = (True, False)


def detour(draw: Structures, scope: Scope) -> Lines:
    """A value, what becomes of it, and both together: the value's shape again."""
    if scope.gpus:
        raise Unfit
    before, after = draw.name(scope, path=False), draw.name(scope, path=False)
    lines: Lines = [{"name": before, **as_mapping(draw.kept(scope))}]
    if draw.chance(0.3):
        way = _vector(draw)
    else:
        way = draw.rng.choice(ROOMY if scope.value.is_even else ANYWHERE)(draw)
        way += [{draw.op("conv"): [1, 1]}, {draw.op("adaptive_avg_pool"): 1}]
    lines += [dressed(draw, scope, each, often=True) for each in way]
    if draw.chance(0.4):  # what is multiplied by stays between -1 and 1
        gate = draw.rng.choice(("sigmoid", "tanh", "hardsigmoid"))
        return [*lines, {"name": after, gate: None}, {"from": [before, after], "mul": None}]
    lines.append({"name": after, draw.rng.choice(("relu", "mish", "softplus", "identity")): None})
    return [*lines, {"from": [before, after], draw.rng.choice(("add", "sub")): None}]


# of a map at least 4 wide, a multiple of 4


def pooled(draw: Structures) -> Lines:
    """A pool with any window, stride and padding."""
    kind = draw.rng.choice(("max", "avg"))
    given: dict[str, Any] = {"kernel_size": amount(draw, 2, 3)}
    if draw.chance(0.6):
        given["stride"] = draw.rng.choice((amount(draw, 1, 2, 3), "none"))
    is_uneven = draw.chance(0.3)
    if is_uneven:
        given["padding"] = draw.rng.choice(([[0, 1], [1, 0]], [[1, 1], [0, 1]]))[: draw.rank]
    elif draw.chance(0.5):
        given["padding"] = amount(draw, 0, 1)
    if kind == "max":
        choices: dict[str, tuple[Any, ...]] = {"return_indices": (False,)}
        if draw.chance(0.5):
            given["dilation"] = amount(draw, 1, 2)
    else:
        choices = {"count_include_pad": (True,) if is_uneven else FLAGS}
        if draw.rank == 2:
            choices["divisor_override"] = (1, 3, "none")
    choices["ceil_mode"] = (False,) if is_uneven else FLAGS
    return [called(draw, draw.op(f"{kind}_pool"), some(draw, choices, **given))]


def strided(draw: Structures) -> Lines:
    """A convolution with any stride."""
    choices: dict[str, tuple[Any, ...]] = {
        "stride": (amount(draw, 1, 2, 3),),
        "padding": (amount(draw, 0, 1, 2), [[0, 2], [1, 0]][: draw.rank], "valid"),
        "dilation": (amount(draw, 1, 2),),
        "groups": (1, 2, 3),
        "bias": FLAGS,
        "padding_mode": ("zeros", "reflect", "replicate", "circular"),
    }
    kernel = amount(draw, 1, 2)
    return [called(draw, draw.op("conv"), some(draw, choices, out_channels=6, kernel_size=kernel))]


def partial(draw: Structures) -> Lines:
    """A convolution with a table."""
    if draw.rank == 1:
        raise Unfit
    table = [[0, 1], [2, 5, 3], [11], [4, 0]][: draw.rng.randint(1, 4)]
    choices = {"stride": (amount(draw, 1, 2),), "padding": (amount(draw, 0, 1),), "bias": FLAGS}
    kernel = amount(draw, 1, 3)
    return [called(draw, "partial_conv2d", some(draw, choices, table=table, kernel_size=kernel))]


def subsampled(draw: Structures) -> Lines:
    """LeNet-5's sums, whose windows leave nothing over."""
    if draw.rank == 1:
        raise Unfit
    return [called(draw, "trainable_subsample", {"kernel_size": amount(draw, 1, 2, 4)})]


def reduced(draw: Structures) -> Lines:
    """An adaptive pool; an open size must be a multiple of what it becomes."""
    if draw.rank == 1:
        return [{"adaptive_avg_pool1d": draw.rng.choice((1, 2, 4))}]
    op = draw.rng.choice(("adaptive_avg_pool2d", "adaptive_max_pool2d"))
    wanted: Any = amount(draw, 1, 2, 4)
    if draw.chance(0.3):
        wanted = draw.rng.choice((["none", 2], [1, "none"]))
    return [
        {op: some(draw, {"return_indices": (False,)} if "max" in op else {}, output_size=wanted)}
    ]


def cut(draw: Structures) -> Lines:
    """Some positions, perhaps of what is padded in some mode."""
    choices = {"start": (0, 1), "stop": (3, -1, "none"), "step": (1, 2)}
    line = called(draw, "slice", some(draw, choices, dim=draw.rng.randint(1, draw.rank + 1)))
    padding = [draw.rng.randint(0, 2) for _ in range(2 * draw.rank)]
    if draw.chance(0.5):
        padding = padding[:2]
    if draw.chance(0.3):
        mode = draw.rng.choice(("constant", "reflect", "replicate", "circular"))
        return [{"pad": {"padding": padding, "mode": mode}}, line]
    choices = {"mode": ("reflect", "circular"), "value": (0.0,)}
    if draw.chance(0.5):
        choices = {"mode": ("constant",), "value": (0.0, 1.5)}
        padding = [1] * 2 * (draw.rank + 1)
    return [called(draw, "pad", some(draw, choices, padding=padding)), line]


def halved(draw: Structures) -> Lines:
    """Parts along an axis of space, one behind the other again."""
    dim = draw.rng.choice((1, 1, *range(1, draw.rank + 2)))
    given = some(draw, {"dim": (1,)}, chunks=2) if dim == 1 else {"chunks": 2, "dim": dim}
    joined = some(draw, {"dim": (1,), "groups": (1, 3)}) if dim == 1 else {"dim": dim}
    return [called(draw, "chunk", given), called(draw, "concat", joined)]


# of maps of any size


def enlarged(draw: Structures) -> Lines:
    """A larger map."""
    means = ("bilinear", "linear")[draw.rank == 1]
    if draw.chance(0.5):
        mode = draw.rng.choice(("nearest", means))
        choices: dict[str, tuple[Any, ...]] = {"recompute_scale_factor": (True, False, "none")}
        choices["align_corners"] = ("none",) if mode == "nearest" else (True, False, "none")
        choices["size"] = ("none",)
        needed = {"scale_factor": amount(draw, 1, 2), "mode": mode}
        return [{"upsample": some(draw, choices, **needed)}]
    choices = {"align_corners": (*FLAGS, "none"), "scale_factor": ("none",)}
    return [{"upsample": some(draw, choices, size=amount(draw, 3, 5, 8), mode=means)}]


def spread(draw: Structures) -> Lines:
    """A transposed convolution with a stride."""
    stride = amount(draw, 1, 2, 3)
    more = [step - 1 for step in on_axes(draw, stride)]
    choices: dict[str, tuple[Any, ...]] = {
        "padding": (0, 1 if draw.rank == 1 else [1, 0]),
        "output_padding": (more[0] if len(set(more)) == 1 else more, 0),
        "groups": (1, 2, 3),
        "bias": FLAGS,
        "dilation": (amount(draw, 1, 2),),
        "padding_mode": ("zeros",),
    }
    needed = {"out_channels": 6, "kernel_size": amount(draw, 3, 4), "stride": stride}
    return [called(draw, draw.op("conv_transpose"), some(draw, choices, **needed))]


def padded(draw: Structures) -> Lines:
    """More positions, of a constant or of the last one there."""
    padding = [draw.rng.randint(0, 2) for _ in range(2 * draw.rank)]
    choices = {"mode": ("constant", "replicate")}
    return [{"pad": some(draw, choices, padding=padding[: draw.rng.choice((2, None))])}]


def shuffled(draw: Structures) -> Lines:
    """Channels that become space."""
    if draw.rank == 1:
        raise Unfit
    return [{"conv2d": [8, 1]}, called(draw, "pixel_shuffle", {"upscale_factor": 2})]


def last(draw: Structures) -> Lines:
    """Ops over the last axis, with the channels there."""
    there, back = ([0, 2, 3, 1], [0, 3, 1, 2]) if draw.rank == 2 else ([0, 2, 1], [0, 2, 1])
    flags = (True,) if draw.rank == 2 else FLAGS
    choices = {"bias": FLAGS, "groups": (1, 2, 3)}
    given = some(draw, choices, out_features=6, channels_last=draw.rng.choice(flags))
    norm = some(draw, {**LAYER, "normalized_shape": ("none",)})
    lines: Lines = [{"permute": there}, {"layer_norm": norm}, {"linear": given}]
    if draw.chance(0.5):
        lines.append(called(draw, "softmax", {"dim": draw.rank + 1}))
    return [*lines, {"permute": back}]


def averaged(draw: Structures) -> Lines:
    """Means that leave the axes; perhaps along the channels, too."""
    axes = [draw.rng.randint(1, draw.rank + 1)]
    if draw.rank == 2 and draw.chance(0.5):
        axes = [2, 3]
    return [{"mean": {"dim": axes if len(axes) > 1 else axes[0], "keepdim": True}}]


def _vector(draw: Structures) -> Lines:
    """Features of the whole map, and ops on them, down to one number for each sample."""
    lines: Lines = [{draw.op("adaptive_avg_pool"): 1}, called(draw, "flatten", _span(draw))]
    if draw.chance(0.4):
        dim = [2, 3] if draw.rank == 2 else 2
        lines = [called(draw, "mean", some(draw, {"keepdim": (False,)}, dim=dim))]
    elif draw.rank == 2 and draw.chance(0.3):
        lines = [{"flatten": {"start_dim": 2, "end_dim": 3}}, {"mean": 2}]
    features = draw.rng.choice((6, 12, "in.features // 2"))
    lines.append(
        called(
            draw, "linear", some(draw, {"bias": FLAGS, "groups": (1, 2, 3)}, out_features=features)
        )
    )
    for _ in range(draw.rng.randint(0, 2)):
        lines.append(draw.rng.choice(OF_FEATURES)(draw))
    if draw.chance(0.2):
        codes = [[1, -1, 1, 1], [-1, -1, 1, -1], [1, 1, -1, 1]][: draw.rng.randint(1, 3)]
        lines += [{"linear": 4}, {"euclidean_rbf": [codes]}, "tanh"]
    apart: Lines = [[1] * (draw.rank + 1), [-1, *[1] * draw.rank]]
    return [*lines, {"linear": 1}, {"unflatten": [1, draw.rng.choice(apart)]}]


def _span(draw: Structures) -> dict[str, Any] | None:
    return some(draw, {"start_dim": (1,), "end_dim": (-1, draw.rank + 1)})


def _normed(draw: Structures) -> Line:
    choices = {"eps": EPS, "momentum": (0.1, 0.3, "none"), "affine": FLAGS}
    choices |= {"track_running_stats": (True,), "bias": (True,)}
    return called(draw, "batch_norm1d", some(draw, choices))


def _layer_normed(draw: Structures) -> Line:
    wanted: dict[str, tuple[Any, ...]] = {"normalized_shape": ("none", ["in.features"])}
    return {"layer_norm": some(draw, {**wanted, **LAYER}) or {}}


def _over_features(draw: Structures) -> Line:
    if draw.chance(0.5):
        return called(draw, draw.rng.choice(("softmax", "log_softmax")), some(draw, {"dim": (1,)}))
    choices = {"p": (2.0, 1.0, 3.0), "dim": (1,), "eps": (1e-12, 1e-6)}
    return called(draw, "normalize", some(draw, choices))


OF_FEATURES = (_normed, _layer_normed, _over_features)
ANYWHERE = (enlarged, spread, shuffled, last, averaged, padded)
ROOMY = (*ANYWHERE, pooled, pooled, pooled, strided, strided, partial, partial, subsampled)
ROOMY += (reduced, cut, cut, halved, halved)
