"""Signature verification trials: equal error rates against skilled and random forgeries.

Protocol: the references are genuine signatures of one signer, one (each in turn) or several (a number of draws). The
probes are the signer's other genuine signatures and all skilled forgeries of that signer (*skilled*), or genuine
signatures of the other signers (*random*). There is one threshold for all signers: distances are pooled before the
equal error rate is computed. The mean of the signers' own rates is given too; it is too good, since each signer's
threshold is chosen on the labels that it is measured by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.evaluation import bootstrap, error_rates

DRAWS = 20
"""Draws of several references for each signer."""

Scores = NDArray[np.float64]
Join = Callable[[Scores, Scores], Scores]
"""Scores of references with probes (r, q) and among references (r, r) -> distances (q,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Distances of one signer."""

    genuine: Scores
    forged: Scores
    random: Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Equal error rates, skilled with their interval over signers; None where there are no forgeries."""

    references: int
    skilled: float | None
    interval: bootstrap.Interval
    skilled_of_each_signer: float | None
    random: float
    area_under_curve: float


def trials(
    pair_scores: Scores,
    *,
    signers: NDArray[np.int64],
    forged: NDArray[np.bool_],
    references: int,
    join: Join,
    seed: int = 0,
) -> list[Trials]:
    """Return every signer's distances; `pair_scores` (n, n) holds the scores of all pairs of pictures."""
    generator = np.random.Generator(np.random.PCG64(seed))
    found = []
    for signer in np.unique(signers):
        own = np.flatnonzero((signers == signer) & ~forged)
        false = np.flatnonzero((signers == signer) & forged)
        if len(own) <= references:
            continue  # no genuine signature would be left as a probe
        others = np.flatnonzero((signers != signer) & ~forged)
        if references == 1:
            drawn = [np.array([row]) for row in own]
        else:
            drawn = [generator.choice(own, references, replace=False) for _ in range(DRAWS)]
        parts: list[list[Scores]] = [[], [], []]
        for rows in drawn:
            among = pair_scores[np.ix_(rows, rows)]
            for kept, probes in zip(parts, (np.setdiff1d(own, rows), false, others), strict=True):
                if len(probes):
                    kept.append(join(pair_scores[np.ix_(rows, probes)], among))
        genuine, skilled, random = (np.concatenate(part) if part else np.empty(0) for part in parts)
        found.append(Trials(genuine=genuine, forged=skilled, random=random))
    return found


def figures(found: Sequence[Trials], *, references: int) -> Figures:
    """Return the pooled figures; the interval resamples signers, of the random error where there are no forgeries."""

    def pooled(drawn: Sequence[int], *, skilled: bool) -> float:
        trials = [found[row] for row in drawn]
        genuine = np.concatenate([trial.genuine for trial in trials])
        impostor = np.concatenate([trial.forged if skilled else trial.random for trial in trials])
        return error_rates.equal_error(genuine, impostor) if len(impostor) else float("nan")

    everyone = range(len(found))
    forged = [trial for trial in found if len(trial.forged)]
    impostor = np.concatenate([trial.forged if forged else trial.random for trial in found])
    return Figures(
        references=references,
        skilled=pooled(everyone, skilled=True) if forged else None,
        interval=bootstrap.over_groups(everyone, lambda drawn: pooled(drawn, skilled=bool(forged)), draws=300),
        skilled_of_each_signer=(
            float(np.mean([error_rates.equal_error(trial.genuine, trial.forged) for trial in forged]))
            if forged
            else None
        ),
        random=pooled(everyone, skilled=False),
        area_under_curve=error_rates.area_under_curve(np.concatenate([trial.genuine for trial in found]), impostor),
    )
