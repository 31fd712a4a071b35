"""The picture: an SVG of the network, for a README or a page."""

from __future__ import annotations

from collections.abc import Iterator

from archcompile.backends.diagram import drawing
from archcompile.backends.diagram.layout import Layout, layout
from archcompile.backends.diagram.scene import scene
from archcompile.backends.diagram.text import encode, fit
from archcompile.ir.dim import Dim
from archcompile.ir.printer import short_size
from archcompile.ir.program import Program
from archcompile.passes.facts import Facts

__all__ = ["svg"]

_INK_MARGIN = 24.0


def svg(program: Program, facts: Facts) -> str:
    """One column of boxes from the inputs down to the outputs.

    Regions are clusters, an edge that passes over a layer runs at the side, and a shape stands
    where it changes; what only training needs is faint. Above ``FOLDED_ABOVE`` layers, equal
    neighbours are drawn once, with a count. The bytes depend on the program alone; colours follow
    the page (light or dark).
    """
    plan = layout(scene(program))
    return "\n".join(_document(program, facts, plan)) + "\n"


def _document(program: Program, facts: Facts, plan: Layout) -> Iterator[str]:
    wide, high = drawing.px(plan.width), drawing.px(plan.height)
    title = program.title or program.name
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" role="img" aria-label="{encode(title)}">'
    )
    yield f"<title>{encode(title)}</title>"
    yield f"<desc>{encode(_description(program, facts))}</desc>"
    yield f"<style>\n{drawing.STYLE}\n</style>"
    yield from _page(plan)
    yield from _heading(title, facts, plan)
    for cluster in plan.clusters:
        yield from drawing.cluster(cluster, plan)
    for straight in plan.straights:
        yield from drawing.straight(straight, plan)
    for side in plan.sides:
        yield from drawing.side(side, plan)
    for box in plan.boxes:
        yield from drawing.box(box, plan)
        if box.bottom in plan.shown:
            yield drawing.below(box, plan)
    yield "</svg>"


def _page(plan: Layout) -> Iterator[str]:
    """A card of its own, so that the picture is readable on any page."""
    yield (
        f'<rect x="0.5" y="0.5" width="{drawing.px(plan.width - 1)}" '
        f'height="{drawing.px(plan.height - 1)}" rx="10" class="page"/>'
    )


def _heading(title: str, facts: Facts, plan: Layout) -> Iterator[str]:
    room = plan.width - 2 * _INK_MARGIN
    total = facts.costs.total
    parts = f"{_count(total.parameters)} parameters · {_count(total.macs)} MACs"
    yield (
        f'<text x="{drawing.px(_INK_MARGIN)}" y="36" font-size="18" font-weight="600">'
        f"{encode(fit(title, 19, room))}</text>"
    )
    yield drawing.text(_INK_MARGIN, 56, fit(parts, 12, room), size=12, classes="muted")


def _description(program: Program, facts: Facts) -> str:
    """What a screen reader says instead of the picture."""
    count = sum(1 for _ in program.nodes())
    inputs = ", ".join(f"{value.name} {value.type}" for value in program.inputs)
    outputs = ", ".join(f"{output.name} {output.value.type}" for output in program.outputs)
    parameters = _count(facts.costs.total.parameters)
    layers = "1 layer" if count == 1 else f"{count} layers"
    return f"From {inputs} through {layers} with {parameters} parameters to {outputs}."


def _count(size: Dim) -> str:
    return short_size(size) if size.constant is None else f"{size.constant:,}"
