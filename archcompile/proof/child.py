"""The script that runs generated source files, in an interpreter of its own.

It is started by path, imports nothing of archcompile, and is given one folder per file:

``network.py``   the source text under test
``job.json``     names: inputs, weight keys, the number of batches
``arrays.npz``   weights ``w/<key>``, inputs ``i/<batch>/<name>``, other inputs ``a/<name>``, and
                 ``r/<batch>/<call>``: what the network goes on with instead of a call's result
``result.json``  out: facts about the module and its sensitivities, or the error
                 (with ``digests`` asked for, those of each call and output, and nothing more)
``outputs.npz``  out: ``<batch>/<output>``; ``heads/<output>`` and ``t/<call>`` if asked for: every
                 output with those for training, and what each call of a module made

A line on standard output says that torch is there, and that one more forward pass is done. What
the source itself prints is thrown away.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn

Facts = dict[str, Any]

_MANY = 250
"""Weight tensors from which on most are judged by their first-order movement."""
_LEAST_TRIED, _MOST_TRIED = 32, 256
"""How many of them are changed in fact, the weakest first."""
_DIRECTIONS = 12
"""Elements of the outputs whose gradients are taken."""


def main(folders: list[Path], beat: Callable[[], None]) -> None:
    """Run the jobs in order; whatever a source does wrong becomes ``error`` in its result."""
    for folder in folders:
        result: Facts = {}
        try:
            _run(folder, result, beat)
        except BaseException as error:  # the source may raise anything, SystemExit included
            result["error"] = _last_line(error)
            result["missing"] = isinstance(error, ModuleNotFoundError) and error.name == "torch"
        # renamed into place: a result is there whole or not at all
        (folder / "result.tmp").write_text(json.dumps(result), encoding="utf-8")
        (folder / "result.tmp").rename(folder / "result.json")


def _run(folder: Path, result: Facts, beat: Callable[[], None]) -> None:
    import numpy as np
    import torch

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float32)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(0)
    beat()
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
        tensors = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    network = _network(_load(folder / "network.py"))
    beat()
    result |= _inventory(network)
    network.load_state_dict({key: tensors[f"w/{key}"] for key in job["weights"]}, strict=True)
    network.eval().to(getattr(torch, job["dtype"]))
    batches = [
        [tensors[f"i/{b}/{name}"].to(getattr(torch, job["dtype"])) for name in job["inputs"]]
        for b in range(job["batches"])
    ]
    with torch.no_grad():
        result["shapes"], result["digests"] = [], []
        if job["digests"]:
            for place, inputs in enumerate(batches):
                resumed = _below(tensors, f"r/{place}/")
                result["digests"].append(_digests(network, inputs, resumed))
                beat()
            return
        outputs = _outputs(network, batches, result["shapes"], beat, taps=job["taps"])
        if job["heads"]:
            network.training = True  # of the network alone: its layers stay in evaluation mode
            for place, made in enumerate(_forward(network, batches[job["widest"]])):
                outputs[f"heads/{place}"] = made
            network.training = False
        shown: Facts = {key: made.numpy() for key, made in outputs.items()}
        np.savez(folder / "outputs.npz", **shown)
        others = [tensors[f"a/{name}"] for name in job["inputs"]] if job["sensitivity"] else []
        result |= _sensitivity(network, batches, others, job, beat) if others else {}


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("network", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import {path.name}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["network"] = module
    spec.loader.exec_module(module)
    return module


def _network(module: ModuleType) -> nn.Module:
    """The file's last module class, built with its defaults."""
    from torch import nn

    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, nn.Module)
        and value.__module__ == module.__name__
    ]
    if not classes:
        raise LookupError("the file defines no nn.Module class")
    network: nn.Module = classes[-1]()
    return network


def _inventory(network: nn.Module) -> Facts:
    """What the module has: keys, shapes, counts, and its modules by path.

    A buffer that is not saved (a table, fixed codes) is a constant, and no buffer of the network.
    """
    state = network.state_dict()
    return {
        "state": {key: list(value.shape) for key, value in state.items()},
        "parameters": {key: value.numel() for key, value in network.named_parameters()},
        "trainable": sum(p.numel() for p in network.parameters() if p.requires_grad),
        "buffers": {
            key: value.numel()
            for key, value in network.named_buffers()
            if key in state and value.is_floating_point()
        },
        "modules": {
            path: f"{type(module).__name__}({module.extra_repr()})"
            for path, module in network.named_modules()
            if path
        },
        "arguments": {path: _arguments(each) for path, each in network.named_modules() if path},
    }


def _arguments(module: nn.Module) -> dict[str, str]:
    """What it was built with, as far as it keeps it: not every class prints all of it."""
    return {
        name: repr(value)
        for name, value in vars(module).items()
        if not name.startswith("_") and name != "training" and _is_plain(value)
    }


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _outputs(
    network: nn.Module,
    batches: list[list[torch.Tensor]],
    seen: list[Facts],
    beat: Callable[[], None],
    *,
    taps: bool,
) -> dict[str, torch.Tensor]:
    """The outputs of every batch; ``seen`` gets the shapes that each call of a module made.

    A call is named by the module's path, the second of one pass ``path#2``.
    """
    outputs: dict[str, torch.Tensor] = {}

    def watch(path: str) -> Callable[[nn.Module, object, object], None]:
        def hook(module: nn.Module, inputs: object, made: object) -> None:
            tensors = _tensors(made)
            call, number = path, 1
            while call in seen[-1]:
                number += 1
                call = f"{path}#{number}"
            seen[-1][call] = [list(each.shape) for each in tensors]
            if taps and len(tensors) == 1:
                outputs[f"t/{call}"] = tensors[0].clone()  # a later layer may work in place

        return hook

    handles = [m.register_forward_hook(watch(path)) for path, m in network.named_modules() if path]
    for place, inputs in enumerate(batches):
        seen.append({})
        for output, made in enumerate(_forward(network, inputs)):
            outputs[f"{place}/{output}"] = made
        beat()
    for handle in handles:
        handle.remove()
    return outputs


def _digests(
    network: nn.Module, inputs: list[torch.Tensor], resumed: Mapping[str, torch.Tensor]
) -> dict[str, str]:
    """A digest of what each call of a module made, and of each output (``/0``, ``/1``, ...).

    Behind the calls in ``resumed`` the network goes on with what stands there.
    """
    found: dict[str, str] = {}

    def watch(path: str) -> Callable[[nn.Module, object, object], torch.Tensor | None]:
        def hook(module: nn.Module, inputs: object, made: object) -> torch.Tensor | None:
            call, number = path, 1
            while call in found:
                number += 1
                call = f"{path}#{number}"
            tensors = _tensors(made)
            found[call] = _digest(tensors[0]) if len(tensors) == 1 else ""
            # given as a copy: a later layer may work in place
            return resumed[call].to(tensors[0].dtype) if call in resumed else None

        return hook

    handles = [m.register_forward_hook(watch(path)) for path, m in network.named_modules() if path]
    outputs = _forward(network, inputs)
    for handle in handles:
        handle.remove()
    return found | {f"/{place}": _digest(made) for place, made in enumerate(outputs)}


def _digest(tensor: torch.Tensor) -> str:
    """As ``archcompile.proof.integers.digest`` has it."""
    plain = tensor.float().contiguous().numpy() + 0
    return blake2b(repr(plain.shape).encode() + plain.tobytes(), digest_size=16).hexdigest()


def _below(tensors: Mapping[str, torch.Tensor], front: str) -> dict[str, torch.Tensor]:
    """Those whose names start so, by the rest of their names."""
    return {key[len(front) :]: each for key, each in tensors.items() if key.startswith(front)}


def _sensitivity(
    network: nn.Module,
    batches: list[list[torch.Tensor]],
    others: list[torch.Tensor],
    job: Facts,
    beat: Callable[[], None],
) -> Facts:
    """How far each output moves for another input, and for a 10 % change of one weight tensor.

    Inputs are exchanged in the batch with the most samples. A weight is tried on that batch, then
    on one after the other, until an output moves as far as is asked for. Of very many weights the
    weakest are tried, by their first-order movements; those stand for the others, held against the
    worst that a trial found them to be wrong by.
    """
    import torch

    torch.set_num_threads(os.cpu_count() or 1)  # many passes, and no digit matters
    base = [_forward(network, inputs) for inputs in batches]

    def moved(place: int, arguments: list[torch.Tensor]) -> list[float]:
        beat()
        made = _forward(network, arguments)
        return [_distance(new, old) for new, old in zip(made, base[place], strict=True)]

    def most() -> list[float]:
        far = [0.0] * len(base[0])
        for place, inputs in enumerate(batches):
            far = [max(pair) for pair in zip(far, moved(place, inputs), strict=True)]
            if max(far, default=0.0) >= job["asked"]:
                break
        return far

    wide = job["widest"]
    own = batches[wide]
    by_input = {
        name: moved(wide, [*own[:place], others[place], *own[place + 1 :]])
        for place, name in enumerate(job["inputs"])
    }
    state = network.state_dict()
    by_weight = _first_order(network, own, job, beat) if len(job["sensitive"]) > _MANY else {}
    known = {key: max(moves) for key, moves in by_weight.items()}
    ratio, tried = 1.0, 0
    for key in sorted(job["sensitive"], key=lambda key: known.get(key, 0.0)):
        if tried >= _LEAST_TRIED and known.get(key, 0.0) * ratio >= job["asked"]:
            break  # and those behind it are stronger still
        if tried >= _MOST_TRIED and key in known:
            continue
        kept = _change(state[key])
        by_weight[key] = moved(wide, own)
        if known.get(key, 0.0) > job["asked"] / 10:  # what is smaller is lost in rounding
            ratio = min(ratio, max(by_weight[key]) / known[key])
        if max(by_weight[key], default=0.0) < job["asked"]:
            by_weight[key] = most()
        state[key].copy_(kept)
        tried += 1
    return {"by_input": by_input, "by_weight": by_weight, "tried": tried}


def _change(tensor: torch.Tensor) -> torch.Tensor:
    """Change every element by 10 %, up and down in turn; returns what was there."""
    import torch

    kept = tensor.clone()
    signs = 1 - 2 * (torch.arange(tensor.numel()) % 2)
    tensor.mul_(1 + 0.1 * signs.reshape(tensor.shape))
    return kept


def _first_order(
    network: nn.Module, inputs: list[torch.Tensor], job: Facts, beat: Callable[[], None]
) -> dict[str, list[float]]:
    """How far each output moves, to first order, for each weight that is a layer's own.

    A layer's output changes as it does in fact; from there on the network is linear: the change
    times the gradient of one element of an output, two samples in a pass. The largest of
    ``_DIRECTIONS`` elements counts, so an output moves no less than is said here, to first order.
    Empty where the source has no gradient.
    """
    import torch

    network.requires_grad_(False)  # gradients are those of the layers' outputs
    owners: dict[nn.Module, dict[str, torch.Tensor]] = {}
    asked = frozenset(job["sensitive"])
    for path, layer in network.named_modules():
        if next(layer.children(), None) is None:
            own = (*layer.named_parameters(), *layer.named_buffers())
            held = {f"{path}.{name}": each for name, each in own if f"{path}.{name}" in asked}
            owners |= {layer: held} if held else {}
    found: dict[str, list[float]] = {}
    scales = [float(each.abs().max()) or 1.0 for each in _forward(network, inputs)]
    passes = max(2, _DIRECTIONS // 2 // len(scales))
    for output, scale in enumerate(scales):
        for turn in range(passes):
            rows = [(2 * turn + row) % len(inputs[0]) for row in range(2)]
            moves: dict[str, torch.Tensor] = {}
            hooks = [
                layer.register_forward_hook(_tracing(owners[layer], moves)) for layer in owners
            ]
            try:
                with torch.enable_grad():
                    made = _forward(network, [each[rows] for each in inputs])[output].flatten(1)
                    places = [(2 * turn + row) * made.shape[1] // (2 * passes) for row in range(2)]
                    made[torch.arange(2), places].sum().backward()
            except RuntimeError:
                return {}
            finally:
                for hook in hooks:
                    hook.remove()
            for key, move in moves.items():
                far = found.setdefault(key, [0.0] * len(scales))
                far[output] = max(far[output], float(move.abs().max()) / scale)
            beat()
    return found


def _tracing(
    held: dict[str, torch.Tensor], moves: dict[str, torch.Tensor]
) -> Callable[[nn.Module, tuple[Any, ...], Any], Any]:
    """A hook that adds to ``moves`` what a change of each weight does to the traced elements."""
    import torch

    def hook(layer: nn.Module, inputs: tuple[Any, ...], made: Any) -> Any:
        if not all(isinstance(each, torch.Tensor) for each in (made, *inputs)):
            return made
        read = tuple(each.detach().clone() for each in inputs)  # a later layer may work in place
        added = torch.zeros_like(made, requires_grad=True)

        @torch.no_grad()
        def measure(gradient: torch.Tensor) -> None:
            before = layer.forward(*read)
            for key, weight in held.items():
                kept = _change(weight.data)  # .data: autograd must not count it as a new version
                change = (layer.forward(*read) - before) * gradient
                moves[key] = moves.get(key, 0) + change.flatten(1).sum(1)
                weight.data.copy_(kept)

        added.register_hook(measure)
        return made + added

    return hook


def _forward(network: nn.Module, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    """One pass on copies: a layer that works in place must not change the next pass's inputs."""
    return _tensors(network(*(each.clone() for each in inputs)))


def _tensors(made: object) -> list[torch.Tensor]:
    import torch

    if isinstance(made, torch.Tensor):
        return [made]
    return list(made) if isinstance(made, tuple | list) else []


def _distance(new: torch.Tensor, old: torch.Tensor) -> float:
    """Norm-wise: ``max|new - old| / max|old|``."""
    scale = old.double().abs().max().item()
    change = (new.double() - old.double()).abs().max().item()
    return float(change / scale) if scale else float(change > 0)


def heartbeat() -> Callable[[], None]:
    """Says "still going" on the real standard output; the source gets an empty one."""
    pulse = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)

    def beat() -> None:
        print(".", file=pulse, flush=True)

    return beat


def _last_line(error: BaseException) -> str:
    """``line 12: RuntimeError: ...``: the deepest line of the source, and the message."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename.endswith("network.py")]
    if isinstance(error, SyntaxError) and error.lineno is not None:
        lines = [error.lineno]
    said = " ".join(str(error).split())
    place = f"line {lines[-1]}: " if lines else ""
    return f"{place}{type(error).__name__}: {said[:400]}"


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]], heartbeat())
