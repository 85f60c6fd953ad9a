"""Error rates of genuine and impostor distances.

A smaller distance is more alike, and a distance equal to the threshold is accepted. No function chooses a threshold on
the pairs that it measures: the accuracy takes a threshold that was found on other pairs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Distances = NDArray[np.floating]


def area_under_curve(genuine: Distances, impostor: Distances) -> float:
    """Return the share of (genuine, impostor) couples in which the genuine one is nearer; a tie counts half."""
    ordered = np.sort(impostor)
    nearer = len(impostor) - np.searchsorted(ordered, genuine, side="right")
    tied = len(impostor) - nearer - np.searchsorted(ordered, genuine, side="left")
    return float((nearer + tied / 2).sum() / (len(genuine) * len(impostor)))


def rates(genuine: Distances, impostor: Distances) -> tuple[Distances, Distances, Distances]:
    """Return every threshold that changes a rate, ascending, with the false-match and false-non-match rate at it."""
    thresholds = np.unique(np.concatenate((genuine, impostor)))
    accepted = np.searchsorted(np.sort(impostor), thresholds, side="right") / len(impostor)
    refused = 1 - np.searchsorted(np.sort(genuine), thresholds, side="right") / len(genuine)
    nothing = np.array([np.nextafter(thresholds[0], -np.inf)])
    return np.concatenate((nothing, thresholds)), np.append(0.0, accepted), np.append(1.0, refused)


def equal_error(genuine: Distances, impostor: Distances) -> float:
    """Return the rate at which both kinds of error are equally frequent.

    Between two thresholds the rates are interpolated linearly. This is the crossing of the two curves of errors: it
    does not depend on how many pairs there are of each kind, and a constant encoder has 0.5.
    """
    _, accepted, refused = rates(genuine, impostor)
    after = int(np.argmax(accepted >= refused))
    gap_before, gap_after = refused[after - 1] - accepted[after - 1], accepted[after] - refused[after]
    share = gap_before / (gap_before + gap_after)
    return float(accepted[after - 1] + share * (accepted[after] - accepted[after - 1]))


def threshold_of_equal_error(genuine: Distances, impostor: Distances) -> float:
    """Return the threshold at which both errors are most nearly equal; to be used on *other* pairs."""
    thresholds, accepted, refused = rates(genuine, impostor)
    return float(thresholds[int(np.argmin(np.abs(accepted - refused)))])


def accuracy(genuine: Distances, impostor: Distances, *, threshold: float) -> float:
    """Return the mean share of right answers over both kinds, at a threshold found on other pairs."""
    return float((np.mean(genuine <= threshold) + np.mean(impostor > threshold)) / 2)


def true_accept_rate(genuine: Distances, impostor: Distances, *, false_accept_rate: float) -> float | None:
    """Return the share of genuine pairs accepted where at most this share of impostors is; None for too few impostors.

    At a rate of 0 the threshold lies below the nearest impostor.
    """
    allowed = int(false_accept_rate * len(impostor) * (1 + 1e-12))
    if false_accept_rate > 0 and allowed < 1:
        return None
    beyond = np.sort(impostor)[allowed] if allowed < len(impostor) else np.inf
    return float(np.mean(genuine < beyond))


def upper_bound(accepted: int, *, tried: int, confidence: float = 0.95) -> float:
    """Return the one-sided upper bound of the rate (Clopper and Pearson), which is above 0 for none of 3,000."""
    if accepted >= tried:
        return 1.0
    return float(stats.beta.ppf(confidence, accepted + 1, tried - accepted))
