"""Layout of YuNet's output as our ONNX files give it, and the sizes for which they are written."""

from __future__ import annotations

STRIDES = (8, 16, 32)
"""Pixels of a cell, for the three maps; pictures are multiples of the last one."""

PARTS = ("cls", "obj", "bbox", "kps")
"""What each cell has, in the order of the columns: two scores, box (4), landmarks (10)."""

COLUMNS = 16

NEAR_HEIGHT, NEAR_WIDTH = 256, 320
"""Pixels of the picture for which the network is compiled ahead: the first pass over any camera's landscape frame, and
a face cut out of it. Made for one size, it takes a fifth less time than made for any."""
