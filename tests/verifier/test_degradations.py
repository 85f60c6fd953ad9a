"""Bad frames are the same in every run."""

from __future__ import annotations

import numpy as np

from benchmarks import degradations


def test_two_runs_see_the_same_pictures() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (250, 250, 3), dtype=np.uint8)
    for condition in degradations.CONDITIONS:
        one, again, other = (degradations.degraded(picture, condition=condition, number=n) for n in (5, 5, 6))
        assert np.array_equal(one, again)
        if condition in ("noise, sigma 25", "turned by N(0, 8) degrees"):
            assert not np.array_equal(one, other)
