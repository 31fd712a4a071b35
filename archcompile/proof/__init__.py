"""Proof that the artefacts agree: the voices that run a network, and their comparison."""

from archcompile.proof.interpreter import interpret
from archcompile.proof.report import VerifyReport
from archcompile.proof.verify import verify
from archcompile.proof.voice import Artefact

__all__ = ["Artefact", "VerifyReport", "interpret", "verify"]
