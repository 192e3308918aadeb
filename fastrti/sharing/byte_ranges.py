"""Parts of files, as clients ask for them over HTTP: RFC 9110, section 14, one range of bytes at a time."""

import os
import re
from dataclasses import dataclass
from http import HTTPStatus

_RANGE = re.compile(r"bytes=[ \t]*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))[ \t]*", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """What of a file is sent.

    Attributes:
        status: 200 for all of it, 206 for a part, 416 where nothing of it was asked for.
        span: the bytes.
        headers: that tell the client so.
    """

    status: HTTPStatus
    span: range
    headers: dict[str, str]


def part_of(found: os.stat_result, wanted: str, condition: str) -> Part:
    """The part of a file that a request is answered with.

    Args:
        found: the file as it is now.
        wanted: the request's `Range`. Several ranges, and what is no range, mean all of the file.
        condition: its `If-Range`. The range counts only where this is empty, or the tag that the file has now.
    """
    size = found.st_size
    tag = f'"{found.st_ino:x}-{found.st_mtime_ns:x}-{size:x}"'
    headers = {"Accept-Ranges": "bytes", "ETag": tag}
    span = _span(wanted, size) if condition in ("", tag) else None
    if span is None:
        return Part(HTTPStatus.OK, range(size), headers)
    if not span:
        return Part(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, span, headers | {"Content-Range": f"bytes */{size}"})
    place = f"bytes {span.start}-{span.stop - 1}/{size}"
    return Part(HTTPStatus.PARTIAL_CONTENT, span, headers | {"Content-Range": place})


def _span(wanted: str, size: int) -> range | None:
    match = _RANGE.fullmatch(wanted)
    if match is None:
        return None
    first, last, from_end = match.groups()
    if first is None:
        return range(max(0, size - int(from_end)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(size, int(last) + 1 if last else size))
