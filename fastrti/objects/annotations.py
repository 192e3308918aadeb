"""Annotations of an object: W3C Web Annotations whose places are shapes on the picture and whose state is a light.

`docs/annotations.md` describes the file. Source: https://www.w3.org/TR/annotation-model/. Points are the PointSelector
of IIIF (https://iiif.io/api/annex/openannotation/), rectangles are media fragments, lines and polygons are SVG.
"""

import math
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal, get_args

from fastrti.errors import ArgumentError, ObjectError
from fastrti.text import shortened

Kind = Literal["point", "line", "rectangle", "polygon"]
Point = tuple[float, float]

MAX_ANNOTATIONS = 10_000
MAX_POINTS = 1000
MAX_TEXT = 20_000
"""Characters of one text."""

MAX_COORDINATE = 1e7
"""Pixels: no picture has more, and browsers draw less far."""

CONTEXT = ["http://www.w3.org/ns/anno.jsonld", {"RtiState": "urn:fastrti:RtiState"}]

_LEAST = {"point": 1, "line": 2, "rectangle": 2, "polygon": 3}
_STATE = "RtiState"
_FRAGMENTS = "http://www.w3.org/TR/media-frags/"
_AREA = re.compile(r"xywh=(?:pixel:)?([-\d.,e+]+)$")
_POINTS = re.compile(r"<(polyline|polygon)\b[^>]*\bpoints=[\"']([-\d.,e+\s]+)[\"']")


@dataclass(frozen=True)
class Annotation:
    """A note on a place of the picture, which remembers how the object was lit.

    Attributes:
        text: plain text; nothing reads it as markup.
        kind: "point", "line", "rectangle" or "polygon".
        points: (x, y) in pixels from the left and the top of the picture. One of a point, two opposite corners of a
            rectangle, two or more of a line, three or more of a polygon.
        state: light, mode and view as a link to the viewer has them, such as "light=0.3,0.5,0.81&mode=specular"; empty
            where no light is remembered.
        creator: who wrote it.
        created: when, as ISO 8601; now where it is empty.
        id: an IRI; a new "urn:uuid:…" where it is empty.
        source: the annotation that it was read from. What fastrti does not know of it is kept.

    Raises:
        ArgumentError: points that are no such shape.
    """

    text: str
    kind: Kind = "point"
    points: tuple[Point, ...] = ()
    state: str = ""
    creator: str = ""
    created: str = ""
    id: str = ""
    source: dict[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ArgumentError(f"expected one of {', '.join(get_args(Kind))}, got {self.kind!r}")
        most = {"point": 1, "rectangle": 2}.get(self.kind, MAX_POINTS)
        least = _LEAST[self.kind]
        if not least <= len(self.points) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise ArgumentError(f"expected {wanted} points of a {self.kind}, got {len(self.points)}")
        if not all(abs(value) <= MAX_COORDINATE for point in self.points for value in point):  # NaN is not
            raise ArgumentError("expected coordinates in pixels of the picture, got larger ones or none")
        if len(self.text) > MAX_TEXT:
            raise ArgumentError(f"expected a text of at most {MAX_TEXT} characters, got {len(self.text)}")
        object.__setattr__(self, "points", tuple((float(x), float(y)) for x, y in self.points))
        object.__setattr__(self, "created", self.created or datetime.now(timezone.utc).isoformat(timespec="seconds"))
        object.__setattr__(self, "id", self.id or f"urn:uuid:{uuid.uuid4()}")


def read_annotations(page: Any, where: str) -> tuple[Annotation, ...]:
    """The annotations of an AnnotationPage, of an AnnotationCollection's first page, or of a list.

    Args:
        page: parsed JSON.
        where: the name of the file in errors.

    Returns:
        Those that have a place on the picture, in order. Texts are cut off at `MAX_TEXT`.

    Raises:
        ObjectError: something else, or more than `MAX_ANNOTATIONS`.
    """
    items = page
    if isinstance(page, dict):
        first = page.get("first")
        items = page.get("items", first.get("items") if isinstance(first, dict) else None)
    if not isinstance(items, list):
        raise ObjectError(f"{where}: expected W3C Web Annotations, got another file")
    if len(items) > MAX_ANNOTATIONS:
        raise ObjectError(f"{where}: expected at most {MAX_ANNOTATIONS} annotations, got {len(items)}")
    return tuple(found for item in items if (found := _annotation(item)) is not None)


def annotation_page(annotations: Iterable[Annotation]) -> dict[str, Any]:
    """An AnnotationPage, as JSON can hold it."""
    return {"@context": CONTEXT, "type": "AnnotationPage", "items": [_to_json(each) for each in annotations]}


def _annotation(item: Any) -> Annotation | None:
    target = _first(item.get("target")) if isinstance(item, dict) else None
    if not isinstance(target, dict):
        return None
    shapes = (_shape(selector) for selector in _as_list(target.get("selector")))
    kind, points = next((shape for shape in shapes if shape is not None), (None, ()))
    if kind is None:
        return None
    bodies = [body.get("value") if isinstance(body, dict) else body for body in _as_list(item.get("body"))]
    states = [state for state in _as_list(target.get("state")) if isinstance(state, dict)]
    state = next((each.get("value") for each in states if each.get("type") == _STATE), "")
    creator = _first(item.get("creator"))
    try:
        return Annotation(
            text="\n".join(body for body in bodies if isinstance(body, str))[:MAX_TEXT],
            kind=kind,
            points=points,
            state=_text(state),
            creator=_text(creator.get("name") if isinstance(creator, dict) else creator),
            created=_text(item.get("created")),
            id=_text(item.get("id")),
            source=item,
        )
    except ArgumentError:
        return None


def _to_json(annotation: Annotation) -> dict[str, Any]:
    source = annotation.source
    target = _first(source.get("target"))
    target = dict(target) if isinstance(target, dict) else {}
    target |= {"source": target.get("source", "info.json"), "selector": _selector(annotation)}
    if annotation.state:
        target["state"] = {"type": _STATE, "value": annotation.state}
    known: dict[str, Any] = {"id": annotation.id, "type": "Annotation", "created": annotation.created}
    if annotation.creator:
        known["creator"] = {"type": "Person", "name": annotation.creator}
    body = [{"type": "TextualBody", "value": annotation.text, "format": "text/plain"}]
    return {"motivation": "commenting", **source, **known, "body": body, "target": target}


def _shape(selector: Any) -> tuple[Kind, tuple[Point, ...]] | None:
    """Only the numbers of a selector are read, whatever else its text holds."""
    if not isinstance(selector, dict):
        return None
    text = _text(selector.get("value"))
    if selector.get("type") == "PointSelector":
        values = [selector.get("x"), selector.get("y")]
        if not all(isinstance(value, (int, float)) and abs(value) <= MAX_COORDINATE for value in values):
            return None
        return "point", ((float(selector["x"]), float(selector["y"])),)
    if selector.get("type") == "FragmentSelector" and (area := _AREA.search(text)):
        numbers = _numbers(area[1])
        if len(numbers) != 4:
            return None
        x, y, width, height = numbers
        return "rectangle", ((x, y), (x + width, y + height))
    if selector.get("type") == "SvgSelector" and (shape := _POINTS.search(text)):
        numbers = _numbers(shape[2])
        return "line" if shape[1] == "polyline" else "polygon", tuple(zip(numbers[::2], numbers[1::2]))
    return None


def _selector(annotation: Annotation) -> dict[str, Any]:
    points = [(round(x, 3), round(y, 3)) for x, y in annotation.points]
    if annotation.kind == "point":
        return {"type": "PointSelector", "x": points[0][0], "y": points[0][1]}
    if annotation.kind == "rectangle":
        (left, right), (top, bottom) = (sorted(values) for values in zip(*points))
        area = ",".join(f"{value:.10g}" for value in (left, top, right - left, bottom - top))
        return {"type": "FragmentSelector", "conformsTo": _FRAGMENTS, "value": f"xywh=pixel:{area}"}
    element = "polyline" if annotation.kind == "line" else "polygon"
    listed = " ".join(f"{x:.10g},{y:.10g}" for x, y in points)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><{element} points="{listed}"/></svg>'
    return {"type": "SvgSelector", "value": svg}


def _numbers(text: str) -> list[float]:
    """The numbers between commas and spaces; none where one of them is none."""
    try:
        numbers = [float(part) for part in re.split(r"[\s,]+", text.strip())[: 2 * MAX_POINTS + 2]]
    except ValueError:
        return []
    return numbers if all(map(math.isfinite, numbers)) else []


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> Any:
    return next(iter(_as_list(value)), None)


def _text(value: Any) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def summary(annotation: Annotation) -> str:
    """The annotation in a line, for a list."""
    place = " ".join(f"{x:.6g},{y:.6g}" for x, y in annotation.points[:4])
    more = " …" if len(annotation.points) > 4 else ""
    return f"{annotation.id}  {annotation.kind} {place}{more}  {shortened(annotation.text)}"
