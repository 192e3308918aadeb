"""The table of bytes on the wire compares what may be compared."""

from pathlib import Path
from typing import Any


def test_fastrti_s_lead_is_that_of_its_best_form_that_is_no_heavier(tmp_path: Path, benchmark_module: Any) -> None:
    wire, append_row = benchmark_module("quality.wire"), benchmark_module("common.rows").append_row
    file = tmp_path / "wire.csv"
    for form in wire._forms():
        planes, psnr = {"PNG": (5.0, 30.0), "`--loss-db 0.2`": (1.0, 29.9), "Relight ptm": (2.0, 25.0)}.get(
            form, (3.0, 20.0)
        )
        append_row(file, wire.Row("a", form, planes, planes + 0.5, psnr, -1))
    lines = wire.section(file).splitlines()
    assert "| PNG | 5.00, 30.00 | 5.00, 30.00 | 5.50 |" in lines
    assert "| `--loss-db 0.2` | 1.00, -0.10 | 1.00, -0.10 | 1.50 |" in lines
    assert "| Relight ptm | 2.00, 25.00 | 2.00, 25.00 | 2.50 |" in lines
    assert "| Relight ptm | +4.90 | +4.90 |" in lines, "PNG is better, but heavier"
