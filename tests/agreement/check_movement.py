"""Whether a comparison counts: do the outputs depend on every input and on every weight tensor?

Each is changed: another input, and every element of one weight tensor by 10 %, up and down in turn.
The outputs must move by a hundred tolerances. Weights are judged to first order at once, as the
change that a layer's output makes in fact, times the gradient of one element of each sample's
outputs; what does not move enough so is changed in fact, in a pass of its own. Nothing is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from check_values import DOUBLE, SINGLE
from recorder import tensors
from torch import nn

from archcompile.proof.movement import unread_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from findings import Findings
    from subject import Subject

FACTOR = 100
"""How many tolerances an output has to move by."""


def check_movement(subject: Subject, findings: Findings) -> None:
    """Counts what means something and what does not. The module must be in float64."""
    inputs = [torch.from_numpy(each).double() for each in subject.inputs[subject.main].values()]
    unread = frozenset(unread_weights(subject.inference))
    inferred = _inferred(subject)
    state = subject.module.state_dict()
    asked = {
        key: each
        for key, each in state.items()
        if each.is_floating_point() and key not in unread and key in inferred
    }
    findings.not_made["movement: no output reads the weight's layer"] += len(unread)
    local: dict[str, float] = {}
    base, moves = _first_order(subject.module, inputs, asked, local)
    for place in range(len(inputs)):
        others = [*inputs[:place], inputs[place].flip(0) * 1.1, *inputs[place + 1 :]]
        _judge(findings, "input", _moved(subject.module, others, base))
    for key, tensor in asked.items():
        if key in local:
            _judge(findings, "weight", local[key], "its own layer")
        move = moves.get(key, 0.0)
        if move < FACTOR * SINGLE:
            kept = _change(tensor)
            move = max(move, _moved(subject.module, inputs, base))
            tensor.copy_(kept)
        _judge(findings, "weight", move)


def _inferred(subject: Subject) -> frozenset[str]:
    nodes = subject.inference.nodes()
    return frozenset(node.key(weight) for node in nodes for weight in node.weights())


def _judge(findings: Findings, what: str, move: float, where: str = "an output") -> None:
    """The movement against the tolerance of each precision."""
    for voice, tolerance in (("float64", DOUBLE), ("float32", SINGLE)):
        counts = findings.made if move >= FACTOR * tolerance else findings.not_made
        counts[f"movement, {voice}: the {what} moves {where}"] += 1


def _forward(module: nn.Module, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    with torch.no_grad():
        return list(tensors(module(*(each.clone() for each in inputs))))


def _moved(module: nn.Module, inputs: list[torch.Tensor], base: list[torch.Tensor]) -> float:
    """How far the output that moves most moves, norm-wise."""
    far = 0.0
    for new, old in zip(_forward(module, inputs), base, strict=True):
        scale = float(old.abs().max())
        far = max(far, float((new - old).abs().max()) / scale if scale else 0.0)
    return far


def _change(tensor: torch.Tensor) -> torch.Tensor:
    """Every element 10 % up or down, in turn; returns what was there."""
    kept = tensor.detach().clone()
    signs = 1 - 2 * (torch.arange(tensor.numel()) % 2)
    tensor.data.mul_(1 + 0.1 * signs.reshape(tensor.shape))  # .data: not for autograd
    return kept


def _first_order(
    module: nn.Module,
    inputs: list[torch.Tensor],
    asked: dict[str, torch.Tensor],
    local: dict[str, float],
) -> tuple[list[torch.Tensor], dict[str, float]]:
    """The outputs, and for each weight tensor the largest movement of a few of their elements.

    ``local`` gets how far it moves its own layer's result, in fact.
    """
    owners: dict[nn.Module, dict[str, torch.Tensor]] = {}
    for path, layer in module.named_modules():
        own = {
            f"{path}.{name}": asked[f"{path}.{name}"]
            for name in (*layer._parameters, *layer._buffers)
            if path and f"{path}.{name}" in asked
        }
        if own:
            owners[layer] = own
    moves: dict[str, torch.Tensor] = {}
    hooks = [
        each.register_forward_hook(_tracing(own, moves, local)) for each, own in owners.items()
    ]
    module.requires_grad_(False)  # gradients are those of the layers' outputs
    try:
        made = tensors(module(*(each.clone() for each in inputs)))
        base = [each.detach() for each in made]
        scales = [float(each.abs().max()) or 1.0 for each in base]
        picked = [_elements(each) / scale for each, scale in zip(made, scales, strict=True)]
        total = torch.stack(picked).sum()
        if total.requires_grad:
            total.backward()
    finally:
        module.requires_grad_(True)
        for hook in hooks:
            hook.remove()
    # the sum over the outputs: the one that moves most moves by no less than its part
    far = {key: float(each.abs().max()) / len(scales) for key, each in moves.items()}
    return base, far


def _elements(made: torch.Tensor) -> torch.Tensor:
    """One element of each sample's result, another one for each; no sample reads another."""
    rows = made.flatten(1)
    picked = [(2 * row + 1) * rows.shape[1] // (2 * len(rows)) for row in range(len(rows))]
    return rows[torch.arange(len(rows)), picked]


def _tracing(
    own: dict[str, torch.Tensor], moves: dict[str, torch.Tensor], local: dict[str, float]
) -> Callable[[nn.Module, tuple[Any, ...], Any], Any]:
    """A hook that adds to ``moves`` what a change of each weight does to the traced element."""

    def hook(layer: nn.Module, inputs: tuple[Any, ...], made: Any) -> Any:
        if not isinstance(made, torch.Tensor) or not isinstance(inputs[0], torch.Tensor):
            return made
        # as copies: a later layer may work in place
        read = tuple(each.detach().clone() for each in inputs)
        before = made.detach().clone()
        added = torch.zeros_like(made, requires_grad=True)

        @torch.no_grad()
        def measure(gradient: torch.Tensor) -> None:
            scale = float(before.abs().max())
            for key, weight in own.items():
                kept = _change(weight)
                change = layer.forward(*read) - before
                moves[key] = moves.get(key, 0) + (change * gradient).flatten(1).sum(1)
                far = float(change.abs().max() / scale) if scale else 0.0
                local[key] = max(local.get(key, 0.0), far)
                weight.data.copy_(kept)

        added.register_hook(measure)
        return made + added

    return hook
