"""A refusal's help: worked out when somebody reads it, once."""

from __future__ import annotations

from archcompile.diagnostics import Code
from archcompile.ir.op import Mended, OpError
from archcompile.ir.remedy import Argument


def test_help_is_worked_out_when_it_is_read_and_once() -> None:
    asked: list[str] = []

    def mend() -> Mended:
        asked.append("once")
        return "write `padding: 1`", Argument("padding", "1")

    error = OpError(Code.DOES_NOT_FIT, "too large", mend=mend)
    copied = error.again()
    assert asked == []
    assert error.help == "write `padding: 1`"
    assert error.remedy == Argument("padding", "1")
    assert asked == ["once"]
    assert copied.help == error.help
