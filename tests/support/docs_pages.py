"""The pages that a user reads, and the blocks of code in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_OUTSIDE = ("README.md", "CHANGELOG.md", "benchmarks/README.md", "kernels/README.md")
PAGES = [*(ROOT / name for name in _OUTSIDE), *sorted((ROOT / "docs").rglob("*.md"))]

_NOT_RUN = r"(?:<!-- not run: (?P<reason>.*?) -->\n)?"
_FENCE = re.compile(rf"^{_NOT_RUN}```(?P<language>[\w{{}}-]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of code.

    Attributes:
        page: relative to the root.
        line: of its first line of code, from 1.
        language: after the fence, e.g. "python".
        code: the text.
        reason: why it is not run, from a comment `<!-- not run: … -->` above it; None where it runs.
    """

    page: str
    line: int
    language: str
    code: str
    reason: str | None


def name_of(page: Path) -> str:
    """The page relative to the root."""
    return page.relative_to(ROOT).as_posix()


def blocks(*languages: str) -> Iterator[Block]:
    """The blocks of all pages in these languages, in order."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            if match["language"] in languages:
                line = text.count("\n", 0, match.start("code")) + 1
                yield Block(name_of(page), line, match["language"], match["code"], match["reason"])


def prose(page: Path) -> str:
    """The text of a page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))
