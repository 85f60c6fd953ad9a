"""Long work is cut into pieces, in order and whole."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from attendance.core.batches import batched


@given(st.lists(st.integers(), max_size=40), st.integers(1, 9))
def test_pieces_together_are_the_whole(items: list[int], size: int) -> None:
    pieces = list(batched(iter(items), size))
    assert [item for piece in pieces for item in piece] == items
    assert all(len(piece) == size for piece in pieces[:-1])
    assert all(0 < len(piece) <= size for piece in pieces)
