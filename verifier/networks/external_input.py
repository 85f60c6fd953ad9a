"""Input that a network of somebody else wants, as its description says."""

from __future__ import annotations

from dataclasses import dataclass

CHANNELS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What a network wants: (value - mean) * scale of 0..255, one mean and one scale for each of its three channels.

    `channel_order`: RGB or BGR, the order in which mean and scale stand too. `layout`: NCHW or NHWC.
    """

    width_pixels: int
    height_pixels: int
    channel_order: str
    layout: str
    mean: tuple[float, ...]
    scale: tuple[float, ...]
