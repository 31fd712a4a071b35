"""Where everything stands: boxes in one column, clusters around them, skip edges at their right."""

from __future__ import annotations

from dataclasses import dataclass, field

from archcompile.backends.diagram.scene import Box, Cluster, Item, Scene
from archcompile.backends.diagram.text import width

LABEL, DETAIL, NAME = 13.0, 12.0, 11.0
"""Font sizes in pixels."""

TALL, LOW = 34.0, 25.0
_MARGIN, _HEADER = 24.0, 74.0
_PADDING, _CAPTION = 12.0, 26.0
_LABEL_ZONE, _PLAIN_ZONE, _ARROW_ZONE = 19.0, 4.0, 10.0
LABEL_GAP = 10.0
"""Between an arrow and the shape beside it."""

_LANE, _NARROW_LANE = 14.0, 5.0
_MANY_LANES = 10
_NARROWEST, _WIDEST = 280.0, 440.0


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box with its upper edge and height; all boxes share left edge and width."""

    box: Box
    y: float
    height: float

    @property
    def middle(self) -> float:
        """The height at which side edges touch it."""
        return self.y + self.height / 2

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class PlacedCluster:
    """A cluster's border; ``outset`` is how far it reaches beyond the boxes on either side."""

    cluster: Cluster
    y: float
    height: float
    outset: float


@dataclass(frozen=True, slots=True)
class Straight:
    """An arrow from a box to the one right below it."""

    start: PlacedBox
    end: PlacedBox


@dataclass(frozen=True, slots=True)
class Side:
    """A trunk at the right of the boxes, from one box to every later one that reads it."""

    start: PlacedBox
    ends: tuple[PlacedBox, ...]
    x: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole picture in pixels."""

    width: float
    height: float
    left: float
    box_width: float
    boxes: tuple[PlacedBox, ...]
    clusters: tuple[PlacedCluster, ...]
    straights: tuple[Straight, ...]
    sides: tuple[Side, ...]
    shown: frozenset[float]
    """Lower edges of the boxes whose output shape is written below them."""


def layout(scene: Scene) -> Layout:
    """Stack the items, then draw the edges between them."""
    stack = _Stack(scene)
    for item in scene.items:
        stack.place(item)
    straights, reads = _edges(scene, tuple(stack.boxes))
    outset = max((cluster.outset for cluster in stack.clusters), default=0.0)
    box_width = _box_width(stack.boxes)
    left = _MARGIN + outset
    sides = _sides(reads, tuple(stack.boxes), left + box_width + outset)
    right = max([left + box_width + outset, *(side.x for side in sides)])
    return Layout(
        right + _MARGIN,
        stack.y - _ARROW_ZONE - _PLAIN_ZONE + _MARGIN,
        left,
        box_width,
        tuple(stack.boxes),
        tuple(stack.clusters),
        straights,
        tuple(sides),
        frozenset(stack.shown),
    )


@dataclass(slots=True)
class _Stack:
    """The pen: where the next box goes, and what has been placed."""

    scene: Scene
    y: float = _HEADER
    boxes: list[PlacedBox] = field(default_factory=list)
    clusters: list[PlacedCluster] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    sizes: dict[str, str] = field(default_factory=dict)
    """The shape of each placed value, to see which layer changes it."""

    def place(self, item: Item) -> float:
        """Put an item below the rest; returns how far its borders reach out."""
        if isinstance(item, Box):
            self._box(item)
            return 0.0
        start = len(self.clusters)
        top = self.y
        self.y += _CAPTION
        outset = _PADDING + max(map(self.place, item.items), default=0.0)
        bottom = self.boxes[-1].bottom if self.boxes else top
        self.y = max(self.y - _ARROW_ZONE, bottom + _PLAIN_ZONE) + _PADDING / 2
        # an outer border is drawn first, so that it lies below the inner ones
        self.clusters.insert(start, PlacedCluster(item, top, self.y - top, outset))
        self.y += _ARROW_ZONE
        return outset

    def _box(self, box: Box) -> None:
        height = LOW if box.tone in ("plain", "norm", "port") else TALL
        placed = PlacedBox(box, self.y, height)
        self.boxes.append(placed)
        changes = bool(box.reads) and self._changes(box)
        self.y = placed.bottom + (_LABEL_ZONE if changes else _PLAIN_ZONE) + _ARROW_ZONE
        if changes:
            self.shown.append(placed.bottom)

    def _changes(self, box: Box) -> bool:
        """Whether a layer's output has another shape than what it reads."""
        if box.key is None:
            return False
        read = {self.sizes.get(self.scene.drawn[name]) for name in box.reads}
        self.sizes[box.key] = box.shape
        return read != {box.shape}


def _edges(
    scene: Scene, boxes: tuple[PlacedBox, ...]
) -> tuple[tuple[Straight, ...], dict[int, list[int]]]:
    """Straight arrows, and for each box (by place) the later boxes that read it from the side."""
    place = {placed.box.key: n for n, placed in enumerate(boxes) if placed.box.key is not None}
    straights = []
    sides: dict[int, list[int]] = {}
    for n, placed in enumerate(boxes):
        for start in sorted({place[scene.drawn[name]] for name in placed.box.reads}):
            if start == n - 1:
                straights.append(Straight(boxes[start], placed))
            elif start < n:
                sides.setdefault(start, []).append(n)
    return tuple(straights), sides


def _sides(reads: dict[int, list[int]], boxes: tuple[PlacedBox, ...], edge: float) -> list[Side]:
    """Trunks in lanes: a short one inside, a long one outside, none over another."""
    lanes: list[list[tuple[int, int]]] = []
    chosen: dict[int, int] = {}
    for start in sorted(reads, key=lambda n: (reads[n][-1] - n, n)):
        span = (start, reads[start][-1])
        lane = next((n for n, taken in enumerate(lanes) if _free(span, taken)), len(lanes))
        lanes += [[] for _ in range(lane - len(lanes) + 1)]
        lanes[lane].append(span)
        chosen[start] = lane
    step = _LANE if len(lanes) <= _MANY_LANES else _NARROW_LANE
    return [
        Side(
            boxes[start],
            tuple(boxes[end] for end in reads[start]),
            edge + _LANE + step * chosen[start],
        )
        for start in sorted(reads)
    ]


def _free(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return all(span[1] < start or end < span[0] for start, end in taken)


def _box_width(boxes: list[PlacedBox]) -> float:
    """As wide as the longest text wants, within what suits a page."""
    wanted = max((_text_width(placed.box) for placed in boxes), default=0.0)
    return round(min(max(wanted, _NARROWEST), _WIDEST))


def _text_width(box: Box) -> float:
    label = width(box.label, LABEL) * 1.1  # half-bold
    inside = label + width(box.detail, DETAIL) + width(box.name, NAME) * 1.1 + 64
    return max(inside, 2 * (width(box.shape, NAME) + LABEL_GAP))
