"""Cuts long work into pieces of a bounded size: rows of one query, of one transaction, of one message."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in their order, `size` at a time; the last piece may be shorter, none is empty."""
    left = iter(items)
    while piece := list(itertools.islice(left, size)):
        yield piece
