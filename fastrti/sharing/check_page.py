"""The page of a check: one HTML file with pictures, which needs no script and no network, and prints."""

import base64
import html
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.capture.checks.check import Report
from fastrti.capture.checks.findings import Finding
from fastrti.capture.checks.report_text import measures, summary
from fastrti.errors import ArgumentError
from fastrti.files import replace_file
from fastrti.sharing.light_map import light_map
from fastrti.sharing.site import titled
from fastrti.srgb import to_bytes
from fastrti.text import printable

_SIDE = 320  # pixels of the longer side of a picture on the page
_MOST_PICTURED = 60  # findings; a page stays below 5 MB
_CONTRAST = 2.0  # of differences
_COLUMNS = {
    "exposure": "exposure, stops",
    "colour": "red − blue, stops",
    "shift": "shift, pixels",
    "surprise": "error, times the usual",
    "sharpness": "sharpness",
    "white": "white pixels, share",
}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title></title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1b19; --quiet: #5f5b54; --line: #d9d4ca; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #181816; --ink: #ece8e0; --quiet: #a8a297; --line: #3b3832; --bad: #ff8a80; }
}
body { margin: 2rem auto; max-width: 66rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif;
  background: var(--paper); color: var(--ink); }
h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere; }
h3 { margin: 0 0 .3rem; font-size: 1.05rem; }
article { border-top: 1px solid var(--line); padding: 1rem 0; break-inside: avoid; }
article p { margin: .2rem 0; }
.kind { color: var(--bad); }
.quiet { color: var(--quiet); }
.pictures { display: flex; flex-wrap: wrap; gap: .8rem; margin-top: .7rem; }
figure { margin: 0; max-width: 20rem; }
figure img { display: block; max-width: 100%; height: auto; border: 1px solid var(--line); }
figcaption { color: var(--quiet); font-size: .85rem; overflow-wrap: anywhere; }
.overview { display: flex; flex-wrap: wrap; gap: 2rem; align-items: start; }
svg { width: 22rem; max-width: 100%; height: auto; }
svg text { fill: currentColor; font-size: 8px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { border-bottom: 1px solid var(--line); padding: .15rem .6rem; text-align: right; }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere; }
.table { overflow-x: auto; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } details > summary { display: none; } }
</style>
</head>
<body>
"""


def check_page_name(page: Path) -> None:
    """Raises ArgumentError unless the name of the page ends in .html."""
    if page.suffix.lower() not in (".html", ".htm"):
        raise ArgumentError(f"expected a file name ending in .html for the page, got {page.name!r}")


def save_page(report: Report, page: Path, title: str = "") -> None:
    """Writes the page of a report.

    Args:
        report: what a check found.
        page: the file; one that exists is replaced.
        title: of what was checked, such as the name of the folder.

    Raises:
        ArgumentError: another suffix than .html, or a file that cannot be written.
    """
    check_page_name(page)
    replace_file(page, page_of(report, title).encode(), ArgumentError)


def page_of(report: Report, title: str = "") -> str:
    """The page as text."""
    heading = f"Check of {printable(title)}" if title else "Check of a capture"
    body = [
        f"<h1>{_safe(heading)}</h1>",
        f'<div class="overview"><div>{_introduction(report)}</div>{light_map(report)}</div>',
        "<h2>Findings</h2>" if report.findings else "",
        *(_article(report, number, finding) for number, finding in enumerate(report.findings, 1)),
        _table(report),
        "</body>\n</html>\n",
    ]
    return titled(_PAGE + "\n".join(body), heading)


def _safe(text: object) -> str:
    return html.escape(printable(str(text)))


def _introduction(report: Report) -> str:
    overview = report.overview
    height, width = overview.shape
    facts = [
        summary(report),
        f"{len(overview)} photographs of {width}×{height} pixels",
        *overview.notes,
    ]
    if overview.factor > 1:
        facts.append(f"compared at 1/{overview.factor} of their size")
    return "<ul>" + "".join(f"<li>{_safe(fact)}</li>" for fact in facts) + "</ul>"


def _article(report: Report, number: int, finding: Finding) -> str:
    names = f": {', '.join(finding.photographs)}" if finding.photographs else ""
    pictures = "".join(_pictures(report, finding)) if number <= _MOST_PICTURED else ""
    heading = f'{number}. <span class="kind">{_safe(finding.kind)}</span>{_safe(names)}'
    return (
        f'<article id="finding{number}"><h3>{heading}</h3>'
        f"<p>{_safe(_sentence(finding.sentence))}</p>"
        f"<p><strong>What to do:</strong> {_safe(finding.what_to_do)}.</p>"
        f'<p class="quiet">Number: {finding.number:.3g} {_safe(finding.unit)}. Threshold: {finding.threshold:.3g}. '
        f"{_safe(_sentence(finding.why))}</p>"
        f'<div class="pictures">{pictures}</div></article>'
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _pictures(report: Report, finding: Finding) -> Iterator[str]:
    """The accused photographs, each beside its prediction and the difference; copies beside each other."""
    overview, names = report.overview, report.overview.names
    indices = [names.index(name) for name in finding.photographs]
    if finding.kind == "duplicate":
        one, other = (overview.pictures[index] for index in indices)
        yield from (_figure(overview.pictures[index], names[index], f"photograph {names[index]}") for index in indices)
        yield _figure(0.5 + _CONTRAST * (other - one), "their difference", "what differs between the two photographs")
        return
    for index in indices:
        photograph = overview.pictures[index]
        yield _figure(photograph, names[index], f"photograph {names[index]}")
        if report.judged is not None and finding.kind != "clipping":
            predicted = report.judged.predicted[index]
            yield _figure(predicted, "what the others predict", f"prediction of {names[index]} from the others")
            difference = 0.5 + _CONTRAST * (photograph - predicted)
            yield _figure(difference, "photograph − prediction", f"what differs in {names[index]}, grey where nothing")


def _figure(picture: NDArray[np.float32], caption: str, description: str) -> str:
    image = Image.fromarray(to_bytes(picture))
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return (
        f'<figure><img width="{image.width}" height="{image.height}" alt="{_safe(description)}" '
        f'src="data:image/jpeg;base64,{data}"><figcaption>{_safe(caption)}</figcaption></figure>'
    )


def _table(report: Report) -> str:
    """All that was measured, a row for each photograph."""
    rows = [measures(report, index) for index in range(len(report.overview))]
    columns = [name for name in _COLUMNS if any(row[name] is not None for row in rows)]
    head = _row("th", ["photograph", *(_COLUMNS[name] for name in columns)])
    body = "".join(_row("td", [row["name"], *(_cell(row[name]) for name in columns)]) for row in rows)
    return (
        "<h2>All photographs</h2><details open><summary>what was measured</summary>"
        f'<div class="table"><table>{head}{body}</table></div></details>'
    )


def _row(cell: str, values: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{cell}>{_safe(value)}</{cell}>" for value in values) + "</tr>"


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
