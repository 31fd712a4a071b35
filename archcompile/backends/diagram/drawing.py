"""The picture's elements as SVG text, and its colours for light and dark pages."""

from __future__ import annotations

from collections.abc import Iterator

from archcompile.backends.diagram.layout import (
    DETAIL,
    LABEL,
    LABEL_GAP,
    NAME,
    Layout,
    PlacedBox,
    PlacedCluster,
    Side,
    Straight,
)
from archcompile.backends.diagram.text import encode, fit, width

STYLE = """\
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial,
       "Noto Sans", sans-serif; fill: #1f2328; }
.mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.muted { fill: #59636e; }
.faint { opacity: 0.55; }
.page { fill: #ffffff; stroke: #d1d9e0; }
.cluster { fill: #59636e; fill-opacity: 0.05; stroke: #59636e; stroke-opacity: 0.35; }
.edge { fill: none; stroke: #818b98; stroke-width: 1.5; }
.head { fill: #818b98; }
.compute { fill: #ddf4ff; stroke: #0969da; }
.norm { fill: #fbefff; stroke: #8250df; }
.pool { fill: #dafbe1; stroke: #1a7f37; }
.join { fill: #fff8c5; stroke: #9a6700; }
.plain { fill: #f6f8fa; stroke: #818b98; }
.port { fill: #ffffff; stroke: #1f2328; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .muted { fill: #9198a1; }
  .page { fill: #0d1117; stroke: #3d444d; }
  .cluster { fill: #9198a1; stroke: #9198a1; }
  .compute { fill: #12243d; stroke: #4493f8; }
  .norm { fill: #271c3d; stroke: #ab7df8; }
  .pool { fill: #12291c; stroke: #3fb950; }
  .join { fill: #2e2611; stroke: #d29922; }
  .plain { fill: #151b23; stroke: #656c76; }
  .port { fill: #0d1117; stroke: #f0f6fc; }
}"""
"""Colours are written out in rules: variables are unknown to many programs that show SVG."""

_INSET = 12.0
_CORNER = 8.0


def px(value: float) -> str:
    """A coordinate with at most one decimal, the same on every machine."""
    return f"{value:.1f}".removesuffix(".0")


def text(
    x: float, y: float, content: str, *, size: float, classes: str = "", anchor: str = "start"
) -> str:
    """One line of text with its baseline at ``y``."""
    style = f' class="{classes}"' if classes else ""
    side = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text x="{px(x)}" y="{px(y)}" font-size="{px(size)}"{style}{side}>'
        f"{encode(content)}</text>"
    )


def cluster(placed: PlacedCluster, plan: Layout) -> Iterator[str]:
    """A border with its name and what it is; a shadow border where it stands for several."""
    x = plan.left - placed.outset
    wide = plan.box_width + 2 * placed.outset
    inner = placed.cluster
    if inner.times > 1:
        yield _rectangle(x + 4, placed.y + 4, wide, placed.height, 10, "cluster")
    yield _rectangle(x, placed.y, wide, placed.height, 10, "cluster")
    room = wide / 2 - _INSET - 8
    label = fit(inner.label, NAME, room)
    yield text(x + _INSET, placed.y + 17, label, size=NAME, classes="mono")
    called = f"{inner.detail} ×{inner.times}" if inner.times > 1 else inner.detail
    yield text(
        x + wide - _INSET,
        placed.y + 17,
        fit(called, NAME, room),
        size=NAME,
        classes="muted",
        anchor="end",
    )


def box(placed: PlacedBox, plan: Layout) -> Iterator[str]:
    """A rounded box: the op and its arguments at the left, the layer's name at the right.

    What only training needs is faint, and says so.
    """
    inner = placed.box
    corner = placed.height / 2 if inner.tone == "port" else 6
    faint = ' class="faint"' if inner.training else ""
    yield f"<g{faint}><title>{encode(_tooltip(placed))}</title>"
    yield _rectangle(plan.left, placed.y, plan.box_width, placed.height, corner, inner.tone)
    x, baseline = plan.left + _INSET, placed.middle + 4.5
    room = plan.box_width - 2 * _INSET
    name = inner.name if inner.times == 1 else f"{inner.name} ×{inner.times}".strip()
    name = fit(name, NAME, room / 2)
    room -= width(name, NAME) * 1.1 + 8
    label = fit(inner.label, LABEL * 1.1, room)
    rest = fit(inner.detail, DETAIL, max(room - width(label, LABEL) * 1.1 - 10, DETAIL))
    yield (
        f'<text x="{px(x)}" y="{px(baseline)}"><tspan font-size="{px(LABEL)}" font-weight="600">'
        f'{encode(label)}</tspan><tspan dx="8" font-size="{px(DETAIL)}" class="muted">'
        f"{encode(rest)}</tspan></text>"
    )
    if name:
        end = plan.left + plan.box_width - _INSET
        yield text(end, baseline, name, size=NAME, classes="mono muted", anchor="end")
    yield "</g>"


def below(placed: PlacedBox, plan: Layout) -> str:
    """The output's shape, beside the arrow that leaves the box."""
    x = plan.left + plan.box_width / 2 + LABEL_GAP
    shape = fit(placed.box.shape, NAME, plan.box_width / 2)
    return text(x, placed.bottom + 15, shape, size=NAME, classes="muted")


def straight(edge: Straight, plan: Layout) -> Iterator[str]:
    """An arrow down to the next box."""
    x, end = plan.left + plan.box_width / 2, edge.end.y
    yield f'<path class="edge" d="M{px(x)} {px(edge.start.bottom)}V{px(end - 5)}"/>'
    yield f'<path class="head" d="M{px(x)} {px(end - 1)}l-4 -6.5h8z"/>'


def side(edge: Side, plan: Layout) -> Iterator[str]:
    """A trunk with round corners from a box to each of its later readers."""
    left, x = plan.left + plan.box_width, edge.x
    start = edge.start.middle
    for end in edge.ends:
        stop = end.middle
        yield (
            f'<path class="edge" d="M{px(left)} {px(start)}H{px(x - _CORNER)}'
            f"q{px(_CORNER)} 0 {px(_CORNER)} {px(_CORNER)}V{px(stop - _CORNER)}"
            f'q0 {px(_CORNER)} {px(-_CORNER)} {px(_CORNER)}H{px(left + 5)}"/>'
        )
        yield f'<path class="head" d="M{px(left + 1)} {px(stop)}l6.5 -4v8z"/>'


def _rectangle(x: float, y: float, wide: float, high: float, corner: float, classes: str) -> str:
    return (
        f'<rect x="{px(x)}" y="{px(y)}" width="{px(wide)}" height="{px(high)}" '
        f'rx="{px(corner)}" class="{classes}"/>'
    )


def _tooltip(placed: PlacedBox) -> str:
    inner = placed.box
    if inner.tone == "port":
        return f"{inner.label}: {inner.shape}"
    called = " ".join(filter(None, (inner.path, inner.label, inner.detail)))
    return f"{called} → {inner.shape}"
