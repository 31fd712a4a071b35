"""What no legal random spec has, and why: the language refuses it, or one text cannot say it."""

from __future__ import annotations

IN_PLACE = "refused: results are never written over inputs, which others may read"
INDICES = "refused: an op has one output, the greatest elements"
NEW = "refused: torch has it in its newest versions only"
STATISTICS = "refused: a sample's result would depend on the others of its batch"
NO_MEAN = "refused: runtimes differ in it, or it is for ranks that no map has"
COUNTED = "a claim about a number; the generator counts nothing, and the runs compare the counts"
NUMBERED = "never written: elaboration numbers the parts in order"

REFUSED: dict[str, tuple[str, str]] = {
    **{
        f"{op}.inplace: true": (f"{op}: {{inplace: true}}", IN_PLACE)
        for op in ("dropout", "elu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu")
    },
    **{
        f"{op}.inplace: true": (f"{op}: {{inplace: true}}", IN_PLACE)
        for op in ("mish", "relu", "relu6", "silu")
    },
    "adaptive_max_pool2d.return_indices: true": (
        "adaptive_max_pool2d: {output_size: 1, return_indices: true}",
        INDICES,
    ),
    "max_pool1d.return_indices: true": (
        "max_pool1d: {kernel_size: 1, return_indices: true}",
        INDICES,
    ),
    "max_pool2d.return_indices: true": (
        "max_pool2d: {kernel_size: 1, return_indices: true}",
        INDICES,
    ),
    "batch_norm1d.track_running_stats: false": (
        "batch_norm1d: {track_running_stats: false}",
        STATISTICS,
    ),
    "batch_norm2d.track_running_stats: false": (
        "batch_norm2d: {track_running_stats: false}",
        STATISTICS,
    ),
    "batch_norm1d.bias: false": ("batch_norm1d: {bias: false}", NEW),
    "batch_norm2d.bias: false": ("batch_norm2d: {bias: false}", NEW),
    "group_norm.bias: false": ("group_norm: {num_groups: 2, bias: false}", NEW),
    **{
        f"upsample.mode: {mode}": (f"upsample: {{scale_factor: 2, mode: {mode}}}", NO_MEAN)
        for mode in ("bicubic", "trilinear", "area", "nearest-exact")
    },
    "gpu_groups in gpu_groups": (
        "gpu_groups: {count: 2, layers: [{gpu_groups: {count: 2, layers: [{abs: {}}]}}]}",
        "refused: a value is split over one set of GPUs at a time",
    ),
}
"""What the language refuses: a line that says it, and why it does."""

UNREACHABLE: dict[str, str] = {
    **{item: why for item, (_, why) in REFUSED.items()},
    **{f"chunk.index: {form}": NUMBERED for form in ("default", "other", "expression")},
    **{
        f"expect's: {claim}": COUNTED
        for claim in ("parameters", "buffers", "macs", "connections", "receptive_field")
    },
    "file: use": "needs a second file; a random spec is one text",
}
"""Each item that a run does not miss, with the reason."""
