"""U-Net as a person writes it in torch, and ours: the same keys, the same output bit for bit."""

from __future__ import annotations

import torch
from torch import nn

from tests.families import load


def double(inside: int, outside: int) -> nn.Sequential:
    """Two padded convolutions, each with its ReLU."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(outside, outside, 3, padding=1),
        nn.ReLU(),
    )


class UNet(nn.Module):
    """Ronneberger et al. 2015, Fig. 1, with padding."""

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(5)]
        self.down = nn.ModuleList(map(double, (1, *widths[:3]), widths[:4]))
        self.bottom = double(widths[3], widths[4])
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, stride=2) for w in widths[3::-1])
        self.merge = nn.ModuleList(double(2 * w, w) for w in widths[3::-1])
        self.head = nn.Conv2d(width, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
            x = nn.functional.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, merge, skip in zip(self.up, self.merge, reversed(skips), strict=True):
            x = merge(torch.cat([skip, up(x)], dim=1))
        x = self.head(x)
        return x


def test_the_spec_is_the_network_that_a_person_writes() -> None:
    torch.manual_seed(0)
    theirs, ours = UNet(8), load("unet", width=8).module()
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    for height, width in ((32, 48), (64, 16)):
        x = torch.randn(2, 1, height, width)
        assert torch.equal(ours(x), theirs(x))
