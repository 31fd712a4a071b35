"""The type of a value: a float32 tensor with a size for each axis."""

from __future__ import annotations

from dataclasses import field

from archcompile.diagnostics.span import small_value
from archcompile.ir.dim import Dim


@small_value
class TensorType:
    """A tensor's sizes, batch first: ``[N, F]``, ``[N, C, T]`` or ``[N, C, H, W]``."""

    dims: tuple[Dim, ...]
    parts: int = 1
    """The GPUs over which axis 1 is split, each of which holds its own part; 1 is whole."""
    _digest: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_digest", hash((self.dims, self.parts)))

    def __hash__(self) -> int:
        """Of the sizes and the parts, worked out once: every pass looks types up."""
        return self._digest

    @classmethod
    def of(cls, *sizes: int | Dim | str) -> TensorType:
        """A type from integers, sizes and symbol names: ``TensorType.of("N", 3, 224, 224)``."""
        return cls(
            tuple(Dim.symbol(size) if isinstance(size, str) else Dim.of(size) for size in sizes)
        )

    @property
    def rank(self) -> int:
        """The number of axes, the batch included."""
        return len(self.dims)

    @property
    def channels(self) -> Dim:
        """The size of axis 1: channels of a map, features of a vector."""
        return self.dims[1]

    @property
    def spatial(self) -> tuple[Dim, ...]:
        """The sizes behind the channel axis: ``(H, W)``, ``(T,)`` or ``()``."""
        return self.dims[2:]

    @property
    def sample(self) -> tuple[Dim, ...]:
        """The sizes of one sample: all but the batch axis, which a bare parameter does not have."""
        is_batch = bool(self.dims) and not self.dims[0].is_constant
        return self.dims[1:] if is_batch else self.dims

    def split(self, parts: int) -> TensorType:
        """The same sizes, axis 1 split over ``parts`` GPUs; over 1 it is whole."""
        return TensorType(self.dims, parts)

    def elements(self) -> Dim:
        """The number of elements of one sample (the batch axis left out)."""
        return Dim.product(self.dims[1:])

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.dims))}]"
