"""Tables of results that grow row by row: CSV files of one dataclass each.

A cell of text stands as it is; every other cell is JSON, a list too.
"""

import csv
import io
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

Row = TypeVar("Row")


def read_rows(file: Path, kind: type[Row]) -> list[Row]:
    """The rows of a file, none where there is no file.

    Args:
        file: as `append_row` writes it.
        kind: the dataclass of a row; its fields are the columns.
    """
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as lines:
        return [_parsed(cells, kind) for cells in csv.DictReader(lines)]


def append_row(file: Path, row: Any) -> None:
    """Adds a row. It is one write: an interrupted run leaves no half a row, and two runs may share a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [field.name for field in fields(row)], lineterminator="\n")
    with file.open("ab", buffering=0) as end:
        if end.tell() == 0:
            writer.writeheader()
        cells = asdict(row).items()
        writer.writerow({name: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for name, v in cells})
        end.write(text.getvalue().encode())


def _parsed(cells: dict[str, str], kind: type[Row]) -> Row:
    types = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]  # a dataclass
    return kind(**{name: text if types[name] is str else json.loads(text) for name, text in cells.items()})
