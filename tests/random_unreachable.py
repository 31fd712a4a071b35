"""What no legal random spec has, and why: the language refuses it, or one text cannot say it."""

from __future__ import annotations

UNREACHABLE: dict[str, str] = {}
