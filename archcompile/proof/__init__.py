"""Proof that the artefacts agree: the voices that run a network, and their comparison.

The names below are loaded when they are first asked for: a check proves nothing and pays nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcompile.proof.exact import verify_exact
    from archcompile.proof.interpreter import interpret
    from archcompile.proof.report import VerifyReport
    from archcompile.proof.verify import verify
    from archcompile.proof.voice import Artefact
    from archcompile.proof.weights import verification_weights

__all__ = [
    "Artefact",
    "VerifyReport",
    "interpret",
    "verification_weights",
    "verify",
    "verify_exact",
]

_HOMES = {
    "Artefact": "voice",
    "VerifyReport": "report",
    "interpret": "interpreter",
    "verification_weights": "weights",
    "verify": "verify",
    "verify_exact": "exact",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'archcompile.proof' has no attribute '{name}'")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
