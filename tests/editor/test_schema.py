"""``archcompile.schema``: it knows what the language knows, and finds no fault with the right."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from documents import ROOT, code_blocks
from pydantic import ValidationError
from random_specs import random_spec, spec_text
from schemas import HEAD, faults, faults_of_file
from test_readme import completed

from archcompile.cli.new import FAMILIES, starter
from archcompile.diagnostics import Code, SourceFile, SpecError
from archcompile.frontend.document import (
    annotations,
    block_entries,
    declared_names,
    documents,
    initializers,
)
from archcompile.frontend.document import structure_entries as structures
from archcompile.ops import all_ops
from archcompile.schema import as_text, document, keys_of_lines, schema, schema_of_file, starts
from archcompile.schema.callables import TYPES, of_op

SPECS = sorted((ROOT / "specs").glob("*.yaml"))
EXAMPLES = [
    block
    for name in ("README.md", "docs/language.md", "docs/tutorial.md")
    for block in code_blocks(name, "yaml")
    if not block.text.startswith("# ")
]
GENERAL = schema()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_is_right_for_its_own_schema_and_for_the_general_one(path: Path) -> None:
    own = schema_of_file(path)
    jsonschema.Draft7Validator.check_schema(own)
    assert faults_of_file(path, own) == []
    assert faults_of_file(path, GENERAL) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_every_starter_is_right(family: str) -> None:
    assert faults(starter(family, "tiny")) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda block: block.place)
def test_every_example_of_the_documents_is_right(example: Any) -> None:
    text = completed(example.text)
    own = schema(SourceFile("spec.yaml", text)) if "use:" not in text else GENERAL
    assert faults(text, whole=own) == []


@pytest.mark.parametrize("seed", range(40))
def test_random_specs_are_right(seed: int) -> None:
    assert faults(spec_text(random_spec(seed))) == []


FAULTY = {
    "document/allow_an_error.yaml": ["allow/0"],
    "document/arguments_beside_op.yaml": ["layers/0/conv2d", "layers/0", "layers/0"],
    "document/branch_without_layer.yaml": ["layers/0/branches/right"],
    "document/edge_by_position.yaml": ["layers/1/from"],
    "document/from_in_sequence.yaml": ["layers/1/sequence/1"],
    "document/gpu_groups_without_count.yaml": [
        "layers/0/gpu_groups",
        "layers/1/gpu_groups",
        "layers/2/gpu_groups/count",
    ],
    "document/join_without_branches.yaml": ["layers/1"],
    "document/layers_as_mapping.yaml": ["layers"],
    "document/list_for_sequence.yaml": ["layers/0"],
    "document/loop_over_number.yaml": ["layers/0/for/i"],
    "document/misspelt_layer_key.yaml": ["layers/0"],
    "document/missing_keys.yaml": ["", "", ""],
    "document/no_op.yaml": ["layers/0"],
    "document/script_in_url.yaml": ["cite/url"],
    "document/structures_in_sequence.yaml": [
        "layers/1/sequence/0",
        "layers/1/sequence/1",
        "layers/2/branches/left/0",
    ],
    "document/training_as_text.yaml": ["outputs/aux/training", "outputs/aux/loss_weight"],
    "document/two_ops.yaml": ["layers/0", "layers/0"],
    "document/unquoted_template.yaml": ["layers/0/layers/0/name"],
    "names/branch_named_twice.yaml": ["layers/0/branches/left"],
}


@pytest.mark.parametrize("name", FAULTY)
def test_mistakes_that_an_editor_can_see_are_found_at_their_places(name: str) -> None:
    assert faults_of_file(ROOT / "tests" / "bad" / name) == FAULTY[name]


PROBES = (
    *(0, 1, 2, 3, -1, 0.25, 1.5, 1e-5, True, False, "none", "same", "zeros", "nearest", "channels"),
    *([1], [2, 3], [1, 2, 3], [0, 2, 3, 1], [[0, 1], [2, 3]], [[0, 1]], [[1, 2], 3], ["none", 7]),
    *([-1, 2], [[0, 1], [0, 2]], [[[0.5]], [[0.25]]], [0, 0, 0, 0], [True], [1, -1], [2, -1]),
)


def _taken() -> Iterator[tuple[str, str, object]]:
    """Each op's argument with each value that the op itself takes."""
    for key, op in all_ops().items():
        for name in op.model_fields:
            for value in PROBES:
                held = _as_op_sees(value)
                try:
                    op.model_validate({name: held})
                    yield key, name, value
                except ValidationError as error:
                    if not any(each["loc"][:1] == (name,) for each in error.errors()):
                        yield key, name, value


def _as_op_sees(value: object) -> object:
    """``none`` is nothing, and lists are tuples."""
    if isinstance(value, list):
        return tuple(_as_op_sees(item) for item in value)
    return None if value == "none" else value


def test_whatever_an_op_takes_its_schema_takes() -> None:
    """But for what is refused in any case: an editor that says so early does nobody harm."""
    calls = {key: of_op(op) for key, op in all_ops().items()}
    wrong = []
    for key, name, value in _taken():
        (argument,) = (each for each in calls[key].arguments if each.name == name)
        if argument.description.startswith("Refused"):
            continue
        if not jsonschema.Draft7Validator(argument.schema()).is_valid(value):
            wrong.append((key, name, value))
    assert wrong == []


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("conv2d: {out_channels: 3, kernel_size: true}", "layers/0/conv2d/kernel_size"),
        ("conv2d: {out_channels: 3, kernel_size: [1, 2, 3]}", "layers/0/conv2d/kernel_size"),
        ("conv2d: [0, 3]", "layers/0/conv2d/0"),
        ("conv2d: [8, 3, padding: [1, true]]", "layers/0/conv2d/2/padding/1"),
        ("conv2d: [8, 3, pading: 1]", "layers/0/conv2d/2"),
        ("conv2d: {out_channels: 3}", "layers/0/conv2d"),
        ("conv2d: true", "layers/0/conv2d"),
        ("dropout: [0.1, false, 3]", "layers/0/dropout/2"),
        ("relu: {inplace: true}", "layers/0/relu/inplace"),
        ("relu: {slope: 1}", "layers/0/relu"),
        ("permute: [0, true]", "layers/0/permute/1"),
        ("mean: {dim: [2, 3], keep_dim: true}", "layers/0/mean"),
        ("tanh: 3", "layers/0/tanh"),
        ("repeat: -1\n    relu:", "layers/0/repeat"),
        ("when: [true]\n    relu:", "layers/0/when"),
        ("layers: [relu]", "layers/0"),
        ("for: {i: [1]}\n    repeat: 2\n    layers: [relu]", "layers/0"),
        ("residual: {boddy: [relu], body: [relu]}", "layers/0/residual"),
        ("residual: []", "layers/0/residual"),
        ("conv2d: [3, 3]\n    init: {weight: {nomal: 1}}", "layers/0/init/weight"),
        ("conv2d: [3, 3]\n    init: {weight: {normal: {sdt: 1}}}", "layers/0/init/weight/normal"),
        ("conv2d: [3, 3]\n    init: {normal: 1}", "layers/0/init"),
        ("relu:\n    join: add", "layers/0"),
        ("branches: [relu, tanh]\n    join: [add]", "layers/0/join"),
        ("branches: [relu, tanh]\n    join: sum", "layers/0/join"),
        ("Conv2D: [3, 3]", "layers/0"),
    ],
)
def test_a_wrong_line_is_found_where_it_is_wrong(line: str, place: str) -> None:
    found = faults(f"{HEAD}layers:\n  - {line}\n")
    assert set(found) == {place}


@pytest.mark.parametrize(
    "line",
    [
        "conv2d: {out_channels: 2 * width, kernel_size: k, bias: not batch_norm}",
        "conv2d: ['max(8, w)', [1, 7], padding: [0, 3]]",
        "conv2d: [8, 3, padding: same, padding_mode: mode]",
        "conv2d: [8, 3, padding: [[0, 1], [0, p]]]",
        "max_pool2d: k",
        "adaptive_avg_pool2d: [none, 7]",
        "permute: order",
        "relu: {}",
        "relu: []",
        "parameter: {shape: [3, 1, 1], init: 1e-6}",
        "{parameter: [3, 1, 1], init: {normal: 0.02}}",
        "{conv2d: [3, 3], init: {weight: 0, bias: {uniform: 2.4 / 25}}}",
        "{name: [left, right], chunk: 2}",
        "{from: [a, b.c], concat}",
        "residual: {body: relu, skip: stride == 1, join: {concat: 1}}",
        "branches: {a: relu, b: [], c: {repeat: 2, relu}}",
        "{branches: [relu, [], [{from: x, tanh}]], join: {name: sum, add}}",
        "{for: [a, b], rows: [[1, 2]], layers: [relu]}",
        "{for: {i: range(3)}, layers: [{name: 'c{i}', relu}]}",
        "gpu_groups: {count: 2, layers: [exchange]}",
        "apply: encoder",
    ],
)
def test_a_right_line_is_right_in_every_form(line: str) -> None:
    assert faults(f"{HEAD}layers:\n  - {line}\n") == []


BLOCKS = f"""{HEAD}params: {{width: 8, act: {{layer: relu}}}}
variants: {{wide: {{width: 16, act: gelu}}, plain: }}
blocks:
  unit:
    params: {{out: int, kind: {{choice: [A, B], default: A}}, norm: layer, flag: false, ks: list}}
    sequence: [norm, {{conv2d: [out, 3]}}]
layers:
"""


@pytest.mark.parametrize(
    ("line", "places"),
    [
        ("unit: {out: 8, norm: batch_norm2d, ks: [1]}", []),
        ("unit: [8, B, norm: {group_norm: 8}, ks: k]", []),
        ("unit: {out: [1, 3], norm: act, flag: not x, kind: kind, ks: [1, [2]]}", []),
        ("unit: {out: 8, norm: none, ks: [], kinds: A}", ["layers/0/unit"]),
        ("unit: {out: 8, norm: btch_norm, ks: []}", ["layers/0/unit/norm"]),
        (
            "unit: {out: 8, norm: {group_norm: {groups: 8}}, ks: []}",
            ["layers/0/unit/norm/group_norm"],
        ),
        ("unit: {out: true, norm: none, ks: 3}", ["layers/0/unit/out", "layers/0/unit/ks"]),
        ("unit", ["layers/0"]),
        ("act", []),
        ("act: {inplace: false}", []),
        ("norm", ["layers/0"]),
    ],
)
def test_a_spec_s_own_blocks_are_called_as_ops_are(line: str, places: list[str]) -> None:
    assert faults(f"{BLOCKS}  - {line}\n") == places


def test_variants_set_the_parameters_of_their_file() -> None:
    text = f"{HEAD}params: {{width: 8, kind: {{choice: [A, B]}}}}\nlayers: [relu]\n"
    right = text + "variants: {a: {width: 4, kind: B, title: A}, b: {extends: a}, c: }\n"
    wrong = text + "variants: {a: {widht: 4}, b: {width: 2 * 4}, c: {kind: C}}\n"
    assert faults(right) == []
    assert sorted(faults(wrong)) == ["variants/a", "variants/b/width", "variants/c/kind"]


def test_a_spec_that_is_not_right_has_a_schema_as_long_as_it_is_yaml() -> None:
    text = "blocks:\n  good: {params: {n: int, bad: }, layers: 3}\n  worse: 3\nlayres: []\n"
    whole: Any = schema(SourceFile("spec.yaml", text))
    assert list(whole["definitions"]["good by name"]["properties"]) == ["n"]
    with pytest.raises(SpecError):
        schema(SourceFile("spec.yaml", "layers: [\n"))


def test_the_blocks_of_used_files_are_known_through_others_too(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    library = "archcompile: 1\nuse: [{}]\nblocks: {{{}: {{params: {{n: int}}, layers: [relu]}}}}\n"
    (tmp_path / "parts" / "one.yaml").write_text(library.format("../two.yaml", "one"))
    (tmp_path / "two.yaml").write_text(library.format("parts/one.yaml", "two"))
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        f"{HEAD}use: [parts/one.yaml, missing.yaml, ../out.yaml]\n"
        "layers: [{one: 3}, {two: {n: 3}}, {three: 3}]\n"
    )
    (tmp_path.parent / "out.yaml").write_text(library.format("a.yaml", "three"))
    assert faults_of_file(spec) == ["layers/2"]


def test_a_file_of_blocks_has_a_schema_of_its_own_form() -> None:
    library = "archcompile: 1\nblocks: {unit: {layers: [relu]}, twice: {layers: [unit, unit]}}\n"
    assert faults(library) == []
    assert faults(library + "init: {bias: 0}\n") == [""]
    assert faults(library, whole=GENERAL) == []


def test_without_a_spec_other_words_may_be_blocks() -> None:
    text = f"{HEAD}layers: [mine, {{yours: [1, 2]}}, {{conv2d: [1, 2, pad: 1]}}]\n"
    assert faults(text, whole=GENERAL) == ["layers/2/conv2d/2"]


def test_a_name_that_no_line_can_call_is_no_word() -> None:
    text = f"{HEAD}blocks: {{a-b: {{layers: [relu]}}, name: {{layers: [relu]}}}}\nlayers: [relu]\n"
    whole: Any = schema(SourceFile("spec.yaml", text))
    assert not any("a-b" in name or name == "call name" for name in whole["definitions"])


def test_the_keys_are_those_of_the_language() -> None:
    assert tuple(document.KEYS) == documents._KEYS.known
    assert tuple(document.BLOCK) == block_entries._BLOCK_KEYS.known
    assert tuple(document.CITE) == annotations._CITE_KEYS.known
    assert tuple(document.CLAIMS) == annotations._CLAIM_KEYS.known
    assert document.TYPE_WORDS == declared_names._TYPE_WORDS
    assert set(TYPES) == {*declared_names._TYPE_WORDS, "choice"}
    assert {*keys_of_lines.BESIDE, *keys_of_lines.BODIES} == set(block_entries.LAYER_KEYS)
    assert tuple(keys_of_lines.RESIDUAL) == structures._RESIDUAL_KEYS.known
    assert tuple(keys_of_lines.GPU_GROUPS) == structures._GROUPS_KEYS.known
    arguments = {name: tuple(held) for name, (_, held) in starts.DISTRIBUTIONS.items()}
    assert arguments == initializers._DISTRIBUTIONS


def test_warnings_are_those_that_can_be_allowed() -> None:
    codes = [code.value for code in Code if code.value.startswith("AC9")]
    assert faults(f"{HEAD}layers: [relu]\nallow: {json.dumps(codes)}\n") == []
    assert faults(f"{HEAD}layers: [relu]\nallow: {codes[0]}\n") == []
    assert faults(f"{HEAD}layers: [relu]\nallow: AC101\n") == ["allow"]


def test_every_argument_says_what_it_is_and_its_default() -> None:
    for key, op in all_ops().items():
        definition: Any = GENERAL["definitions"]
        properties = definition[f"{key} by name"]["properties"]
        assert list(properties) == list(op.model_fields)
        for name, argument in properties.items():
            assert argument["description"], (key, name)
            assert ("default" in argument) != op.model_fields[name].is_required()


def _alternatives(tree: object) -> Iterator[int]:
    if isinstance(tree, dict):
        for key, held in tree.items():
            if key in ("anyOf", "oneOf"):
                yield len(held)
            yield from _alternatives(held)
    elif isinstance(tree, list):
        for held in tree:
            yield from _alternatives(held)


def test_nothing_is_one_of_many() -> None:
    """Of many alternatives an editor cannot say which was meant, nor what is wrong with it."""
    assert max(_alternatives(GENERAL)) == 2


def test_a_schema_is_the_same_each_time_and_marked_as_ours() -> None:
    program = "import sys; from archcompile.cli import main; sys.argv[1:] = {}; main()"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program.format(["schema", "specs/resnet.yaml"])],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    (text,) = outputs
    assert text == as_text(schema_of_file(ROOT / "specs" / "resnet.yaml"))
    assert "Generated by archcompile" in "".join(text.splitlines()[:3])
    assert json.loads(text)["$schema"] == "http://json-schema.org/draft-07/schema#"
