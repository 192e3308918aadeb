"""Sheets: one labelled picture of many."""

from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fastrti.sharing.save import Picture

SHEET_COLUMNS = 5
SHEET_SIDE = 480
"""Pixels: larger pictures are reduced to it on a sheet of lights."""


def light_sheet(pictures: Iterable[Picture], captions: Sequence[str]) -> Picture:
    """One picture of an object under several lights, SHEET_COLUMNS in each row, each below its caption.

    Args:
        pictures: of one size; reduced where they are larger than SHEET_SIDE.
        captions: one for each picture.

    Returns:
        The sheet on white.
    """
    small = [_reduced(picture) for picture in pictures]
    strips = [
        contact_sheet([("", small[start : start + SHEET_COLUMNS])], captions[start : start + SHEET_COLUMNS])
        for start in range(0, len(small), SHEET_COLUMNS)
    ]
    missing = strips[0].shape[1] - strips[-1].shape[1]
    strips[-1] = np.pad(strips[-1], ((0, 0), (0, missing), (0, 0)), constant_values=255)
    return np.concatenate(strips)


def _reduced(picture: Picture) -> Picture:
    image = Image.fromarray(picture)
    image.thumbnail((SHEET_SIDE, SHEET_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)


def contact_sheet(
    rows: Sequence[tuple[str, Sequence[Picture]]],
    headings: Sequence[str],
    gap: int = 6,
) -> Picture:
    """A table of pictures of one size: a labelled row for each list, a heading over each column.

    Args:
        rows: (label, pictures) from top to bottom; all lists as long as the headings.
        headings: one for each column.
        gap: pixels between pictures.

    Returns:
        The sheet on white.
    """
    height, width = rows[0][1][0].shape[:2]
    size = max(12, height // 14)
    font = ImageFont.load_default(size)
    line = size * 3 // 2
    margin = int(max(font.getlength(label) for label, _ in rows)) + 3 * gap
    sheet = Image.new(
        "RGB", (margin + len(headings) * (width + gap), line + len(rows) * (height + gap)), (255, 255, 255)
    )
    draw = ImageDraw.Draw(sheet)
    for column, heading in enumerate(headings):
        draw.text((margin + column * (width + gap), gap // 2), heading, "black", font)
    for row, (label, pictures) in enumerate(rows):
        top = line + row * (height + gap)
        draw.text((gap, top + (height - line) // 2), label, "black", font)
        for column, picture in enumerate(pictures):
            sheet.paste(Image.fromarray(picture), (margin + column * (width + gap), top))
    return np.asarray(sheet)
