"""The ops: one file per family, found by discovery. A new op is one new file in this folder."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from archcompile.diagnostics import InternalError
from archcompile.ir.op import Op


@cache
def all_ops() -> dict[str, type[Op]]:
    """Every op by its key, in alphabetical order. Two ops with one key are a mistake of ours."""
    for module in sorted(info.name for info in iter_modules(__path__)):
        import_module(f"{__name__}.{module}")
    found: dict[str, type[Op]] = {}
    for op in sorted(_declared(Op.__subclasses__()), key=lambda each: each.key):
        if op.key in found:
            raise InternalError(f"two ops are called `{op.key}`")
        found[op.key] = op
    return found


def _declared(classes: list[type[Op]]) -> list[type[Op]]:
    """The classes that declare a key of their own; the rest are shared bases of a family."""
    found: list[type[Op]] = []
    for each in classes:
        found += [each] if "key" in vars(each) else []
        found += _declared(each.__subclasses__())
    return found
