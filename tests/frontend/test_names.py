"""Names of layers: what would break the module in which they become attributes is refused."""

from __future__ import annotations

import pytest
from torch import nn

from archcompile.frontend.document.names import MODULE_ATTRIBUTES, SEQUENTIAL_ATTRIBUTES
from tests.spec_text import compile_text, shown


def attributes_of(made: nn.Module) -> set[str]:
    return {name for name in dir(made) if not name.startswith("__")}


def test_the_words_of_torch_modules_are_all_known() -> None:
    assert attributes_of(nn.Module()) <= MODULE_ATTRIBUTES
    assert attributes_of(nn.Sequential()) <= MODULE_ATTRIBUTES | SEQUENTIAL_ATTRIBUTES


@pytest.mark.parametrize("name", ["_modules", "_parameters", "append", "pop"])
def test_a_member_named_as_what_a_container_uses_itself_is_refused(name: str) -> None:
    text = f"""
        input: [N, 3]
        layers:
          - name: chain
            sequence: [{{name: {name}, relu}}]
    """
    (found,) = shown(text)
    assert found.startswith(f"AC310 6:23 `{name}` is a word of torch.nn.")


def test_a_name_may_start_with_an_underscore_as_in_some_checkpoints() -> None:
    net = compile_text("input: [N, 3]\nlayers: [{name: _fc, linear: 2}]")
    assert [node.path for node in net.program.nodes()] == ["_fc"]
