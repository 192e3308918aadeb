"""Neural folders of others: OpenLIME's layer, and what NeuralRTI and DisK-NeuralRTI publish.

The two differ in two traps (formats.md): published exports number their planes from 0 and put the number of
photographs into `samples`, OpenLIME numbers from 1 and means the hidden width. Neither key is needed: the hidden width
is read off the biases, and the plane files off the disk.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.formats.format import Format, Source
from fastrti.formats.reading.foreign_keys import check_colours, mm_per_pixel
from fastrti.formats.reading.openlime_form import OPENLIME_PLANES, openlime_decoder
from fastrti.formats.reading.plane_files import checked_size
from fastrti.formats.reading.plane_layouts import has_planes, read_plane_pictures
from fastrti.objects.decoders import MlpDecoder
from fastrti.objects.relightable import Relightable

_SWAP_RED_BLUE = [2, 1, 0]


def recognises(source: Source) -> bool:
    """Whether an info.json is of type neural."""
    return source.info is not None and source.info.values.get("type") == "neural"


def load(source: Source, max_pixels: int | None) -> Relightable:
    """A folder of a plain ELU network of nine latents and three plane pictures: plane_0…2 or plane_1…3, as .png
    (preferred, since lossless) or .jpg.

    Raises:
        ObjectError: files or numbers that do not fit the format.
    """
    info = source.fields
    check_colours(info)
    width, height = checked_size(info, max_pixels)
    info.integer("planes", OPENLIME_PLANES, OPENLIME_PLANES)
    minimum, maximum = info.array("min", (OPENLIME_PLANES,)), info.array("max", (OPENLIME_PLANES,))
    colorspace = info.choice("colorspace", ("rgb", "bgr"))
    biases = info.values.get("biases")
    width_of_first = len(biases[0]) if isinstance(biases, list) and biases and isinstance(biases[0], list) else 0
    decoder = _without_padding(openlime_decoder(info, (width_of_first, width_of_first), OPENLIME_PLANES))
    planes = read_plane_pictures(source.path, _plane_numbers(source.path), width, height)
    if colorspace == "bgr":
        planes, decoder = _rgb(planes, decoder)
    return Relightable(planes, minimum, maximum, decoder, mm_per_pixel=mm_per_pixel(info))


def _plane_numbers(folder: Path) -> tuple[int, int, int]:
    numberings = ((0, 1, 2), (1, 2, 3))
    for numbers in numberings:
        if has_planes(folder, numbers):
            return numbers
    raise ObjectError(f"{folder}: expected plane_0 to plane_2 or plane_1 to plane_3 as .png or .jpg, got neither set")


def _rgb(planes: NDArray[np.uint8], decoder: MlpDecoder) -> tuple[NDArray[np.uint8], MlpDecoder]:
    """`bgr` swaps red and blue of every plane picture and of the output: swapped here once, for good."""
    swapped = planes.reshape(3, 3, *planes.shape[1:])[:, _SWAP_RED_BLUE].reshape(planes.shape)
    weights = (*decoder.weights[:-1], decoder.weights[-1][_SWAP_RED_BLUE])
    biases = (*decoder.biases[:-1], decoder.biases[-1][_SWAP_RED_BLUE])
    return np.ascontiguousarray(swapped), MlpDecoder(weights, biases, "elu")


def _without_padding(decoder: MlpDecoder) -> MlpDecoder:
    """Drops hidden units at the end that nothing reads and nothing feeds (ELU(0) = 0): padding to multiples of 4."""
    weights, biases = list(decoder.weights), list(decoder.biases)
    for layer in range(len(weights) - 1):
        used = (weights[layer] != 0).any(1) | (biases[layer] != 0) | (weights[layer + 1] != 0).any(0)
        width = int(np.flatnonzero(used).max(initial=0)) + 1
        weights[layer], biases[layer] = weights[layer][:width], biases[layer][:width]
        weights[layer + 1] = np.ascontiguousarray(weights[layer + 1][:, :width])
    return MlpDecoder(tuple(weights), tuple(biases), "elu")


FORMAT = Format("neural", "a published neural RTI folder", recognises, load)
