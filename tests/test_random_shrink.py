"""A spec with a planted fault becomes the few lines that show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from random_arguments import bound
from random_families import random_family
from random_shrink import same_crash, shrink
from random_specs import spec_text
from spec_text import compile_text, names_of

from archcompile.diagnostics import SpecError

LOOPS = ("repeat", "for")


def loaded(text: str) -> Any:
    return yaml.load(text, yaml.CSafeLoader)


def lines_of(tree: Any, *, is_looped: bool = False) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every mapping of a spec, and whether a loop is around it."""
    if isinstance(tree, dict):
        is_looped = is_looped or any(key in tree for key in LOOPS)
        yield tree, is_looped
    for each in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from lines_of(each, is_looped=is_looped)


def is_dilated(line: dict[str, Any]) -> bool:
    """Whether it is a convolution with holes in its kernel."""
    return any(
        bound(key, held).get("dilation", 1) != 1
        for key, held in line.items()
        if key in ("conv1d", "conv2d")
    )


def is_legal(text: str) -> bool:
    try:
        for name in names_of(text):
            compile_text(text, name)
    except SpecError:
        return False
    return True


def dilates_in_a_loop(text: str) -> bool:
    """The planted fault: a dilated convolution in a loop, in a spec that compiles."""
    found = lines_of(loaded(text))
    return any(is_looped and is_dilated(line) for line, is_looped in found) and is_legal(text)


def joins_what_gpus_share(text: str) -> bool:
    """Another one: layers on several GPUs, and an addition somewhere."""
    lines = [line for line, _ in lines_of(loaded(text))]
    return (
        any("gpu_groups" in line for line in lines)
        and any("add" in line for line in lines)
        and is_legal(text)
    )


def first_seed(fails: Callable[[str], bool], start: int) -> int:
    return next(seed for seed in range(start, start + 200) if fails(spec_text(random_family(seed))))


@pytest.mark.parametrize("start", [0, 40])
def test_a_planted_fault_is_shown_by_one_line(start: int) -> None:
    spec = random_family(first_seed(dilates_in_a_loop, start))
    small = shrink(spec, dilates_in_a_loop)
    assert dilates_in_a_loop(spec_text(small))
    assert len(small["layers"]) <= 2
    assert len(spec_text(small).splitlines()) <= 8
    assert len(spec_text(small)) < min(260, len(spec_text(spec)))


def test_a_fault_of_two_lines_keeps_both() -> None:
    spec = random_family(first_seed(joins_what_gpus_share, 0))
    small = shrink(spec, joins_what_gpus_share)
    assert joins_what_gpus_share(spec_text(small))
    assert len(spec_text(small).splitlines()) <= 10


def test_no_more_is_tried_than_was_said() -> None:
    asked: list[str] = []

    def fails(text: str) -> bool:
        asked.append(text)
        return False

    spec = random_family(3)
    assert shrink(spec, fails, tries=25) == spec
    assert len(asked) == len(set(asked)) == 25


def test_what_fails_otherwise_is_another_fault() -> None:
    text = "archcompile: 1\nname: net\ninput: [N, 4, 8, 8]\nlayers:\n  - {linear: 3}\n  - relu\n"
    with pytest.raises(SpecError) as caught:
        compile_text(text)
    fails = same_crash(caught.value)
    assert fails(text)
    assert not fails(text.replace("linear: 3", "lineal: 3"))
    assert not fails(text.replace("linear: 3", "tanh: {}"))
    small = shrink(loaded(text), fails)
    assert small["layers"] == [{"linear": 1}]
