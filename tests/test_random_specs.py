"""Random specs of few ops and all expressions: the same files again.

That their artefacts agree is for ``agreement/test_agreement.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from random_specs import random_spec, spec_text
from spec_text import compile_text, names_of

from archcompile.diagnostics import SpecError
from archcompile.network import Network

_UNFIT = "AC5"
"""The family of what does not fit; the generator's own reading is coarser."""


def _networks(seed: int) -> Iterator[Network]:
    """The networks of a seed's spec that fit."""
    text = spec_text(random_spec(seed))
    for name in names_of(text):
        try:
            yield compile_text(text, name)
        except SpecError as error:
            if any(not each.code.value.startswith(_UNFIT) for each in error.diagnostics):
                raise


@pytest.mark.parametrize("seed", [*range(0, 200, 10), 1769])
def test_a_random_spec_compiles_to_the_same_files_again(seed: int) -> None:
    first, again = ([network.files() for network in _networks(seed)] for _ in range(2))
    assert first == again
