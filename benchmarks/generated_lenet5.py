"""The class in ``generated/lenet5/lenet5.py``, by its path: that folder is no package."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "generated" / "lenet5"))

if TYPE_CHECKING:
    from torch import nn

    class LeNet5(nn.Module):
        """As generated."""

else:
    from lenet5 import LeNet5

__all__ = ["LeNet5"]
