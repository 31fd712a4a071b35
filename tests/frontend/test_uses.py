"""``use``: blocks of other files by relative path, inside the spec's folder, without cycles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from documenting import OPS
from reading import findings_of

from archcompile import driver
from archcompile.diagnostics import Code, Diagnostic, SourceFile, SpecError
from archcompile.frontend import read_document, read_file
from archcompile.frontend.document.document import Document, Library
from archcompile.frontend.document.uses import MOST_FILES, file_content
from archcompile.frontend.findings import finding
from archcompile.frontend.text.reader import read

SPEC = "archcompile: 1\nname: net\ninput: [N, 3]\nlayers: [unit]\n"
UNIT = "archcompile: 1\nblocks: {unit: {layers: [relu]}}\n"


@dataclass(frozen=True)
class Files:
    """A folder in memory."""

    texts: dict[str, str]

    def source(self, path: str) -> SourceFile:
        if path not in self.texts:
            raise finding(Code.FILE_NOT_FOUND, "no such file", None)
        return SourceFile(path, self.texts[path])

    def beside(self, path: str) -> tuple[str, ...]:
        folder = path.rpartition("/")[0]
        return tuple(
            name.rpartition("/")[2] for name in self.texts if name.rpartition("/")[0] == folder
        )


def content_of(texts: dict[str, str], path: str = "net.yaml") -> Document | Library:
    return file_content(read(SourceFile(path, texts[path])), path, Files(texts), OPS)


def blocks_of(texts: dict[str, str], path: str = "net.yaml") -> list[str]:
    return [block.name.text for block in content_of(texts, path).blocks]


def found(texts: dict[str, str]) -> list[str]:
    return [shown(each) for each in findings_of(lambda: content_of(texts))]


def shown(each: Diagnostic) -> str:
    """``CODE path:line:column message``."""
    return f"{each.code.value} {each.span} {each.message}"


def help_of(texts: dict[str, str]) -> str | None:
    (only,) = findings_of(lambda: content_of(texts))
    return only.help


def spec(use: str) -> str:
    return f"{SPEC}use: {use}\n"


def test_the_blocks_of_a_used_file_are_the_specs_own() -> None:
    texts = {
        "net.yaml": f"{spec('[blocks/unit.yaml]')}blocks: {{own: {{layers: [unit]}}}}\n",
        "blocks/unit.yaml": UNIT,
    }
    read = content_of(texts)
    assert isinstance(read, Document)
    assert [use.text for use in read.uses] == ["blocks/unit.yaml"]
    assert blocks_of(texts) == ["unit", "own"]


def test_one_file_may_be_used_without_a_list() -> None:
    assert blocks_of({"net.yaml": spec("unit.yaml"), "unit.yaml": UNIT}) == ["unit"]


def test_a_used_file_uses_others_relative_to_itself() -> None:
    texts = {
        "net.yaml": spec("[a/pair.yaml]"),
        "a/pair.yaml": "archcompile: 1\nuse: [../b/unit.yaml]\nblocks: {pair: {layers: [unit]}}\n",
        "b/unit.yaml": UNIT,
    }
    assert blocks_of(texts) == ["unit", "pair"]


def test_a_file_that_two_others_use_is_read_once() -> None:
    texts = {
        "net.yaml": spec("[a.yaml, b.yaml, ./unit.yaml]"),
        "a.yaml": "archcompile: 1\nuse: unit.yaml\nblocks: {a: {layers: [unit]}}\n",
        "b.yaml": "archcompile: 1\nuse: unit.yaml\nblocks: {b: {layers: [unit]}}\n",
        "unit.yaml": UNIT,
    }
    assert blocks_of(texts) == ["unit", "a", "b"]


def test_used_blocks_are_op_keys_in_the_file_that_uses_them() -> None:
    texts = {
        "net.yaml": "archcompile: 1\nname: net\ninput: [N, 3]\nuse: unit.yaml\n"
        "layers: [{nmae: a, unit}]\n",
        "unit.yaml": UNIT,
    }
    assert found(texts) == ["AC201 net.yaml:5:11 unknown key `nmae` beside a layer's op"]


def test_a_file_of_blocks_has_no_network() -> None:
    texts = {"unit.yaml": f"{UNIT}title: Units\nname: units\ncite: A paper\n"}
    assert isinstance(content_of(texts, "unit.yaml"), Library)


@pytest.mark.parametrize(
    ("use", "line"),
    [
        ("[/etc/unit.yaml]", "`/etc/unit.yaml` is no path of a file to use: it is relative to"),
        ("['C:unit.yaml']", "`C:unit.yaml` is no path of a file to use: it is relative to"),
        ("[~/unit.yaml]", "`~/unit.yaml` is no path of a file to use: it is relative to"),
        (
            "['https://a.org/unit.yaml']",
            "`https://a.org/unit.yaml` is no path of a file to use: it is relative to",
        ),
        ("['a\\unit.yaml']", "`a\\unit.yaml` is no path of a file to use: folders are separated"),
        ("[../unit.yaml]", "`../unit.yaml` leads out of the folder of the spec"),
        ("[a/../../unit.yaml]", "`a/../../unit.yaml` leads out of the folder of the spec"),
        ("[.]", "`.` leads out of the folder of the spec"),
        ("[unti.yaml]", "`unti.yaml` cannot be used: no such file"),
        ("[unit.yaml, unit.yaml]", "`unit.yaml` stands twice"),
        ("[3]", "expected the path of a file of blocks, got the number 3"),
        ("{unit.yaml: }", "expected paths, got a mapping"),
        ("[]", "expected paths, got an empty list"),
    ],
)
def test_a_wrong_path_is_said_at_its_place(use: str, line: str) -> None:
    (only,) = findings_of(lambda: content_of({"net.yaml": spec(use), "unit.yaml": UNIT}))
    assert only.message.startswith(line)
    assert only.span is not None
    assert (only.span.file.path, only.span.line) == ("net.yaml", 5)


def test_a_misspelt_path_is_recognised() -> None:
    texts = {"net.yaml": spec("[blocks/unti.yaml]"), "blocks/unit.yaml": UNIT}
    assert help_of(texts) == "did you mean `blocks/unit.yaml`?"
    assert help_of({"net.yaml": spec("[b/unit.yaml]"), "unit.yaml": UNIT}) is None


def test_files_that_use_one_another_in_a_circle_are_refused() -> None:
    texts = {
        "net.yaml": spec("[a.yaml]"),
        "a.yaml": "archcompile: 1\nuse: b.yaml\nblocks: {a: {layers: [relu]}}\n",
        "b.yaml": "archcompile: 1\nuse: a.yaml\nblocks: {b: {layers: [relu]}}\n",
    }
    assert found(texts) == [
        "AC313 b.yaml:2:6 `a.yaml` uses itself (a.yaml → b.yaml → a.yaml)",
    ]


def test_a_file_that_uses_itself_is_a_circle() -> None:
    assert found({"net.yaml": spec("net.yaml")}) == [
        "AC313 net.yaml:5:6 `net.yaml` uses itself (net.yaml → net.yaml)"
    ]


def test_a_block_that_two_files_define_is_said_with_both_places() -> None:
    texts = {
        "net.yaml": f"{spec('[a.yaml]')}blocks: {{unit: {{layers: [tanh]}}}}\n",
        "a.yaml": UNIT,
    }
    (only,) = findings_of(lambda: content_of(texts))
    assert shown(only) == "AC309 net.yaml:6:10 the block `unit` is defined twice"
    assert [str(related.span) for related in only.related] == ["a.yaml:2:10"]


def test_a_block_that_two_used_files_define_is_one_finding() -> None:
    texts = {
        "net.yaml": spec("[c.yaml]"),
        "a.yaml": UNIT,
        "b.yaml": UNIT,
        "c.yaml": "archcompile: 1\nuse: [a.yaml, b.yaml]\nblocks: {c: {layers: [unit]}}\n",
    }
    (only,) = findings_of(lambda: content_of(texts))
    assert shown(only) == "AC309 b.yaml:2:10 the block `unit` is defined twice"
    assert [str(related.span) for related in only.related] == ["a.yaml:2:10", "net.yaml:5:7"]


def test_what_is_wrong_in_a_used_file_is_said_there_and_where_it_is_used() -> None:
    texts = {
        "net.yaml": spec("[a.yaml]"),
        "a.yaml": "archcompile: 1\nblocks: {unit: {}}\nlayers: [relu]\n",
    }
    first, second = findings_of(lambda: content_of(texts))
    assert [shown(first), shown(second)] == [
        "AC202 a.yaml:2:10 the block `unit` has no `layers`",
        "AC201 a.yaml:3:1 unknown key `layers` in a file of blocks",
    ]
    assert [(str(note.span), note.message) for note in first.related] == [
        ("net.yaml:5:7", "used here")
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("archcompile: 2\nblocks: {}\n", "AC204 a.yaml:1:14 expected version 1"),
        ("archcompile: 1\n", "AC202 a.yaml:1:1 a file of blocks has no `blocks`"),
        ("blocks: {}\n", "AC202 a.yaml:1:1 a file of blocks starts with the language's version"),
        ("[relu]\n", "AC203 a.yaml:1:1 expected a file of blocks, a mapping"),
        ("{\n", "AC101 a.yaml:"),
        ("archcompile: 1\nname: 3\nblocks: {}\n", "AC203 a.yaml:2:7 expected a name"),
    ],
)
def test_a_used_file_is_a_file_of_blocks(text: str, line: str) -> None:
    (only,) = found({"net.yaml": spec("a.yaml"), "a.yaml": text})
    assert only.startswith(line)


def test_findings_of_the_spec_come_in_the_same_run() -> None:
    texts = {"net.yaml": f"{spec('a.yaml')}titel: x\n"}
    assert found(texts) == [
        "AC801 net.yaml:5:6 `a.yaml` cannot be used: no such file",
        "AC201 net.yaml:6:1 unknown key `titel` in a spec",
    ]


def test_a_spec_uses_a_hundred_files_at_most() -> None:
    texts = {"net.yaml": spec("f0.yaml")}
    for number in range(MOST_FILES + 1):
        texts[f"f{number}.yaml"] = (
            f"archcompile: 1\nuse: f{number + 1}.yaml\nblocks: {{b{number}: {{layers: [relu]}}}}\n"
        )
    (only,) = findings_of(lambda: content_of(texts))
    assert shown(only) == f"AC113 f99.yaml:2:6 this spec uses more than {MOST_FILES} files"


def written(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return folder


def test_used_files_are_read_from_the_disk(tmp_path: Path) -> None:
    written(tmp_path, {"net.yaml": spec("[blocks/unit.yaml]"), "blocks/unit.yaml": UNIT})
    read = read_document(tmp_path / "net.yaml")
    assert [block.name.text for block in read.blocks] == ["unit"]
    assert read.blocks[0].span.file.path == str(tmp_path / "blocks/unit.yaml")


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    written(tmp_path, {"in/net.yaml": spec("[unit.yaml]"), "unit.yaml": UNIT})
    (tmp_path / "in" / "unit.yaml").symlink_to(tmp_path / "unit.yaml")
    (only,) = findings_of(lambda: read_document(tmp_path / "in" / "net.yaml"))
    assert only.message == (
        "`unit.yaml` cannot be used: this is a link that leads out of the folder of the spec"
    )


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    written(tmp_path, {"net.yaml": spec("[unit.yaml]"), "blocks/u.yaml": UNIT})
    (tmp_path / "unit.yaml").symlink_to(tmp_path / "blocks" / "u.yaml")
    assert [block.name.text for block in read_document(tmp_path / "net.yaml").blocks] == ["unit"]


def test_a_folder_cannot_be_used(tmp_path: Path) -> None:
    written(tmp_path, {"net.yaml": spec("[blocks]"), "blocks/unit.yaml": UNIT})
    (only,) = findings_of(lambda: read_document(tmp_path / "net.yaml"))
    assert only.message.startswith("`blocks` cannot be used: ")
    assert only.span is not None
    assert only.span.line == 5


def test_a_file_of_blocks_in_a_folder_is_checked_for_itself(tmp_path: Path) -> None:
    pair = "archcompile: 1\nuse: ../b/unit.yaml\nblocks: {pair: {layers: [unit]}}\n"
    written(tmp_path, {"a/pair.yaml": pair, "b/unit.yaml": UNIT})
    assert driver.load_all([tmp_path]) == ()
    written(tmp_path, {"b/unit.yaml": UNIT.replace("layers", "layer")})
    with pytest.raises(SpecError):
        driver.load_all([tmp_path])


def test_a_file_of_blocks_that_is_loaded_alone_is_a_finding(tmp_path: Path) -> None:
    written(tmp_path, {"unit.yaml": UNIT})
    assert isinstance(read_file(tmp_path / "unit.yaml"), Library)
    (only,) = findings_of(lambda: driver.load(tmp_path / "unit.yaml"))
    assert (only.code, only.message, only.help) == (
        Code.NO_SPECS,
        "this file holds blocks, and no network",
        "build a spec that says `use: [unit.yaml]`",
    )
