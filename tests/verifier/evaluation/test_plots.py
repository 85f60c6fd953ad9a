"""Plots: the pairs and captions that are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from verifier.evaluation import plots


def test_the_hardest_pairs_are_drawn_once_each_with_their_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pairs that are drawn twice, or in both orders, would fill the plot of a small set."""
    drawn: list[Figure] = []
    monkeypatch.setattr(plots, "_save", lambda figure, _: drawn.append(figure))
    first, second = np.array([0, 0, 1, 2, 2, 3]), np.array([1, 1, 0, 3, 3, 0])
    plots.hardest(
        tmp_path / "hardest.png",
        np.zeros((4, 8, 8), np.uint8),
        first=first,
        second=second,
        same=np.array([True, True, True, False, False, False]),
        far=np.array([0.9, 0.9, 0.9, 0.2, 0.2, 0.4]),
        classes=(list("aabc"), list("aabc")),
    )
    captions = [axes.get_title() for axes in drawn[0].axes if axes.images]
    assert captions == ["false match, 0.20\nb", "false match, 0.40\nc", "c", "a", "false non-match, 0.90\na", "a"]
