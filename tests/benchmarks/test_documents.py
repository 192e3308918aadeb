"""The tables in the documents are what the results say; no one edits them by hand."""

from pathlib import Path
from typing import Any

import pytest


def test_every_measured_table_is_up_to_date(benchmark_module: Any) -> None:
    stale = list(benchmark_module("documents").stale())
    assert not stale, "run `python -m benchmarks.documents`"


def test_a_part_is_put_between_its_comments(
    benchmark_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = benchmark_module("documents")
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    page, part = tmp_path / "page.md", documents.Part("page.md", "speed", lambda: "new")
    page.write_text("before\n<!-- speed: begin -->\nold\n<!-- speed: end -->\nafter\n")
    part.put("new")
    assert page.read_text() == "before\n<!-- speed: begin -->\nnew\n<!-- speed: end -->\nafter\n"
    page.write_text("no comments")
    with pytest.raises(SystemExit, match="expected <!-- speed: begin --> and"):
        part.put("new")


def test_the_short_table_has_the_cpu_and_the_gpu_side_by_side(benchmark_module: Any) -> None:
    lines = benchmark_module("documents").speed().splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    assert cells[0][1:4] == ["CPU: default student", "CPU: DisK student", "CPU: PTM"]
    assert cells[0][4:] == ["GPU: default student", "GPU: DisK student"]
    rows = {row[0]: row[1:] for row in cells[2:]}
    assert "–" not in rows["**fastrti**"] and rows["JAX"][3:] == ["–", "–"]
    assert all(set(row) != {"–"} for row in rows.values())


def test_the_newest_report_is_that_of_the_latest_date(
    benchmark_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = benchmark_module("common.reports")
    monkeypatch.setattr(reports, "RESULTS", tmp_path)
    with pytest.raises(SystemExit, match="run the benchmark first"):
        reports.newest("cpu")
    for name in ("cpu_zen_2026-01-02.json", "cpu_atom_2026-03-01.json", "relight_gpu_x_2027-01-01.json"):
        (tmp_path / name).write_text("{}")
    assert reports.newest("cpu").name == "cpu_atom_2026-03-01.json"
