"""Whether arrays are a program's weights: every key, no other, in its size and type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeGuard

from archcompile.diagnostics import Code, Diagnostic, SpecError
from archcompile.ir.program import Program
from archcompile.libraries import numpy
from archcompile.weights.tensors import Tensor, tensors

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_SHOWN = 50
"""Findings that are worded one by one; the rest are counted."""
_SEARCHED = 2_000
"""Keys among which a misspelt one is looked for; beyond that the search would take seconds."""


def fit(program: Program, given: Mapping[str, object]) -> dict[str, Array]:
    """The program's weights in state_dict order, contiguous.

    A counter (an int64 buffer, ``num_batches_tracked``) that is not given starts as in a new
    network, since files older than torch 0.4.1 have none. Raises SpecError (BAD_WEIGHTS) with every
    missing, unexpected and misshapen key, a close one beside it.
    """
    arrays = _arrays(given)
    expected = {tensor.key: tensor for tensor in tensors(program)}
    if findings := list(_findings(program, expected, arrays)):
        shown, rest = findings[:_SHOWN], len(findings) - _SHOWN
        if rest > 0:
            shown.append(Diagnostic(Code.BAD_WEIGHTS, f"and {rest} more keys", program.span))
        raise SpecError(shown)
    np = numpy()
    return {
        key: np.ascontiguousarray(arrays[key]).reshape(tensor.shape)  # it makes scalars 1-D
        if key in arrays
        else np.zeros(tensor.shape, tensor.weight.dtype)
        for key, tensor in expected.items()
    }


def _arrays(given: Mapping[str, object]) -> dict[str, Array]:
    """A caller's mapping may hold anything; what is asked of an array is its shape and dtype."""
    arrays = {key: value for key, value in given.items() if _is_array(value)}
    others = [
        Diagnostic(
            Code.BAD_WEIGHTS,
            f"the weight `{key}` is no array: got a value of type {type(value).__name__}",
            None,
            help="pass NumPy arrays or torch tensors",
        )
        for key, value in given.items()
        if key not in arrays
    ]
    if others:
        raise SpecError(others[:_SHOWN])
    return arrays


def _is_array(value: object) -> TypeGuard[Array]:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _findings(
    program: Program, expected: Mapping[str, Tensor], arrays: Mapping[str, Array]
) -> Iterator[Diagnostic]:
    missing = [key for key in expected if key not in arrays and not _may_be_absent(expected[key])]
    unexpected = [key for key in arrays if key not in expected]
    if prefix := _prefix(missing, unexpected):
        yield Diagnostic(
            Code.BAD_WEIGHTS,
            f"every key starts with `{prefix}`, which `{program.name}` does not have",
            program.span,
            help=f"rename the keys without `{prefix}` (torch.nn.DataParallel adds `module.`)",
        )
        return
    for key in missing:
        tensor = expected[key]
        yield Diagnostic(
            Code.BAD_WEIGHTS,
            f"the weight `{key}` {_sizes(tensor.shape)} is missing",
            tensor.node.span,
            help=_close(key, unexpected, "the weights have `{}`"),
        )
    for key in unexpected:
        yield Diagnostic(
            Code.BAD_WEIGHTS,
            f"`{key}` {_sizes(arrays[key].shape)} is no weight of `{program.name}`",
            program.span,
            help=_close(key, missing, "did you mean `{}`?"),
        )
    for key, tensor in expected.items():
        if key in arrays and (problem := _problem(tensor, arrays[key])):
            yield Diagnostic(Code.BAD_WEIGHTS, problem, tensor.node.span)


def _prefix(missing: list[str], unexpected: list[str]) -> str | None:
    """What stands before every missing key in the weights, if something does."""
    found = set(unexpected)
    candidates = [key for key in unexpected if missing and key.endswith(f".{missing[0]}")]
    for candidate in candidates[:1]:
        prefix = candidate.removesuffix(missing[0])
        if all(key.startswith(prefix) for key in unexpected) and all(
            f"{prefix}{key}" in found for key in missing
        ):
            return prefix
    return None


def _may_be_absent(tensor: Tensor) -> bool:
    return tensor.weight.kind == "buffer" and tensor.weight.dtype == "int64"


def _problem(tensor: Tensor, array: Array) -> str | None:
    if tuple(array.shape) != tensor.shape:
        return (
            f"the weight `{tensor.key}` expects {_sizes(tensor.shape)}, got {_sizes(array.shape)}"
        )
    if str(array.dtype) != tensor.weight.dtype:
        return f"the weight `{tensor.key}` expects {tensor.weight.dtype}, got {array.dtype}"
    return None


def _close(key: str, candidates: list[str], sentence: str) -> str | None:
    if len(candidates) > _SEARCHED:
        return None
    found = get_close_matches(key, candidates, n=1, cutoff=0.75)
    return sentence.format(found[0]) if found else None


def _sizes(shape: Iterable[int]) -> str:
    return f"[{', '.join(map(str, shape))}]"
