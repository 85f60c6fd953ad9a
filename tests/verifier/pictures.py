"""Picture files as cameras, scanners and attackers write them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def written(pixels: Pixels | Image.Image, kind: str, **options: Any) -> bytes:
    """Return the picture as a file of this kind."""
    stream = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(stream, kind, **options)
    return stream.getvalue()


def with_orientation(upright: Pixels, orientation: int, *, kind: str = "JPEG") -> bytes:
    """Return a file whose pixels are turned and whose EXIF tag says how to turn them upright."""
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"quality": 95} if kind in ("JPEG", "WEBP") else {}
    return written(np.ascontiguousarray(stored), kind, exif=exif, **options)


def one_bit_png(width: int, height: int) -> bytes:
    """Return a black PNG of any size in a few kilobytes, as a decompression bomb."""
    row = b"\x00" + b"\x00" * ((width + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def without_adobe_mark(jpeg: bytes) -> bytes:
    """Cut the APP14 segment out of a JPEG file."""
    at = jpeg.index(b"\xff\xee")
    (length,) = struct.unpack(">H", jpeg[at + 2 : at + 4])
    return jpeg[:at] + jpeg[at + 2 + length :]


def stepped_grey(pixels: Pixels) -> Pixels:
    """Return a picture in grey, by Pillow's weights."""
    return np.asarray(Image.fromarray(pixels).convert("L"))
