"""The tables of bytes on the wire compare what may be compared."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_captures import linear_pictures, photographed

from fastrti import Renderer
from fastrti.lights import unit_light
from fastrti.objects.light_terms import grid_weights


def test_the_lead_is_that_of_the_object_that_is_best_without_test_lights_among_those_no_heavier(
    tmp_path: Path, benchmark_module: Any
) -> None:
    wire, report = benchmark_module("quality.wire"), benchmark_module("quality.wire_report")
    append_row, file = benchmark_module("common.rows").append_row, tmp_path / "wire.csv"

    def add(fit: str, form: str, planes: float, psnr: float, known: float) -> None:
        append_row(file, wire.Row("Multi/a", fit, form, 9, planes, planes + 0.5, psnr, known))

    for fit in report.RELIGHT:
        add(fit, "JPEG 95", 2.0, 25.0, -1)
    for form in (*report.OWN, *report.CODECS):
        own = {"PNG": (5.0, 30.0, 31.0), "`--loss-db 0.2`": (1.0, 29.9, 30.8)}
        add(report.MAIN, form, *own.get(form, (3.0, 20.0, 20.0)))
    add("`best`, 9 planes", "`--loss-db 0.5`", 1.5, 33.0, 30.7)
    lines = report.section(file).splitlines()
    assert "| PNG | 5.00, 30.00 | 5.00, 30.00 | 5.50 |" in lines
    assert "| `--loss-db 0.2` | 1.00, -0.10 | 1.00, -0.10 | 1.50 |" in lines
    assert "| Relight ptm | 2.00, 25.00 | 2.00, 25.00 | 2.50 |" in lines
    assert "| Relight ptm | +4.90 | +4.90 |" in lines, (
        "PNG is heavier, and that another object is better under test lights may not decide"
    )


def test_the_curve_is_of_scenes_that_have_all_of_it(tmp_path: Path, benchmark_module: Any) -> None:
    wire, report = benchmark_module("quality.wire"), benchmark_module("quality.wire_report")
    append_row, file = benchmark_module("common.rows").append_row, tmp_path / "wire.csv"
    for scene, counts in {"Multi/a": (6, 9, 12, 18), "Multi/b": (6, 9, 12, 18), "Multi/c": (9,)}.items():
        for planes in counts:
            for form in report.OWN:
                psnr = 30 + planes / 10 + (scene == "Multi/b")
                append_row(file, wire.Row(scene, wire.fit_name("quick", planes), form, planes, planes / 9, 3, psnr, 30))
    assert report.Rows(file).with_curve() == ["Multi/a", "Multi/b"]
    assert any(line.startswith("| 18 | 2.00, 32.30 |") for line in report.section(file).splitlines())
    pytest.importorskip("matplotlib")
    report.plot(report.Rows(file), tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 10_000


def test_a_bilinear_object_is_the_rbf_object_at_the_nodes_of_its_grid(benchmark_module: Any) -> None:
    forms = benchmark_module("quality.wire_forms")
    rbf = forms.fit_components(photographed(linear_pictures(side=16)))
    grid = forms.on_a_grid(rbf)
    lights = forms.grid_lights(forms.GRID)
    for number in (0, 10, 40, 44, 76):
        x, y, z = lights[number]
        weights = grid_weights(unit_light((x, y, max(z, 0))), forms.GRID)
        assert weights.argmax() == number and weights.max() > 0.999, "the order of the nodes"
        pictures = [Renderer(each).relight((x, y, max(z, 0))).astype(int) for each in (rbf, grid)]
        assert abs(pictures[0] - pictures[1]).max() <= 1
    between = [Renderer(each).relight((0.31, 0.17)).astype(int) for each in (rbf, grid)]
    assert 0 < abs(between[0] - between[1]).mean() < 8


def test_a_folder_of_relight_travels_as_jpeg(benchmark_module: Any) -> None:
    forms = benchmark_module("quality.wire_forms")
    mlic = photographed(linear_pictures(side=24))
    assert len(forms.fitted_to(mlic)) == len(mlic) - forms.HELD_OUT
    fitted = forms.RELIGHT["Relight bilinear, 18 planes"](mlic)
    heavy, light = (make(fitted) for make in forms.AS_RELIGHT.values())
    assert heavy.planes > light.planes > 0
    assert len(heavy.relightable.planes) >= 18 and not np.array_equal(
        heavy.relightable.planes, light.relightable.planes
    )
