"""Write the golden sources anew: ``python -m tests.backends.pytorch.golden``."""

from pathlib import Path

from archcompile.backends.pytorch import source
from tests.backends.pytorch.networks import every_network

for name, program in every_network().items():
    path = Path(__file__).with_name(f"{name}.txt")
    path.write_text(source(program), encoding="utf-8", newline="\n")
