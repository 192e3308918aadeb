"""The spoilt captures that benchmarks/quality/robustness.py fits, on a small collection."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastrti import Mlic
from fastrti.synth import render_collection


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mlic, Mlic]:
    folder: Path = tmp_path_factory.mktemp("sample")
    render_collection(folder, 32, 24, lights=20, seed=1)
    return Mlic.load(folder / "Dome"), Mlic.load(folder / "Test")


def test_a_stop_doubles_the_light_and_clips(benchmark_module: Any, pair: tuple[Mlic, Mlic]) -> None:
    robustness = benchmark_module("quality.robustness")
    mlic = pair[0].subset([0, 1, 2])
    grey = Mlic(np.full_like(mlic.photographs, 100), mlic.lights, mlic.names)
    brighter = robustness.exposed(grey, np.array([0.0, 1.0, 4.0])).photographs[:, 0, 0, 0]
    assert brighter.tolist() == [100, 138, 255]  # linear 0.127, 0.254 and more than white


def test_every_capture_is_spoilt_as_it_says(benchmark_module: Any, pair: tuple[Mlic, Mlic]) -> None:
    train, test = pair
    spoilt = {name: spoil(train, test) for name, spoil in benchmark_module("quality.robustness").SPOILT.items()}
    assert spoilt["as photographed"] == (train, test)
    one_side = spoilt["no lights from a third of all azimuths"][0].lights
    low = one_side[one_side[:, 2] < 0.99]
    assert len(low) < len(train) - 4 and np.abs(np.degrees(np.arctan2(low[:, 1], low[:, 0]))).max() < 120
    assert len(spoilt["a random half of the lights"][0]) == len(train) // 2

    def changed(name: str) -> Any:
        return (spoilt[name][0].photographs != train.photographs).any((1, 2, 3))

    assert (
        changed("exposures ± 1/3 stop").sum() > len(train) - 2 and changed("two photographs two stops over").sum() == 2
    )
    everything, scored = spoilt["everything a stop over"]
    assert changed("everything a stop over").all() and (scored.photographs > test.photographs).mean() > 0.5
    assert (everything.photographs == 255).mean() > (train.photographs == 255).mean()
    angles = np.degrees(np.arccos((spoilt["lights 3° off"][0].lights * train.lights).sum(1).clip(-1, 1)))
    assert 1.5 < np.sqrt((angles**2).mean()) < 4.5


def test_around_the_mask_there_is_noise(benchmark_module: Any, pair: tuple[Mlic, Mlic]) -> None:
    train, test = benchmark_module("quality.robustness").SPOILT["noise outside the mask"](*pair)
    assert (train.photographs[:, train.mask] == pair[0].photographs[:, train.mask]).all()
    assert (train.photographs[:, ~train.mask] != pair[0].photographs[:, ~train.mask]).mean() > 0.95
    assert 0.3 < train.mask.mean() < 0.7 and (test.mask == train.mask).all()
