"""One picture file as the bytes it holds: 8- or 16-bit, upright, RGB, in the sRGB colour space, with its alpha."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from fastrti.errors import CollectionError
from fastrti.files import open_file

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff"})
MAX_PIXELS = 150_000_000  # the largest cameras; a decompression bomb claims more

_FORMATS = ("JPEG", "PNG", "TIFF")
_COLOUR_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "YCbCr"})
_GREY_MODES = frozenset({"1", "L", "LA"})
_GREY16_MODES = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N"})
_OPAQUE = 0.5  # of full alpha: what is less is not the object


@dataclass(frozen=True, eq=False)
class Photograph:
    """A decoded picture.

    Attributes:
        pixels: (H, W, 3) uint8 or uint16, the stored samples; greyscale is repeated.
        opaque: (H, W) bool, alpha above one half; None where the file has no alpha.
        converted: the file's ICC profile was another than sRGB, and the samples were converted.
    """

    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    opaque: NDArray[np.bool_] | None
    converted: bool = False


def read_photograph(path: Path) -> Photograph:
    """Reads a JPEG, PNG or TIFF of 8 or 16 bits, greyscale or RGB, with or without alpha.

    EXIF orientation is applied. An ICC profile that is not sRGB is converted to sRGB (8-bit pictures).

    Raises:
        CollectionError: damaged or truncated, another format, colour model or depth, over `MAX_PIXELS`, a profile that
            cannot be converted, or a 16-bit file where imagecodecs is not installed.
    """
    try:
        with open_file(path, "a photograph", CollectionError) as file:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # MAX_PIXELS is the limit here
                image = Image.open(file, formats=_FORMATS)
            _check_size(image, path)
            return _read16(image, path) if _bits(image, path) == 16 else _read8(image, path)
    except CollectionError:
        raise
    except Image.DecompressionBombError:
        raise CollectionError(
            f"{path.name}: expected at most {MAX_PIXELS} pixels, found more: scale the photographs down"
        ) from None
    except UnidentifiedImageError:
        raise CollectionError(
            f"{path.name}: expected a JPEG, PNG or TIFF, found another kind of file: convert it"
        ) from None
    except Exception as error:  # on damaged bytes the decoders raise whatever they stumble over
        raise CollectionError(
            f"{path.name}: expected a JPEG, PNG or TIFF, found one that cannot be decoded ({error}): copy it again"
        ) from None


def _check_size(image: Image.Image, path: Path) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise CollectionError(
            f"{path.name}: expected at most {MAX_PIXELS} pixels, found {image.width}×{image.height}: "
            "scale the photographs down"
        )


def _bits(image: Image.Image, path: Path) -> int:
    """Bits a sample of the file. Pillow's mode does not tell: it reads 48-bit RGB as 24-bit."""
    if image.format == "PNG":
        with path.open("rb") as file:
            return 16 if file.read(25)[24] == 16 else 8  # the depth in IHDR
    if image.format == "TIFF":
        depths = image.tag_v2.get(258, (1,))  # type: ignore[attr-defined]  # BitsPerSample
        bits: int = max(8, *depths)  # bilevel becomes 8
        if bits not in (8, 16):
            raise CollectionError(f"{path.name}: expected 8 or 16 bits per sample, found {bits}: save it as 16-bit")
        return bits
    return 8


def _read8(image: Image.Image, path: Path) -> Photograph:
    if image.mode not in _COLOUR_MODES:
        raise _wrong_colour_model(image, path)
    image = ImageOps.exif_transpose(image)
    opaque = None
    if "A" in image.getbands() or "transparency" in image.info:
        opaque = np.asarray(image.convert("RGBA").getchannel("A")) > _OPAQUE * 255
    image, converted = _to_srgb(image, path)
    return Photograph(np.asarray(image), opaque, converted)


def _to_srgb(image: Image.Image, path: Path) -> tuple[Image.Image, bool]:
    """The picture as RGB in sRGB, and whether its profile made a conversion necessary."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image.convert("RGB"), False
    mode = "L" if _colour_space(profile, path) == "GRAY" else "RGB"
    if mode == "L" and image.mode not in _GREY_MODES:
        raise CollectionError(
            f"{path.name}: expected an RGB ICC profile in a colour picture, found a grey one: "
            "save the photographs as sRGB"
        )
    image = image.convert(mode)
    transform = _transform(profile, mode, path)
    if mode == "RGB" and _is_identity(transform):
        return image, False
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # None only when asked to convert in place
    return converted, True


def _colour_space(profile: bytes, path: Path) -> str:
    try:
        space = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space.strip()
    except (OSError, ImageCms.PyCMSError):
        space = "damaged"
    if space not in ("RGB", "GRAY"):
        raise CollectionError(
            f"{path.name}: expected an RGB or grey ICC profile, found a {space} one: save the photographs as sRGB"
        )
    return str(space)


def _transform(profile: bytes, mode: str, path: Path) -> ImageCms.ImageCmsTransform:
    try:
        return ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), mode, "RGB"
        )
    except (OSError, ImageCms.PyCMSError) as error:
        raise CollectionError(
            f"{path.name}: expected an ICC profile that converts to sRGB, found one that does not ({error}): "
            "save the photographs as sRGB"
        ) from None


def _is_identity(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether the profile is sRGB under whatever name: no colour of a grid moves by more than a rounding."""
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(len(steps), -1, 3)
    moved = ImageCms.applyTransform(Image.fromarray(grid), transform)
    return int(np.abs(np.asarray(moved).astype(int) - grid).max()) <= 1


def _read16(image: Image.Image, path: Path) -> Photograph:
    if image.mode not in _COLOUR_MODES | _GREY16_MODES:
        raise _wrong_colour_model(image, path)
    profile = image.info.get("icc_profile")
    if profile and not (_colour_space(profile, path) == "RGB" and _is_identity(_transform(profile, "RGB", path))):
        raise CollectionError(
            f"{path.name}: expected sRGB or no ICC profile in a 16-bit picture, found another: "
            "save the photographs as sRGB, or without a profile"
        )
    samples = _decode16(path, str(image.format))
    # Sorted, because Pillow gives the upright size of a TIFF and the stored size of a PNG.
    if sorted(samples.shape[:2]) != sorted(image.size) or samples.dtype != np.uint16:
        raise CollectionError(
            f"{path.name}: expected interleaved unsigned 16-bit samples, found {samples.dtype} {samples.shape}: "
            "save it as a plain 16-bit TIFF or PNG"
        )
    samples = _upright(samples.reshape(*samples.shape[:2], -1), image.getexif().get(ExifTags.Base.Orientation, 1))
    channels = samples.shape[2]
    opaque = samples[..., -1] > _OPAQUE * 65535 if channels in (2, 4) else None
    pixels = samples[..., :3] if channels >= 3 else np.repeat(samples[..., :1], 3, axis=2)
    return Photograph(pixels, opaque)


def _decode16(path: Path, file_format: str) -> NDArray[np.generic]:
    try:
        import imagecodecs
    except ImportError:
        raise CollectionError(
            f"{path.name}: expected imagecodecs for a 16-bit picture, found it not installed: "
            "run pip install 'fastrti[16bit]'"
        ) from None
    decode = imagecodecs.png_decode if file_format == "PNG" else imagecodecs.tiff_decode
    samples: NDArray[np.generic] = decode(path.read_bytes())
    return samples


def _upright(samples: NDArray[np.generic], orientation: int) -> NDArray[np.uint16]:
    """Applies an EXIF orientation (1–8: which side of the picture the first row and column are)."""
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    return samples.astype(np.uint16, copy=False)


def _wrong_colour_model(image: Image.Image, path: Path) -> CollectionError:
    return CollectionError(
        f"{path.name}: expected greyscale or RGB of 8 or 16 bits, found {image.mode}: save the photographs as RGB"
    )
