"""The OpenLIME export: the object as OpenLIME's layers read it, and a page that shows it with the released OpenLIME.

OpenLIME's neural layer evaluates plain ELU networks of nine planes; light-conditioned ones too, when a script of the
page sets the weights anew at each light. Its RTI layer draws PTM, HSH, RBF and bilinear objects as Relight folders.
OpenLIME itself is a separate program under the GPL: the page says where to put it.
"""

import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from fastrti.errors import ArgumentError, ObjectError
from fastrti.files import replace_folder, write_file
from fastrti.formats import save
from fastrti.formats.fastrti_folder import write_object
from fastrti.formats.pyramid import TILE, write_pyramid
from fastrti.formats.reading.openlime_form import OPENLIME_PLANES, openlime_expresses, openlime_numbers
from fastrti.formats.reading.plane_files import read_picture, write_picture
from fastrti.json_fields import read_json
from fastrti.objects.decoders import Decoder, LightBasisDecoder, LightMlpDecoder, MlpDecoder, NodeBasisDecoder
from fastrti.objects.experts import Experts
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.relightable import Relightable
from fastrti.progress import counted
from fastrti.sharing.site import OBJECT, check_site, loads_best_as_tiles, needs_tiles, titled

HSH_TERMS = 9
"""OpenLIME's RTI layer knows no more of them."""

SAFE_UNIFORMS = 224
"""Vectors of four numbers: what every device with WebGL 2 has room for."""

README = "README.txt"

_PAGE, _SCRIPTS = "openlime_page", ("page.js", "uniforms.js")
_IMPORTS = re.compile(r"from '\./([\w-]+\.js)'")


def export_openlime(relightable: Relightable, folder: Path, tiles: bool = False, name: str = "OBJECT") -> list[str]:
    """Writes the page, its scripts, the object and a README.

    Args:
        relightable: what to show.
        folder: new, empty, or an earlier export, which is replaced; OpenLIME's own files in it are kept.
        tiles: write DeepZoom tiles even where the picture would be written whole: PTM, HSH, RBF and bilinear objects up
            to 2 megapixels, and networks that are small enough for a texture. A picture that fits a single tile is
            whole anyway.
        name: what a person calls the object, for the remedy of a refusal.

    Returns:
        Sentences on what does not show everywhere as it does here.

    Raises:
        ObjectError: a decoder that OpenLIME cannot draw; the message names the command that makes one it can.
        ArgumentError: the folder holds something else, or cannot be written.
    """
    check_decoder(relightable.decoder, name)
    check_site(folder, _SCRIPTS[0])
    tiled = (tiles or _needs_tiles(relightable)) and max(relightable.width, relightable.height) > TILE
    notes = _notes(relightable, tiled)
    with replace_folder(folder, error=ArgumentError) as fresh:
        for script, source in _scripts().items():
            write_file(fresh / script, source.encode())
        shown = fresh / OBJECT
        shown.mkdir()
        settings = _write_object(relightable, shown, tiled)
        write_file(fresh / README, _readme(settings, notes).encode())
        write_file(fresh / "index.html", _page(relightable.title, settings).encode())
    return notes


def check_decoder(decoder: Decoder | Experts, name: str = "OBJECT") -> None:
    """Raises ObjectError for a decoder that OpenLIME cannot draw."""
    if not _expressible(decoder):
        raise ObjectError(
            "expected what OpenLIME can draw (an ELU network of one or two hidden layers on at most nine planes, "
            f"without a skip; PTM, HSH up to {HSH_TERMS} terms, RBF or bilinear, planes in threes), "
            f"got {decoder.label}: `fastrti convert {name} -o NEW --student lc16x16-elu` makes an object it can draw, "
            "--student disk20 one that needs no script"
        )


def _expressible(decoder: Decoder | Experts) -> bool:
    if isinstance(decoder, LightMlpDecoder):
        plain = decoder.activation == "elu" and not decoder.skip
        return plain and len(decoder.hidden) in (1, 2) and decoder.planes <= OPENLIME_PLANES
    if isinstance(decoder, LightBasisDecoder):
        return decoder.planes % 3 == 0 and (decoder.basis == "ptm" or decoder.terms <= HSH_TERMS)
    if isinstance(decoder, NodeBasisDecoder):
        return decoder.planes % 3 == 0
    return openlime_expresses(decoder)


def _needs_tiles(relightable: Relightable) -> bool:
    """Whether to write tiles unasked. OpenLIME blurs the last tiles of a network, so one is whole while it can be."""
    return loads_best_as_tiles(relightable) if _is_rti(relightable.decoder) else needs_tiles(relightable)


def _is_rti(decoder: Decoder | Experts) -> bool:
    """Whether OpenLIME's RTI layer draws it; its neural layer draws the others."""
    return isinstance(decoder, LightBasisDecoder | NodeBasisDecoder)


def _notes(relightable: Relightable, tiled: bool) -> list[str]:
    """Sentences on what OpenLIME does not show as fastrti does."""
    decoder, notes = relightable.decoder, []
    if isinstance(decoder, LightMlpDecoder):
        notes.append(
            "OpenLIME needs uniforms.js of this export to move the light of this object: a page without it shows one "
            "light, whatever one drags"
        )
    if _is_rti(decoder):
        notes.append(
            "OpenLIME from 1.2.3 on holds colours in 8 bits of linear light: dark ones are up to 15 levels off"
        )
    if isinstance(decoder, NodeBasisDecoder) and decoder.nodes is not None:
        notes.append("OpenLIME weighs the lights of RBF objects by a formula of its own: its pictures differ a little")
    if tiled and not _is_rti(decoder) and (relightable.width % TILE or relightable.height % TILE):
        notes.append(
            f"OpenLIME draws every tile of a network with {TILE}×{TILE} pixels, smaller ones too: the last column and "
            "row of tiles are a little blurred, up to some 20 levels off at sharp edges"
        )
    vectors = _uniform_vectors(max(decoder.hidden)) if isinstance(decoder, MlpDecoder | LightMlpDecoder) else 0
    if vectors > SAFE_UNIFORMS:
        notes.append(
            f"this network takes {vectors} uniform vectors, phones may have room for {SAFE_UNIFORMS} only: "
            "convert it to --student disk20 for them"
        )
    return notes


def _uniform_vectors(width: int) -> int:
    """Vectors of four numbers that OpenLIME's neural shader holds: the layers, then light, minima and maxima."""
    n = -(-width // 4) * 4
    return 3 * n + n // 4 + n * n // 4 + n // 4 + 3 * n // 4 + 1 + 7


# --- the object ------------------------------------------------------------------------------------------------------


def _write_object(relightable: Relightable, folder: Path, tiled: bool) -> dict[str, Any]:
    """Writes the object's folder; what the page must know of it."""
    if _is_rti(relightable.decoder):
        kind = "rti"
        _write_rti(relightable, folder, tiled)
    else:
        kind = "neural"
        _write_neural(relightable, folder, tiled)
    cover = _write_cover(relightable, folder, tiled)
    return {"type": kind, "layout": "deepzoom" if tiled else "image", "cover": cover and f"{OBJECT}/{cover}"}


def _write_rti(relightable: Relightable, folder: Path, tiled: bool) -> None:
    save(relightable, folder, "relight")
    more: dict[str, Any] = {"format": "png"} if tiled else {}
    more["isLinear"] = True  # the shader takes over every key: coefficients are not colours, pictures already encoded
    basis = folder / "materials.bin"
    if basis.exists():
        more["basis"] = list(basis.read_bytes())  # the only place where OpenLIME looks for it
    _add_to_info(folder, more)
    for picture in counted(sorted(folder.glob("plane_*.jpg")) if tiled else [], "writing tiles"):
        write_pyramid(folder, picture.stem, read_picture(picture, "RGB", relightable.width, relightable.height))
        picture.unlink()


def _write_neural(shown: Relightable, folder: Path, tiled: bool) -> None:
    """The object's own folder, which is what OpenLIME reads; a light-conditioned network is there for the page's
    script, and beside it as OpenLIME reads one, its weights under a light from the camera. OpenLIME has no use for
    normals."""
    relightable = replace(shown, normals=None)
    if isinstance(relightable.decoder, LightMlpDecoder):
        nine = with_nine_planes(relightable, relightable.decoder)
        write_object(nine, folder, tiled)
        _add_to_info(folder, openlime_numbers(_plain(nine.decoders[0].frame_network((0, 0)))))
    else:
        write_object(relightable, folder, tiled)


def with_nine_planes(relightable: Relightable, decoder: LightMlpDecoder) -> Relightable:
    """The same object on nine planes: those that are added hold nothing, and their weights are 0 under every light."""
    used, spare = decoder.planes, OPENLIME_PLANES - decoder.planes
    after_each_row_of_w1 = np.repeat((np.arange(decoder.hidden[0]) + 1) * used, spare)
    weight, bias = (
        np.insert(last, after_each_row_of_w1, 0, axis=0)
        for last in (decoder.light_weights[-1], decoder.light_biases[-1])
    )
    return replace(
        relightable,
        planes=np.pad(relightable.planes, ((0, spare), (0, 0), (0, 0))),
        minimum=np.pad(relightable.minimum, (0, spare)),
        maximum=np.pad(relightable.maximum, (0, spare)),
        decoder=replace(
            decoder,
            planes=OPENLIME_PLANES,
            light_weights=(*decoder.light_weights[:-1], weight),
            light_biases=(*decoder.light_biases[:-1], bias),
        ),
    )


def _plain(network: FrameNetwork) -> MlpDecoder:
    """The network of one light as a plain one, which ignores its light."""
    first = np.pad(network.weights[0], ((0, 0), (0, 2)))
    return MlpDecoder((first, *network.weights[1:]), network.biases, network.activation)


def _write_cover(relightable: Relightable, folder: Path, tiled: bool) -> str | None:
    """OpenLIME knows no mask: a picture of what lies outside, black, is laid over the object."""
    if relightable.mask is None:
        return None
    cover = np.zeros((relightable.height, relightable.width, 4), np.uint8)
    cover[..., 3] = np.where(relightable.mask, 0, 255)
    if tiled:
        write_pyramid(folder, "cover", cover)
        return "cover.dzi"
    write_picture(folder / "cover.png", cover)
    return "cover.png"


def _add_to_info(folder: Path, more: dict[str, Any]) -> None:
    path = folder / "info.json"
    write_file(path, json.dumps(read_json(path).values | more, indent=1).encode())


# --- the page --------------------------------------------------------------------------------------------------------


def _page(title: str, settings: dict[str, Any]) -> str:
    page = (files("fastrti") / "sharing" / _PAGE / "index.html").read_text(encoding="utf-8")
    return titled(page.replace('id="settings">{}', f'id="settings">{json.dumps(settings)}'), title)


def _readme(settings: dict[str, Any], notes: list[str]) -> str:
    """What a person needs to know who puts the folder on a server, or the object into a page of another make."""
    made = [f"type: '{settings['type']}'", f"layout: '{settings['layout']}'", f"url: '{OBJECT}/info.json'"]
    parts = [
        "This folder shows a relightable image with OpenLIME.",
        "OpenLIME is a program of its own (GPL-3.0). Take openlime.min.js from its release at\n"
        "https://github.com/cnr-isti-vclab/openlime and put it beside index.html. Then put the folder on a web\n"
        "server: a browser does not open it from the disk.",
        f"In a page of your own, the layer is new OpenLIME.Layer({{ {', '.join(made)} }}).\n"
        "Colours are right only with the settings that page.js makes, so take them over from there.",
        *(f"{note[0].upper()}{note[1:]}." for note in notes),
    ]
    return "\n\n".join(parts) + "\n"


def _scripts() -> dict[str, str]:
    """The page's scripts and what they import of the viewer's, by name."""
    own, viewer = files("fastrti") / "sharing" / _PAGE, files("fastrti") / "sharing" / "viewer"
    found: dict[str, str] = {}
    wanted = list(_SCRIPTS)
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = (own if name in _SCRIPTS else viewer).joinpath(name).read_text(encoding="utf-8")
            wanted += _IMPORTS.findall(found[name])
    return found
