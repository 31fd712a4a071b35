"""Hostile texts: a finding, or a tree, of each in time that grows as the text does."""

from __future__ import annotations

import time

import pytest
from reading import refused

MEGABYTE = 2**20
HANG = 10.0
"""Seconds of the processor's time after which a text hangs the reader, coverage's own included.

What is promised is 2, and each takes less than 1; ``benchmarks/big_specs.py`` shows times.
"""


def multiplied(piece: str, size: int = MEGABYTE // 4) -> str:
    return piece * (size // len(piece.encode()))


def laughs() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{n}: &{n} [{', '.join(['*' + p] * 9)}]" for p, n in zip("abcdef", "bcdefg", strict=True)
    ]
    return "\n".join(lines)


def merges() -> str:
    lines = [f"k{i}: &k{i} {{<<: [*k{i - 1}, *k{i - 1}]}}" for i in range(1, 40)]
    return "\n".join(["k0: &k0 {a: b}", *lines])


TEXTS: dict[str, tuple[str, str]] = {
    "brackets": ("[" * 100_000, "AC112"),
    "braces": ("{" * 100_000, "AC112"),
    "keys of keys": ("? " * 50_000, "AC112"),
    "dashes": ("- " * 25_000, "AC112"),
    "braces with keys": ("{a: " * 30_000, "AC112"),
    "an alias of itself": ("&a [*a]", "AC107"),
    "a billion laughs": (laughs(), "AC113"),
    "merges": (merges(), "AC106"),
    "a line": ("a: " + "x" * (MEGABYTE - 4), ""),
    "a quoted line": ("a: '" + "''" * (MEGABYTE // 2 - 4) + "'", ""),
    "words on lines": ("a:\n" + " x\n" * 100_000, ""),
    "a quote not closed": ("a: 'x" + "\n" * 500_000, "AC101"),
    "brackets not closed on lines": ("a: [x,\n" + "b: [y,\n" * 50_000, "AC112"),
    "tabs": ("\t" * MEGABYTE, "AC101"),
    "tabs on lines": ("a:\n" + multiplied("\tb: 1\n"), "AC101"),
    "duplicate keys": ("a: 1\n" * 60_000, "AC108"),
    "ambiguous numbers": ("- 010\n" * 60_000, "AC110"),
    "traps": ("[" + multiplied("f(1,2),") + "]", "AC114"),
    "a trap without end": ("[" + multiplied("f(1,") + "]", "AC114"),
    "colons": ("a: " + multiplied("b: "), "AC101"),
    "aliases": ("a: &a 1\nb: [" + "*a," * 50_000 + "]", "AC113"),
    "anchors that there are not": ("a: &stage 1\nb: [" + "*stag," * 50_000 + "]", "AC107"),
    "tags": ("[" + multiplied("!x a,") + "]", "AC105"),
    "a long tag": ("a: !" + "x" * (MEGABYTE - 9) + " b", "AC105"),
    "a long anchor": ("a: &" + "x" * (MEGABYTE - 9) + " b", ""),
    "digits": ("a: " + "9" * (MEGABYTE - 9), "AC111"),
    "decimals": ("a: 0." + "1" * (MEGABYTE - 9), "AC111"),
    "zeros": ("a: " + "0" * (MEGABYTE - 9) + "x", ""),
    "a long clock": ("a: " + multiplied("1:") + "x", ""),
    "a long clock that is one": ("a: 1" + multiplied(":11"), "AC110"),
    "underscores": ("a: 1" + multiplied("_1") + "x", ""),
    "commas": ("a: 1" + multiplied(",1") + "x", ""),
    "digits in hexadecimal": ("a: 0x" + "f" * (MEGABYTE - 9), "AC110"),
    "documents": ("---\n" * 100_000, "AC104"),
    "directives": ("%YAML 1.2\n" * 50_000, "AC101"),
    "escapes": ('a: "' + multiplied("\\x41") + '"', ""),
    "escapes that there are not": ('a: "' + multiplied("\\q") + '"', "AC101"),
    "escaped controls": ("- [" + multiplied('"\\0",') + "]", "AC103"),
    "overrides": ("a: " + multiplied("\u202e"), "AC103"),
    "controls": ("\x07" * MEGABYTE, "AC103"),
    "combining marks": ("a: b: " + multiplied("\u0301"), "AC101"),
    "dashes without a space": ("- a\n" + "-b\n" * 50_000, "AC101"),
    "quotes": ("a: " + multiplied("'a' "), "AC101"),
    "steps": ("".join(" " * i + "a:\n" for i in range(500)), "AC112"),
    "keys that are lists": ("[a]: 1\n" * 30_000, "AC109"),
    "keys without values": ("".join(f"k{i}:\n" for i in range(20_000)), ""),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_does_not_hang_the_reader(name: str) -> None:
    text, code = TEXTS[name]
    start = time.process_time()
    found = refused(text)
    assert time.process_time() - start < HANG
    assert (found[0][:5] if found else "") == code
    assert len(found) <= 1_001
