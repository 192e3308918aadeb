"""The short form of the campaign in `file_campaign.py`."""

import os
from pathlib import Path

import pytest

pytestmark = [pytest.mark.deep, pytest.mark.skipif(os.name != "posix", reason="forks and kills processes")]


def wrong(figures: dict[str, int]) -> dict[str, int]:
    return {what: count for what, count in figures.items() if what.startswith("WRONG")}


def test_whoever_is_killed_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    from robustness.file_campaign import WRITERS, kill_all

    found = dict(kill_all(tmp_path / "kills", each=3, fits=8))
    assert {name: wrong(figures) for name, figures in found.items() if wrong(figures)} == {}
    assert sum(figures["kills"] for figures in found.values()) >= 3 * len(WRITERS) + 8


def test_a_flipped_bit_is_always_refused(tmp_path: Path) -> None:
    from robustness.file_campaign import flip_bits

    assert flip_bits(tmp_path / "bits", 100) == {"refused": 100}


def test_two_writers_and_a_reader_see_whole_objects(tmp_path: Path) -> None:
    from robustness.file_campaign import write_and_read

    found = write_and_read(tmp_path / "writers", 30)
    assert wrong(found) == {}
    assert found["whole"] == 30 and found["loads"] > 30
