"""`find_lights`: from a folder of photographs to its lights, by the glossy spheres in it."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fastrti.capture.spheres.candidates import HIGHLIGHTS, find_spheres
from fastrti.capture.spheres.check_picture import CheckPicture
from fastrti.capture.spheres.circles import Circle
from fastrti.capture.spheres.closeups import Closeup, Wanted, look_closely
from fastrti.capture.spheres.found_lights import FoundLights, Sphere
from fastrti.capture.spheres.reconciled import Outlined, outline_error, rays_of, reconciled
from fastrti.capture.spheres.sphere_lights import Lights, Rays, solve
from fastrti.capture.spheres.sphere_view import View
from fastrti.capture.spheres.survey import Survey, survey
from fastrti.errors import ArgumentError, CollectionError
from fastrti.files import check_place
from fastrti.photographs.agreement import agree
from fastrti.photographs.kinds import one_kind
from fastrti.photographs.lp_file import LOWEST_SINE
from fastrti.photographs.names import by_numbers, is_photograph
from fastrti.photographs.notes import Doubt
from fastrti.photographs.photograph import open_photograph
from fastrti.photographs.picture_file import PictureFile
from fastrti.photographs.places import find_pictures
from fastrti.text import listed

_FILM = 36.0  # millimetres: the long side of a picture on 35-mm film
_LEAST_RADIUS = 5.0  # pixels
_SAY_WHERE = "say where one is in spheres="
_LIKELY = 0.7  # the share of photographs with a highlight in a circle that is worth a look
_MOST_WIDTHS = 100.0  # picture widths from the picture to a light of a dome


def find_lights(
    folder: str | Path,
    spheres: Sequence[tuple[float, float, float]] = (),
    *,
    focal_length: float | None = None,
    dome_diameter: float | None = None,
    mm_per_pixel: float | None = None,
    check: str | Path | None = None,
    max_pixels: int | None = None,
) -> FoundLights:
    """Finds glossy spheres in photographs, and reads the light of each photograph from its highlight in them.

    Two or more spheres give positions of lights that stand near. One sphere gives directions, and with the diameter of
    a dome positions on it. `docs/capture/lights.md` explains how to photograph spheres.

    Args:
        folder: photographs, two or more, taken from one place; they are sorted by the numbers in their names.
        spheres: (x, y, radius) in pixels of spheres that are known; none are looked for then.
        focal_length: of a lens with the same view on 35-mm film, in mm; None takes EXIF's, and else a camera far away.
        dome_diameter: in mm, of a dome whose middle is that of the picture; it needs `mm_per_pixel`.
        mm_per_pixel: the scale of the photographs on the object.
        check: a picture to write of circles, highlights and lights; it is written also where no sphere is found.
        max_pixels: as of `Mlic.load`.

    Raises:
        CollectionError: no photographs, photographs that cannot be read, or no sphere in them.
        ArgumentError: a sphere outside of the picture, or a length that is not positive.
    """
    _check_lengths(focal_length, dome_diameter, mm_per_pixel)
    if check is not None:
        check_place(check, error=ArgumentError)
    pictures, kind_notes = one_kind(find_pictures(Path(folder)))
    paths = sorted(filter(is_photograph, pictures), key=lambda path: by_numbers(str(path)))
    if len(paths) < 2:
        raise CollectionError(f"expected photographs under two lights or more in {folder}, found {len(paths)}")
    files, notes = agree([open_photograph(path, max_pixels) for path in paths])
    width, height = files[0].upright
    focal, focal_notes = _focal(files, focal_length)
    view = View(width, height, focal)
    known = [Wanted(_circle(view, sphere), exact=True) for sphere in spheres]
    distance = None if dome_diameter is None or mm_per_pixel is None else dome_diameter / 2 / (mm_per_pixel * width)
    if distance is not None and not 0.5 < distance < _MOST_WIDTHS:
        raise ArgumentError(
            f"expected a dome around the picture, got a radius of {distance:.3g} picture widths: "
            "correct the diameter or the millimetres per pixel"
        )
    seen = survey(files, focal)
    picture = None if check is None else CheckPicture(seen, width, height)
    try:
        wanted = known or _found(seen, picture, str(folder))
        outlined = _outlined(view, look_closely(files, view, wanted), wanted, distance)
        rays = rays_of(view, outlined)
        lights = solve(rays, distance)
        found = _result(paths, view, outlined, lights, mm_per_pixel, dome_diameter)
        said = [*kind_notes, *notes, *focal_notes, *_outline_notes(outlined)]
        found_notes = [*said, *_light_notes(found, rays, lights, distance)]
        found = FoundLights(**{**found.__dict__, "notes": tuple(found_notes)})
        if picture is not None:
            picture.draw_lights(found, [view.outline(sphere.circle) for sphere in outlined])
        _check_lit(found, bool(known), str(folder))
    finally:
        if picture is not None and check is not None:
            picture.save(check)
    return found


def _check_lengths(focal_length: float | None, dome_diameter: float | None, mm_per_pixel: float | None) -> None:
    lengths = {
        "focal length": focal_length,
        "dome diameter": dome_diameter,
        "number of millimetres per pixel": mm_per_pixel,
    }
    for name, length in lengths.items():
        if length is not None and not 0 < length < math.inf:
            raise ArgumentError(f"expected a {name} above 0, got {length}")
    if focal_length is not None and not 8 <= focal_length <= 2000:
        raise ArgumentError(f"expected a focal length of 8–2000 mm on 35-mm film, got {focal_length}")
    if dome_diameter is not None and mm_per_pixel is None:
        raise ArgumentError("expected the millimetres per pixel beside a dome diameter, got none: a dome needs a scale")


def _focal(files: Sequence[PictureFile], given: float | None) -> tuple[float, list[str]]:
    """The focal length in picture widths, and what to say about it."""
    width, height = files[0].upright
    written = [file.exif.camera.focal_length_35mm for file in files]
    known = [length for length in written if length]
    if given is None and not known:
        note = (
            "no focal length in the EXIF data: the camera was taken to be far away; "
            "directions are off by up to half its angle of view, unless the focal length is given"
        )
        return math.inf, [Doubt(note)]
    length = given if given is not None else float(np.median(known))
    notes: list[str] = []
    if given is None and (len(known) < len(files) or max(known) > 1.02 * min(known)):
        span = f"{min(known):g} to {max(known):g} mm in {len(known)} of {len(files)} photographs"
        notes = [Doubt(f"EXIF gives focal lengths of {span}: {length:g} mm was taken")]
    return length / _FILM * max(width, height) / width, notes


def _circle(view: View, sphere: tuple[float, float, float]) -> Circle:
    x, y, radius = map(float, sphere)
    fits = all(map(math.isfinite, (x, y, radius))) and radius >= _LEAST_RADIUS
    if not fits or not (0 < x < view.width and 0 < y < view.height and 2 * radius < max(view.width, view.height)):
        raise ArgumentError(
            f"expected a sphere in the picture of {view.width:g}×{view.height:g} pixels, of {_LEAST_RADIUS:g} pixels "
            f"radius or more, got {x:g},{y:g},{radius:g}: give X,Y,R in pixels from the upper left corner"
        )
    return view.circle_around(x, y, radius)


def _found(seen: Survey, picture: CheckPicture | None, folder: str) -> list[Wanted]:
    spheres, others = find_spheres(seen)
    if not spheres:
        if picture is not None:
            picture.draw_candidates([seen.view.outline(other.circle) * seen.factor for other in others])
        likely = next((other for other in others if other.highlights.share >= _LIKELY), None)
        beside = ""
        if likely is not None:
            x, y, radius = (value * seen.factor for value in seen.view.seen(likely.circle))
            beside = f" (the circle at {x:.1f},{y:.1f},{radius:.1f} comes nearest)"
        raise CollectionError(
            f"expected a glossy sphere in {folder}, found none that is beyond doubt{beside}: {_SAY_WHERE}, "
            "or give a list of the lights"
        )
    return [Wanted(sphere.circle.scaled(seen.factor), mirroring=sphere.mirroring) for sphere in spheres]


def _outlined(
    view: View, closeups: Sequence[Closeup], wanted: Sequence[Wanted], distance: float | None
) -> list[Outlined]:
    spheres = []
    for closeup, sphere in zip(closeups, wanted):
        if sphere.exact or closeup.highlights.share >= HIGHLIGHTS:
            error = 0.0 if sphere.exact else outline_error(sphere.circle, closeup.outline)
            spheres.append(Outlined(closeup.circle, closeup.highlights, error, sphere.mirroring))
    if not spheres:
        raise CollectionError(f"expected a glossy sphere, found none that is beyond doubt: {_SAY_WHERE}")
    return reconciled(view, spheres, distance)


def _result(
    paths: Sequence[Path],
    view: View,
    outlined: Sequence[Outlined],
    lights: Lights,
    mm_per_pixel: float | None,
    dome_diameter: float | None,
) -> FoundLights:
    directions = np.where(lights.directions[:, 2:] >= LOWEST_SINE, lights.directions, np.nan)
    positions = None
    if lights.near:
        with np.errstate(divide="ignore", invalid="ignore"):
            positions = directions / lights.nearness[:, None]
        directions = np.where(positions[:, 2:] > 0, directions, np.nan)
        positions = np.where(positions[:, 2:] > 0, positions, np.nan)
    highlights = [np.where(s.highlights.found[:, None], s.highlights.points, np.nan) for s in outlined]
    return FoundLights(
        names=tuple(path.name for path in paths),
        lights=directions,
        positions=positions,
        spheres=tuple(Sphere(*view.seen(sphere.circle)) for sphere in outlined),
        highlights=np.array(highlights),
        width=int(view.width),
        height=int(view.height),
        image_width=None if mm_per_pixel is None else mm_per_pixel * view.width,
        dome_diameter=dome_diameter,
    )


def _check_lit(found: FoundLights, known: bool, folder: str) -> None:
    """Raises CollectionError where the spheres show lights of no photograph, or where too few for spheres that were
    found: what is no sphere has its highlights anywhere, also where only a light below the table would make one."""
    circles = "; ".join(map(str, found.spheres))
    if known and not found.lit.any():
        raise CollectionError(
            f"expected a highlight in the spheres at {circles} pixels, found none: correct the spheres, or let fastrti "
            "look for them"
        )
    if not known and found.lit.mean() < HIGHLIGHTS:
        raise CollectionError(
            f"expected a glossy sphere in {folder}, found none that is beyond doubt (of {len(found.lit)} photographs "
            f"{found.lit.sum()} show a light above the table in the circle at {circles}): {_SAY_WHERE}, or give a list "
            "of the lights"
        )


def _outline_notes(outlined: Sequence[Outlined]) -> list[str]:
    if not all(sphere.mirroring for sphere in outlined):
        return []
    return [
        Doubt(
            "the outline was taken from the horizon that the sphere reflects, as on a large table: "
            "on a small table its radius would be wrong, which a check picture shows"
        )
    ]


def _light_notes(found: FoundLights, rays: Rays, lights: Lights, distance: float | None) -> list[str]:
    notes: list[str] = []
    names = np.array(found.names)
    unlit = ~found.lit
    if unlit.any():
        named = listed(found.without_light)
        notes.append(f"no highlight, and so no light, in {named}: left out of the list")
    if lights.contradicted.any():
        notes.append(Doubt(f"the spheres show different lights in {listed(list(names[lights.contradicted]))}"))
    if distance is not None:
        return notes
    if len(found.spheres) == 1:
        notes.append("one sphere shows directions only: lights that stand near need two, or the diameter of the dome")
    elif not lights.near:
        notes.append("the spheres show no difference of direction: the lights are far away")
    elif lights.uncertain[found.lit].all():
        median = float(np.median(1 / lights.nearness[found.lit]))
        notes.append(
            Doubt(
                f"the distances of the lights are uncertain, since their rays are nearly parallel: all were drawn to "
                f"{median:.2f} picture widths; larger spheres, farther apart, would tell"
            )
        )
    elif (uncertain := lights.uncertain & found.lit).any():
        named = listed(list(names[uncertain]))
        notes.append(f"nearly parallel rays in {named}: these distances were drawn to those of the other lights")
    return notes
