"""Of very many weights most are judged by their first-order movement; held against real changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from proof_networks import TINY_SOURCE, tiny
from torch import nn

from archcompile.proof import child, verification_weights

SHARED_SOURCE = """\
import torch
from torch import nn


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.same = nn.Conv2d(2, 2, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.gamma = nn.Parameter(torch.tensor([0.9, 1.2]).reshape(2, 1, 1))
        self.norm = nn.BatchNorm2d(2)
        self.idle = nn.Linear(180, 3)
        self.fc = nn.Linear(180, 3)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.act(self.same(image))
        x = self.act(self.norm(self.same(x) * self.gamma))
        x = x.flatten(1)
        return self.fc(x), self.fc(x) + 1e-9 * self.idle(x)
"""


def network(text: str, folder: Path) -> nn.Module:
    path = folder / "network.py"
    path.write_text(text, encoding="utf-8")
    torch.manual_seed(0)
    return child._network(child._load(path)).eval()


def job(module: nn.Module) -> dict[str, Any]:
    keys = [key for key, value in module.state_dict().items() if value.is_floating_point()]
    return {"sensitive": keys, "widest": 0, "inputs": ["image"], "asked": 1e-3}


def samples(count: int) -> torch.Tensor:
    return torch.randn(count, 2, 9, 10, generator=torch.Generator().manual_seed(count))


def silent() -> None:
    """No sign of life is needed here."""


def sensitivity(module: nn.Module, many: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(child, "_MANY", many)
    monkeypatch.setattr(child, "_LEAST_TRIED", 2)
    with torch.no_grad():
        return child._sensitivity(module, [[samples(5)]], [samples(6)[:5]], job(module), silent)


@pytest.mark.parametrize("source", [TINY_SOURCE, SHARED_SOURCE], ids=["tiny", "shared"])
def test_first_order_movements_are_near_those_of_a_change(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = network(source, tmp_path)
    if source is TINY_SOURCE:
        held = verification_weights(tiny(), 0)
        module.load_state_dict({key: torch.from_numpy(array) for key, array in held.items()})
    before = {key: value.clone() for key, value in module.state_dict().items()}
    changed = sensitivity(module, 1000, monkeypatch)["by_weight"]
    with torch.no_grad():
        estimated = child._first_order(module, [samples(5)], job(module), silent)
    assert set(changed) - set(estimated) <= {"gamma"}
    for key, moves in estimated.items():
        for estimate, change in zip(moves, changed[key], strict=True):
            assert 0.2 * change - 1e-7 <= estimate <= 1.3 * change + 1e-7, key
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


def test_a_weight_that_moves_nothing_is_among_those_that_are_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = network(SHARED_SOURCE, tmp_path)
    found, every = (sensitivity(module, many, monkeypatch) for many in (3, 1000))
    dull, truly = (
        {key for key, moves in each["by_weight"].items() if max(moves) < 1e-3}
        for each in (found, every)
    )
    assert dull == truly >= {"idle.weight", "idle.bias"}
    assert 3 <= found["tried"] < len(found["by_weight"])
    assert set(found["by_weight"]) == set(job(module)["sensitive"])


def test_where_there_is_no_gradient_every_weight_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = SHARED_SOURCE.replace("x = x.flatten(1)", "x = x.detach().flatten(1)")
    module = network(text, tmp_path)
    assert sensitivity(module, 3, monkeypatch)["by_weight"]["same.weight"][0] > 1e-3
    deaf = SHARED_SOURCE.replace("return self.fc(x), self.fc(x)", "return self.fc(x).detach(), x")
    deaf = deaf.replace("x + 1e-9", "(x + 0).detach() + 1e-9").replace("self.idle(x)", "x.detach()")
    module = network(deaf, tmp_path)
    found = sensitivity(module, 3, monkeypatch)
    assert found["tried"] == len(found["by_weight"])
