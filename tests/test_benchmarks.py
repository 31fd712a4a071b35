"""The benchmarks run. What they measure is for people who read it, not for a test."""

from __future__ import annotations

import runpy
from pathlib import Path

from documents import ROOT

BENCHMARKS = runpy.run_path(str(ROOT / "benchmarks" / "run.py"))


def test_checking_and_reporting_run_on_both_sides(tmp_path: Path) -> None:
    checking = BENCHMARKS["ROWS"][0]
    assert checking.ours.seconds(tmp_path) > 0
    assert checking.theirs.seconds(tmp_path) > 0


def test_our_export_runs(tmp_path: Path) -> None:
    export = BENCHMARKS["ROWS"][1]
    assert export.ours.seconds(tmp_path) > 0
    assert (tmp_path / "a.onnx").is_file()


def test_the_table_shows_medians_spans_and_ratios() -> None:
    rows = BENCHMARKS["ROWS"][:1]
    (line,) = BENCHMARKS["table"](rows, [([0.5, 1.0, 0.25], [2.0, 1.0, 9.0])]).splitlines()[2:]
    assert "| 0.50 s (0.25 to 1.00): `archcompile check` + `archcompile report` |" in line
    assert line.endswith("| 2.00 s (1.00 to 9.00): torchinfo on the same net | 4.0 × |")


def test_the_published_table_has_the_rows_that_are_measured() -> None:
    published = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert [row.task for row in BENCHMARKS["ROWS"] if row.task not in published] == []
