"""The export to IIIF: a static folder that Mirador, Universal Viewer, Clover and OpenSeadragon read."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastrti.errors import ArgumentError
from fastrti.files import replace_folder, write_file
from fastrti.objects.relightable import Relightable
from fastrti.progress import counted
from fastrti.rendering.normals import decoded_normals, with_normals
from fastrti.rendering.renderer import Renderer
from fastrti.sharing.gallery import write_index, write_one
from fastrti.sharing.iiif.image import Bytes, Rows, write_image
from fastrti.sharing.iiif.labels import MAPS, default_lights, language_map, light_labels
from fastrti.sharing.iiif.manifest import LIGHTING_MAP, Layer, collection, lighting_map, manifest_files
from fastrti.sharing.site import COLLECTION, OBJECTS, OWNED, check_site
from fastrti.sharing.web import write_scripts
from fastrti.srgb import srgb_encode, to_bytes
from fastrti.surface.height import integrate_normals
from fastrti.surface.reflectance import estimate_reflectance

_BASE_URL = re.compile(
    r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*"
)


def checked_base_url(text: str) -> str:
    """The address where a site will stand, with one slash at its end.

    Raises:
        ArgumentError: not an address of http or https, or one with a query or a fragment.
    """
    if not _BASE_URL.fullmatch(text):
        raise ArgumentError(
            f"expected the address of a folder on the web such as https://example.org/rti/, got {text[:200]!r}: "
            "leave ? and # out, and write letters beyond ASCII as a browser copies them"
        )
    return text.rstrip("/") + "/"


def export_iiif(
    objects: Iterable[tuple[str, Relightable]],
    folder: Path,
    base_url: str,
    lights: Sequence[ArrayLike] = (),
    tiles: bool = False,
) -> None:
    """Writes an index page, the viewer and the data of each object, and their IIIF manifests, pictures and collection.

    All of it is prepared beside an earlier export, and takes its place when it is whole.

    Args:
        objects: (name, object), as for `fastrti.sharing.gallery.export_gallery`.
        folder: new, empty, or an earlier export to IIIF.
        base_url: where the folder will stand: IIIF has whole addresses in every file.
        lights: of the relit pictures; default five that show most objects.
        tiles: write the planes of the viewer as tiles where they would be written whole, too.

    Raises:
        ArgumentError: the folder holds something else or cannot be written, or the address is none.
        LightError: a light off the hemisphere.
    """
    base_url = checked_base_url(base_url)
    check_site(folder, COLLECTION)
    with replace_folder(folder, OWNED, ArgumentError) as fresh:
        write_scripts(fresh)
        (fresh / OBJECTS).mkdir()
        listed = []
        for name, relightable in objects:
            renderer = Renderer(with_normals(relightable))
            said = write_one(renderer, name, fresh, tiles)
            layers = _write_layers(renderer, fresh / OBJECTS / name, f"{base_url}{OBJECTS}/{name}", lights)
            for file, content in manifest_files(renderer.relightable, said, layers, base_url).items():
                _write_json(fresh / OBJECTS / name / file, content)
            listed.append((said, layers[0]))
        _write_json(fresh / COLLECTION, collection(listed, base_url))
        write_index(fresh, [said for said, _ in listed], base_url, COLLECTION)


def _write_layers(renderer: Renderer, folder: Path, url: str, lights: Sequence[ArrayLike]) -> list[Layer]:
    """The relit pictures, then the maps."""
    relightable = renderer.relightable
    size = relightable.width, relightable.height
    chosen = list(lights) or default_lights(relightable.lights)
    named = list(zip((f"light-{number}" for number in range(1, len(chosen) + 1)), light_labels(chosen)))
    layers = []
    for (name, label), light in counted(list(zip(named, chosen)), "writing relit pictures"):
        layers.append(Layer(label, write_image(folder / name, f"{url}/{name}", *size, _relit(renderer, light))))
    for map_type, picture, words in _maps(renderer):
        info = write_image(folder / map_type, f"{url}/{map_type}", *size, _rows_of(picture))
        layer = Layer(language_map([text + words for text in MAPS[map_type]]), info, map_type)
        _write_json(folder / map_type / LIGHTING_MAP, lighting_map(layer))
        layers.append(layer)
    return layers


def _maps(renderer: Renderer) -> Iterator[tuple[str, Bytes, str]]:
    """The type of each map, its picture, and what its name has to add: the highest of the heights, which is white."""
    relightable = renderer.relightable
    assert relightable.normals is not None  # the export estimated them
    normals = decoded_normals(relightable.normals)
    albedo, _ = estimate_reflectance(renderer, normals)
    yield "albedo", to_bytes(srgb_encode(np.clip(albedo, 0, 1))), ""
    yield "normal", relightable.normals, ""
    height = integrate_normals(normals, relightable.mask)
    highest = float(height.max())
    scale = relightable.mm_per_pixel
    words = f", 0–{highest:.3g} px" if scale is None else f", 0–{highest * scale:.3g} mm"
    yield "height", to_bytes(height / max(highest, 1e-6)), words


def _relit(renderer: Renderer, light: ArrayLike) -> Rows:
    width = renderer.relightable.width
    return lambda top, count: np.asarray(renderer.to_host(renderer.relight(light, region=(top, 0, count, width))))


def _rows_of(picture: Bytes) -> Rows:
    return lambda top, count: picture[top : top + count]


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_file(path, json.dumps(content, indent=1).encode())
