"""Decoding of image files into upright RGB arrays.

This is the only decode function of Muster: on every route (page, API, import, command) bytes become pixels here, so
that one picture gives one vector. A picture that is too large is refused from its header, before memory is spent.
The name of a file is ignored: its first bytes say what it is. Bytes after the picture (a second frame, a film, an
archive) are ignored too.

Colour profiles are not applied, on purpose. A wide-gamut photo is read as if it were sRGB, which shifts its hues by
less than the light of a lamp does.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image

from verifier import errors
from verifier.values import RgbImage, frozen_array

MAXIMUM_BYTES = 25 * 2**20
"""Largest file read. A 50-megapixel phone photo has about 15 MB."""

MAXIMUM_PIXELS = 60_000_000
"""Largest picture read, width times height. Decoded it takes about 420 MB for a moment, which a worker has."""

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF", "MPO", "PPM")
"""Formats that are read. The list is closed: Pillow also knows formats that start other programs (EPS).

PPM stands for PBM, PGM and PPM, in which collections of faces are published."""

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif", ".bmp", ".gif", ".tif", ".tiff"}
    | {".pbm", ".pgm", ".ppm"}
)
"""Endings of the files that are taken for pictures in a folder; all other files are ignored."""

READERS = tuple(name for name in FORMATS if name != "MPO")
"""Names of Pillow's readers: an MPO is a JPEG of several frames and is opened by JPEG's reader."""

MATTE = 128
"""Grey, 0 to 255, put behind transparent pixels: neither white nor black makes a new edge along a face."""

DEPTHS = (8, 10, 12, 14, 16)
"""Bits of a grey or colour value that cameras and scanners write, whatever the file could hold. A deep picture is
scaled by the smallest of these that holds its brightest value: 12 bits in a file of 16 would be nearly black."""

COLOUR_UNDOUBTED = 64
"""High byte of the brightest value of a deep colour picture from which on it has all 16 bits. Pillow keeps the high
byte alone, which is all of such a picture that is wanted."""

pillow_heif.register_heif_opener(thumbnails=False)
# Our own limit is read before Pillow's would warn, and it is lower.
Image.MAX_IMAGE_PIXELS = None


def read(path: Path) -> bytes:
    """Return a file's bytes for `decode`; a file that is too large is refused by its size and not read.

    Raises:
        TooLarge: more bytes than accepted.
        BadImage: it cannot be read (reason "unreadable").
    """
    try:
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            raise errors.TooLarge(what="bytes", value=size, limit=MAXIMUM_BYTES, file=str(path))
        return path.read_bytes()
    except OSError as error:
        raise errors.BadImage(reason="unreadable", file=str(path)) from error


def decode(data: bytes) -> RgbImage:
    """Return the picture in the file: upright, RGB, the first frame of several.

    Raises:
        TooLarge: more bytes or pixels than accepted, found before decoding.
        BadImage: not a picture of a known kind, damaged or truncated.
    """
    if len(data) > MAXIMUM_BYTES:
        raise errors.TooLarge(what="bytes", value=len(data), limit=MAXIMUM_BYTES)
    if not data:
        raise errors.BadImage(reason="empty")
    with _opened(data) as picture:
        area = picture.width * picture.height
        if area > MAXIMUM_PIXELS:
            raise errors.TooLarge(what="pixels", value=area, limit=MAXIMUM_PIXELS)
        is_deep = _has_deep_colours(picture)
        try:
            picture.load()
            pixels = _rgb(picture)
            if is_deep and pixels.max() < COLOUR_UNDOUBTED:
                pixels = _deep_colours(data, shallow=pixels)
            return frozen_array(_turned_upright(pixels, orientation=_orientation(picture)))
        except errors.Refusal:
            raise
        except MemoryError:
            raise
        except Exception as damage:  # decoders raise whatever the damage makes of them
            raise errors.BadImage(reason="damaged", format=str(picture.format)) from damage


def _opened(data: bytes) -> Image.Image:
    """Read the header only."""
    try:
        return Image.open(io.BytesIO(data), formats=READERS)
    except MemoryError:
        raise
    except Exception as unknown:
        raise errors.BadImage(reason="unknown_kind") from unknown


def accept(array: NDArray[Any]) -> RgbImage:
    """Return an array as an RGB picture; refuse a wrong one here, before it reaches native code.

    Any strides are accepted (a reversed slice is copied); any other shape or depth is not.
    """
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8 or 0 in array.shape:
        raise errors.BadImage(reason="not_rgb", shape=str(array.shape), depth=str(array.dtype))
    return np.ascontiguousarray(array)


def jpeg(image: RgbImage, *, quality: int) -> bytes:
    """Return the picture as JPEG bytes without any metadata; `quality` is 1 to 95."""
    written = io.BytesIO()
    Image.fromarray(accept(image)).save(written, "JPEG", quality=quality)
    return written.getvalue()


def _rgb(picture: Image.Image) -> RgbImage:
    """Return the pixels as they lie in the file, as RGB."""
    if picture.mode.startswith("I"):
        return np.repeat(_eight_bits(np.asarray(picture))[:, :, None], 3, axis=2)
    if picture.mode == "F":
        raise errors.BadImage(reason="unsupported_depth", format=str(picture.format))
    if picture.mode == "CMYK":
        return _from_inks(picture)
    if picture.has_transparency_data:
        return _composed(picture)
    return np.asarray(picture.convert("RGB"))


def _eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale deep values by the range that they fill: Pillow's own conversion clips, and nearly all turns white."""
    brightest = max(int(values.max(initial=0)), 0)
    bits = next((bits for bits in DEPTHS if brightest < 2**bits), brightest.bit_length())
    deepest = 2**bits - 1
    scaled = (np.clip(values.astype(np.int64), 0, deepest) * 255 + deepest // 2) // deepest
    return np.asarray(scaled, dtype=np.uint8)


def _has_deep_colours(picture: Image.Image) -> bool:
    """Return whether the file has 16 bits a channel of colour; asked before it is loaded, which forgets it."""
    return picture.mode == "RGB" and any("RGB;16" in str(part) for part in getattr(picture, "tile", ()))


def _deep_colours(data: bytes, *, shallow: RgbImage) -> RgbImage:
    """Decode 16 bits a channel, which Pillow cannot, and scale them by the range that they fill."""
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16 or found.shape != shallow.shape:
        return shallow
    return _eight_bits(found[:, :, ::-1])


def _from_inks(picture: Image.Image) -> RgbImage:
    """Convert CMYK into RGB.

    Pillow takes every four-channel JPEG for Adobe's, in which the inks are stored inverted. A file without Adobe's
    mark is not inverted, so Pillow's inversion is undone.
    """
    if picture.format == "JPEG" and "adobe" not in picture.info:
        picture = Image.fromarray(255 - np.asarray(picture), mode="CMYK")
    return np.asarray(picture.convert("RGB"))


def _composed(picture: Image.Image) -> RgbImage:
    """Compose the picture on mid grey."""
    front = picture.convert("RGBA")
    ground = Image.new("RGBA", front.size, (MATTE, MATTE, MATTE, 255))
    return np.asarray(Image.alpha_composite(ground, front).convert("RGB"))


UPRIGHT: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].transpose(1, 0, 2),
    8: lambda pixels: np.rot90(pixels, 1),
}
"""EXIF orientation -> what makes the picture upright (EXIF 2.3, tag 0x0112; 1 and anything else: nothing)."""


def _orientation(picture: Image.Image) -> int:
    """Read the orientation tag; a damaged one counts as upright, as in every viewer."""
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a broken EXIF block says nothing about the pixels
        return 1


def _turned_upright(pixels: RgbImage, *, orientation: int) -> RgbImage:
    turn = UPRIGHT.get(orientation)
    return pixels if turn is None else turn(pixels)
