"""This folder, for what is run from it by hand: modules of tests are found here and above."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "agreement"), str(ROOT)]
