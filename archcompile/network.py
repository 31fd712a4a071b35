"""Network: one checked network of a spec, and everything it can become."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from archcompile.backends.diagram import svg
from archcompile.backends.onnx import onnx_text, save_onnx
from archcompile.backends.pytorch import hold, load_class, source
from archcompile.backends.report import Report, report
from archcompile.ir.printer import print_program
from archcompile.ir.program import Program
from archcompile.outputs import MARK, file_output
from archcompile.passes.facts import Facts
from archcompile.weights import fit, initial_weights, load_weights

if TYPE_CHECKING:
    from torch import nn

    from archcompile.targets.reference import Array


@dataclass(frozen=True)
class Network:
    """A network that has passed every check. Nothing here needs torch but ``module``.

    It is what ``archcompile.load`` returns; in a notebook it shows its report.
    """

    program: Program
    """The elaborated network: hierarchical, every size known."""
    facts: Facts
    """Parameters, MACs, receptive fields and activation memory."""

    @property
    def name(self) -> str:
        """The network's name, which is also the name of its folder under ``generated/``."""
        return self.program.name

    def report(self) -> Report:
        """The report: ``print`` it, or take ``.to_dict()`` or ``.to_markdown()``."""
        return report(self.program, self.facts)

    @cached_property
    def _source(self) -> str:
        text = source(self.program)
        hold(text, self.program)
        return text

    def source(self) -> str:
        """A standalone PyTorch file, read back and held against the network before it is given."""
        return self._source

    def module(self) -> nn.Module:
        """An ``nn.Module``: the class of ``source()``, constructed with its defaults.

        Raises ``MissingLibrary`` where torch is not installed.
        """
        made: nn.Module = load_class(self.source(), self.name)()
        return made

    def onnx_text(self) -> str:
        """The ONNX graph without weights, in ONNX's own text syntax, blocks as functions."""
        return onnx_text(self.program, (f"{MARK}. Do not edit: change the spec and build again.",))

    def save_onnx(
        self,
        path: str | Path,
        weights: Mapping[str, Array] | str | Path | None = None,
        seed: int = 0,
        *,
        force: bool = False,
    ) -> None:
        """Write an ONNX model with weights: by name, from a file, or initialised by ``seed``.

        ``weights`` may be a state_dict of NumPy arrays or of torch tensors, a ``.safetensors`` file
        or a ``.pt`` file. Raises ``SpecError`` for weights that are not this network's, and for a
        file in the way that archcompile did not write (unless ``force``).
        """
        arrays = self.weights(weights, seed)
        with file_output(Path(path), force=force) as place:
            save_onnx(self.program, arrays, place)

    def weights(
        self, weights: Mapping[str, Array] | str | Path | None = None, seed: int = 0
    ) -> dict[str, Array]:
        """The whole state_dict as NumPy arrays: read and checked, or initialised as torch would."""
        if weights is None:
            return initial_weights(self.program, seed)
        if isinstance(weights, str | Path):
            return fit(self.program, load_weights(Path(weights)))
        return fit(self.program, {key: _array(value) for key, value in weights.items()})

    def svg(self) -> str:
        """The picture."""
        return svg(self.program, self.facts)

    def ir(self) -> str:
        """The textual IR, for people."""
        return print_program(self.program)

    def files(self) -> dict[str, str]:
        """What a build writes for this network, by file name."""
        report = self.report()
        generated = {"generated": "by archcompile"}
        return {
            f"{self.name}.py": self.source(),
            f"{self.name}.onnxtxt": self.onnx_text(),
            f"{self.name}.json": json.dumps(generated | report.to_dict(), indent=2) + "\n",
            f"{self.name}.md": f"<!-- {MARK} -->\n\n{report.to_markdown()}",
            f"{self.name}.svg": _marked(self.svg()),
        }

    def _repr_html_(self) -> str:
        return self.report()._repr_html_()


def _marked(svg: str) -> str:
    """The mark as a comment on the line behind the root element's start."""
    first, _, rest = svg.partition("\n")
    return f"{first}\n<!-- {MARK} -->\n{rest}"


def _array(value: object) -> Array:
    """A tensor or array as a NumPy array; a torch tensor gives itself, so torch is not imported."""
    detach = getattr(value, "detach", None)
    held = value if detach is None else detach().cpu().numpy()
    return held  # type: ignore[return-value]  # what is no array is refused by `fit`
