"""Which part of a file a range request is answered with."""

import os
from pathlib import Path

import pytest

from fastrti.sharing.byte_ranges import part_of

SIZE = 1000


@pytest.fixture
def found(tmp_path: Path) -> os.stat_result:
    (tmp_path / "file").write_bytes(bytes(SIZE))
    return os.stat(tmp_path / "file")


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("Bytes= 5-7 ", 5, 7),
        ("bytes=990-", 990, 999),
        ("bytes=990-2000", 990, 999),
        ("bytes=999-999999999999999999", 999, 999),
        ("bytes=-1", 999, 999),
        ("bytes=-5000", 0, 999),
    ],
)
def test_one_range_is_a_part(found: os.stat_result, wanted: str, first: int, last: int) -> None:
    part = part_of(found, wanted, "")
    assert (part.status, part.span) == (206, range(first, last + 1))
    assert part.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"


@pytest.mark.parametrize("wanted", ["bytes=1000-", "bytes=1000-1001", "bytes=999999999999999999-", "bytes=-0"])
def test_a_range_without_a_byte_of_the_file_is_refused(found: os.stat_result, wanted: str) -> None:
    part = part_of(found, wanted, "")
    assert (part.status, len(part.span), part.headers["Content-Range"]) == (416, 0, f"bytes */{SIZE}")


@pytest.mark.parametrize(
    "wanted",
    [
        *("", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,4-5", "bytes=0-1, bytes=4-5", "lines=0-1"),
        *("bytes=a-b", "bytes=0x1-2", "bytes=+1-2", "bytes=1-2-3", "bytes=١-٢", "bytes=" + "9" * 5000 + "-"),
    ],
)
def test_several_ranges_and_what_is_none_mean_the_file(found: os.stat_result, wanted: str) -> None:
    part = part_of(found, wanted, "")
    assert (part.status, part.span, "Content-Range" in part.headers) == (200, range(SIZE), False)


def test_a_condition_is_the_tag_of_the_file_as_it_is(found: os.stat_result, tmp_path: Path) -> None:
    tag = part_of(found, "", "").headers["ETag"]
    assert part_of(found, "bytes=0-1", tag).status == 206
    for other in ("W/" + tag, '"other"', "Sat, 28 Nov 2026 16:00:00 GMT"):
        assert part_of(found, "bytes=0-1", other).status == 200
    (tmp_path / "file").write_bytes(bytes(SIZE + 1))
    assert part_of(os.stat(tmp_path / "file"), "bytes=0-1", tag).status == 200
