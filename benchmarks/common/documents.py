"""Puts what a program measured into a document, between two comments that name the program."""

from pathlib import Path


def put_between(document: Path, name: str, text: str) -> None:
    """Replaces what stands between <!-- NAME: begin --> and <!-- NAME: end -->.

    Raises:
        SystemExit: the comments are not there.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = document.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"expected {begin} and {end} in {document}, around what is to be replaced")
    document.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
