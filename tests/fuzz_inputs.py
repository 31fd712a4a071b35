"""Inputs for the fuzzer: specs made by a grammar, and specs of the repository spoilt a little.

``Inputs(seed).next()`` gives bytes; the same seed gives the same ones, as long as the files that
they are made from are the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from random_families import random_family
from random_specs import random_spec, spec_text

from archcompile.ops import all_ops

ROOT = Path(__file__).parents[1]
LONGEST = 2_500
"""Characters of a file that is worth spoiling: a longer one is cut to its first lines."""
LEGAL = 400
"""Specs by the generator of legal ones, for each seed."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


KEYS = _words(
    "archcompile name title cite use params let variants input init blocks layers outputs expect "
    "allow from when repeat for rows join sequence branches residual gpu_groups apply body "
    "shortcut skip count inputs extends default choice layer paper section url deviations "
    "parameters buffers macs connections receptive_field shapes inference training loss_weight"
)
WORDS = _words(
    "x y a b c in index stem conv1 layer1 layer1.0 width stride depth classes true false null none "
    "relu conv2d linear flatten add concat chunk exchange max_pool2d batch_norm2d same valid int "
    "number bool text list normal kaiming_normal forward training self class __init__ N H W"
)
NUMBERS = _words(
    "0 1 2 3 7 16 64 -1 -7 1.5 1e-5 1e400 .inf .nan 010 0x1F 1_000 12:30:45 9223372036854775807 "
    "9223372036854775808 1000000000 10000000000000000000000 2.0 00 +3 1e3"
)
EXPRESSIONS = (
    "width * 2",
    "width // 4",
    "width / 4",
    "max(8, width)",
    "in.channels",
    "x.height // 2",
    "2 if stride != 1 else 1",
    "index == 0 and stride > 1",
    "range(3)",
    "range(10**9)",
    "[64, 128][index]",
    "make_divisible(width, 8)",
    "sum([1, 2, 3])",
    "len(depths)",
    "(((((width)))))",
    "not not not x",
    "width %% 0",
    "'a' == 'b'",
    "-(-width)",
    "1 << 70",
    "width ** 2",
    "{index}",
    '"layer{index + 1}"',
    "((",
    "a if",
    "a.b.c.d",
    "9" * 400,
    "+".join(["width"] * 300),
)
ODD = (
    _words(
        "\\ @ % ' \" ` { } [ ] , : - # é 宽 &a *a !!int !x <<: ? | > --- ... \\N{BULLET} \\x00 ${ "
        '{{ }} */ --> <script> """'
    )
    + tuple("\t\u00a0\u2028\x85\ufeff\u202e\u200b\x00\x1b\r\U0001f600\u0301")
    + (
        ": ",
        "- ",
        "| ",
        "&a ",
        "\r\n",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "e\u0301",
        "\x1b[31m",
    )
)


class Inputs:
    """An endless row of inputs."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.ops = tuple(all_ops())
        self.arguments = tuple({name for op in all_ops().values() for name in op.model_fields})
        self.texts = tuple(map(_text, _files()))
        self.legal = (*map(_text, _legal_files()), *self._legal())

    def next(self) -> bytes:
        """One more input: one in four by the grammar, the others spoilt, most of legal specs."""
        chosen = self.random.random()
        if chosen < 0.25:
            return self.written().encode("utf-8", "surrogatepass")
        text = self.spoilt(self._pick(self.legal if chosen > 0.6 else self.texts))
        if chosen < 0.36:
            return self._bytes(text.encode("utf-8", "surrogatepass"))
        return text.encode("utf-8", "surrogatepass")

    def _legal(self) -> Iterator[str]:
        """Small legal specs of the whole language."""
        for _ in range(LEGAL):
            seed = self.random.randrange(2**31)
            yield spec_text(random_spec(seed) if seed % 2 else random_family(seed))

    # the grammar

    def written(self) -> str:
        """A spec by the language's grammar, with a wrong turn now and then."""
        lines = ["archcompile: 1", "name: net"]
        choice = self.random.random
        if choice() < 0.4:
            lines.append(
                f"params: {{{', '.join(f'{self._word()}: {self._value(1)}' for _ in '12')}}}"
            )
        if choice() < 0.15:
            lines.append(f"let: {{{self._word()}: {self._value(1)}}}")
        if choice() < 0.15:
            lines += ["variants:", f"  net: {{{self._word()}: {self._value(1)}}}", "  other: {}"]
        lines.append(f"input: {self._shape()}")
        if choice() < 0.3:
            lines += self._block()
        lines += ["layers:", *self._layers("  ", 3)]
        if choice() < 0.2:
            lines.append(f"outputs: [{self._word()}, {self._word()}]")
        if choice() < 0.2:
            lines.append(f"expect: {{{self._pick(KEYS)}: {self._value(1)}}}")
        if choice() < 0.1:
            self.random.shuffle(lines)
        return "\n".join(lines) + "\n"

    def _block(self) -> list[str]:
        name = self._pick(("unit", "stem", self._word()))
        body = self._pick(("layers", "sequence"))
        return [
            "blocks:",
            f"  {name}:",
            f"    params: {{width: int, stride: {self._value(0)}}}",
            f"    {body}:",
            *self._layers("      ", 2),
        ]

    def _layers(self, indent: str, deepest: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.random.randint(0, 5)):
            lines += self._layer(indent, deepest)
        return lines or [f"{indent}- relu"]

    def _layer(self, indent: str, deepest: int) -> list[str]:
        chosen = self.random.random()
        if chosen < 0.2:
            return [f"{indent}- {self._pick((*self.ops, 'unit', self._word()))}"]
        if chosen < 0.75 or deepest == 0:
            return [f"{indent}- {self._call()}"]
        inner = self._layers(f"{indent}    ", deepest - 1)
        if chosen < 0.80:
            return [f"{indent}- repeat: {self._value(0)}", f"{indent}  layers:", *inner]
        if chosen < 0.85:
            return [
                f"{indent}- for: {{{self._word()}: {self._value(1)}}}",
                f"{indent}  layers:",
                *inner,
            ]
        if chosen < 0.90:
            return [f"{indent}- residual:", *inner]
        if chosen < 0.94:
            head = [f"{indent}- branches:"]
            return head + [
                line
                for name in "ab"
                for line in (f"{indent}    {name}:", *self._layers(f"{indent}      ", deepest - 1))
            ]
        if chosen < 0.97:
            return [f"{indent}- name: {self._word()}", f"{indent}  sequence:", *inner]
        return [f"{indent}- gpu_groups: {{count: {self._value(0)}, layers: [{self._call()}]}}"]

    def _call(self) -> str:
        parts = [f"{self._pick((*self.ops, 'unit'))}: {self._arguments()}"]
        for key in ("name", "from", "when", "repeat", "init"):
            if self.random.random() < 0.12:
                parts.insert(0, f"{key}: {self._value(1)}")
        return f"{{{', '.join(parts)}}}"

    def _arguments(self) -> str:
        chosen = self.random.random()
        if chosen < 0.3:
            return self._value(1)
        if chosen < 0.6:
            return f"[{', '.join(self._value(1) for _ in range(self.random.randint(0, 4)))}]"
        named = (
            f"{self._pick(self.arguments)}: {self._value(1)}"
            for _ in range(self.random.randint(0, 3))
        )
        return f"{{{', '.join(named)}}}"

    def _shape(self) -> str:
        return self._pick(
            (
                "[N, 3, 32, 32]",
                "[N, 3, 8, 8]",
                "[N, 4, 16]",
                "[N, 8]",
                "[N, 3, H, W]",
                self._value(2),
            )
        )

    def _value(self, deepest: int) -> str:
        chosen = self.random.random()
        if chosen < 0.35:
            return self._pick(("1", "2", "3", "8", "16"))
        if chosen < 0.50:
            return self._pick(NUMBERS)
        if chosen < 0.65:
            return self._word()
        if chosen < 0.80 or deepest == 0:
            expression = self._pick(EXPRESSIONS)
            return (
                f'"{expression}"'
                if self.random.random() < 0.7 and '"' not in expression
                else expression
            )
        if chosen < 0.9:
            return (
                f"[{', '.join(self._value(deepest - 1) for _ in range(self.random.randint(0, 4)))}]"
            )
        return f"{{{self._word()}: {self._value(deepest - 1)}}}"

    def _word(self) -> str:
        return self._pick((*WORDS, self._pick(self.ops)))

    # mutations

    def spoilt(self, text: str) -> str:
        """A text with one to four changes."""
        changes: tuple[Callable[[str], str], ...] = (
            self._without_line,
            self._line_twice,
            self._swapped_lines,
            self._other_word,
            self._other_word,
            self._other_number,
            self._odd_character,
            self._without_character,
            self._shifted_line,
            self._spliced,
            self._cut,
            self._flow_piece,
        )
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 4))):
            text = self.random.choice(changes)(text)
        return text

    def _lines(self, text: str) -> list[str]:
        return text.split("\n")

    def _without_line(self, text: str) -> str:
        lines = self._lines(text)
        del lines[self.random.randrange(len(lines))]
        return "\n".join(lines)

    def _line_twice(self, text: str) -> str:
        lines = self._lines(text)
        place = self.random.randrange(len(lines))
        lines[place:place] = [lines[place]] * self.random.choice((1, 1, 2, 40))
        return "\n".join(lines)

    def _swapped_lines(self, text: str) -> str:
        lines = self._lines(text)
        one, two = self.random.randrange(len(lines)), self.random.randrange(len(lines))
        lines[one], lines[two] = lines[two], lines[one]
        return "\n".join(lines)

    def _other_word(self, text: str) -> str:
        place = self.random.randrange(len(text) + 1)
        start, end = place, place
        while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
            start -= 1
        while end < len(text) and (text[end].isalnum() or text[end] == "_"):
            end += 1
        new = self._pick(
            (self._pick(KEYS), self._word(), self._pick(self.arguments), self._value(1))
        )
        return text[:start] + new + text[end:]

    def _other_number(self, text: str) -> str:
        places = [index for index, character in enumerate(text) if character.isdigit()]
        if not places:
            return text
        place = self.random.choice(places)
        return text[:place] + self._pick((*NUMBERS, *EXPRESSIONS)) + text[place + 1 :]

    def _odd_character(self, text: str) -> str:
        place = self.random.randrange(len(text) + 1)
        return text[:place] + self._pick(ODD) * self.random.choice((1, 1, 1, 5, 90)) + text[place:]

    def _without_character(self, text: str) -> str:
        place = self.random.randrange(len(text) + 1)
        return text[:place] + text[place + self.random.choice((1, 1, 2, 8)) :]

    def _shifted_line(self, text: str) -> str:
        lines = self._lines(text)
        place = self.random.randrange(len(lines))
        line = lines[place]
        lines[place] = self._pick((f"  {line}", line[2:], line.strip(), f"\t{line}", f"- {line}"))
        return "\n".join(lines)

    def _spliced(self, text: str) -> str:
        lines, others = self._lines(text), self._lines(self._pick(self.texts))
        start = self.random.randrange(len(others))
        piece = others[start : start + self.random.randint(1, 6)]
        place = self.random.randrange(len(lines) + 1)
        return "\n".join((*lines[:place], *piece, *lines[place:]))

    def _cut(self, text: str) -> str:
        return text[: self.random.randrange(len(text) + 1)]

    def _flow_piece(self, text: str) -> str:
        place = self.random.randrange(len(text) + 1)
        return (
            text[:place]
            + self._pick((self._call(), self._arguments(), self._value(2)))
            + text[place:]
        )

    def _bytes(self, content: bytes) -> bytes:
        made = bytearray(content)
        for _ in range(self.random.randint(1, 4)):
            place = self.random.randrange(len(made) + 1)
            made[place:place] = self.random.randbytes(self.random.randint(1, 3))
        return bytes(made)

    def _pick(self, choices: tuple[str, ...] | list[str]) -> str:
        return self.random.choice(choices)


def _files() -> list[Path]:
    """What is spoilt: all specs, starters and bad specs, and what was found before."""
    found = [
        *_legal_files(),
        *(ROOT / "tests" / "bad").rglob("*.yaml"),
        *(ROOT / "tests" / "fuzz_corpus").glob("*.yaml"),
    ]
    return sorted(found)


def _legal_files() -> list[Path]:
    starters = ROOT / "archcompile" / "cli" / "starters"
    return sorted((*(ROOT / "specs").rglob("*.yaml"), *starters.glob("*.yaml")))


def _text(path: Path) -> str:
    text = path.read_bytes().decode("utf-8", "replace")
    lines = [line for line in text.split("\n") if not line.startswith("# expect:")]
    kept = "\n".join(lines)[:LONGEST]
    return kept if len(kept) < LONGEST else kept[: kept.rfind("\n") + 1]
