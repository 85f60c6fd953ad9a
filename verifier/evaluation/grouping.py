"""False-match rates within groups of people, against the rates that a calibration promises.

A stranger at a door often resembles its people more than somebody drawn at random: the same family, village, age or
look. So pairs are counted within each group alone. Intervals are 90 % and draw whole people with replacement.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from verifier import errors
from verifier.calibration import Calibration
from verifier.evaluation import pairs
from verifier.evaluation.pairs import Pairs
from verifier.values import FloatArray

RATES = (1e-2, 1e-3, 1e-4, 1e-5)
KEPT_SHARE = 0.1
"""Share of the pairs that is kept: ten times as many as are promised at 1 in 100."""

FEWEST_EXPECTED = 10
"""Pairs that a rate has to promise within the group; of fewer nothing is said."""

REFUSED_AT = 1e-5
"""Rate of a comparison whose threshold a door of 100 people has at the usual target."""

DRAWS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """At one promised rate: how many times as often pairs of the group match, with its interval."""

    rate: float
    times: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRates:
    """What was found in one group; `refused`: share of its genuine pairs beyond the threshold for `REFUSED_AT`."""

    name: str
    people: int
    photos: int
    impostor_pairs: int
    times: tuple[Times, ...]
    refused: float | None


def read(path: Path) -> dict[str, frozenset[str]]:
    """Read the people of each group (columns name, group; a person may be in several). Raises BadImage."""
    found: dict[str, set[str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if label := row["group"].strip():
                    found.setdefault(label, set()).add(row["name"].strip())
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError) as error:
        raise errors.BadImage(reason="not_groups", file=str(path)) from error
    if not found:
        raise errors.BadImage(reason="not_groups", file=str(path))
    return {name: frozenset(members) for name, members in sorted(found.items())}


def measure(
    vectors: FloatArray,
    *,
    people: NDArray[np.str_],
    groups: Mapping[str, Collection[str]],
    calibration: Calibration,
    same_person: Collection[tuple[str, str]] = (),
) -> list[GroupRates]:
    """Return the rates of each group, and of all people as the first; groups of fewer than two people are left out."""
    found = []
    for name, members in {"everybody": people.tolist(), **groups}.items():
        rows = np.isin(people, sorted(set(members)))
        if len(np.unique(people[rows])) < 2:
            continue
        compared = pairs.compare(vectors[rows], people=people[rows], same_person=same_person, share=KEPT_SHARE)
        found.append(_rates(name, compared, calibration=calibration))
    return found


def _rates(name: str, compared: Pairs, *, calibration: Calibration) -> GroupRates:
    generator = np.random.default_rng(0)
    count = len(compared.photos)
    draws = [np.bincount(generator.integers(0, count, count), minlength=count).astype(np.float64) for _ in range(DRAWS)]
    everybody = np.ones(count)
    times = []
    for rate in RATES:
        if compared.impostors * rate < FEWEST_EXPECTED:
            continue
        within = int(np.searchsorted(compared.nearest, calibration.distance_at(rate), side="right"))
        drawn = [_share(compared, within=within, times=draw) / rate for draw in draws]
        low, high = np.nanquantile(drawn, (0.05, 0.95))
        measured = _share(compared, within=within, times=everybody) / rate
        times.append(Times(rate=rate, times=measured, low=float(low), high=float(high)))
    return GroupRates(
        name=name,
        people=count,
        photos=int(compared.photos.sum()),
        impostor_pairs=compared.impostors,
        times=tuple(times),
        refused=_refused(compared, threshold=calibration.distance_at(REFUSED_AT)),
    )


def _share(compared: Pairs, *, within: int, times: NDArray[np.float64]) -> float:
    """Return the share of the pairs that are the nearest so many, person i taken `times[i]`."""
    first, second = compared.nearest_people[:within].T
    photos = compared.photos * times
    ignored = sum(photos[one] * photos[other] for one, other in compared.ignored_pairs.tolist())
    every = (photos.sum() ** 2 - np.square(photos).sum()) / 2 - ignored
    return float((times[first] * times[second]).sum() / every) if every > 0 else float("nan")


def _refused(compared: Pairs, *, threshold: float) -> float | None:
    """Return the share of genuine pairs beyond the threshold, every person with the same weight."""
    people = np.unique(compared.genuine_person)
    if not len(people):
        return None
    beyond = compared.genuine > threshold
    return float(np.mean([beyond[compared.genuine_person == person].mean() for person in people]))


def as_json(found: list[GroupRates]) -> list[dict[str, object]]:
    """Return the rows as JSON values."""
    return [
        {
            "group": each.name,
            "people": each.people,
            "photos": each.photos,
            "impostor_pairs": each.impostor_pairs,
            "times_promised": {
                f"{at.rate:g}": [round(figure, 3) for figure in (at.times, at.low, at.high)] for at in each.times
            },
            "genuine_refused": None if each.refused is None else round(each.refused, 5),
        }
        for each in found
    ]


def table(found: list[GroupRates]) -> list[str]:
    """Return the rows as lines of a table in Markdown: times as often as promised, with the interval."""
    titles = ["group", "people", "photos", "pairs", *(f"at 1 in {round(1 / rate):,}" for rate in RATES), "refused"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for each in found:
        at = {one.rate: f"{one.times:.2f} ({one.low:.1f} to {one.high:.1f})" for one in each.times}
        refused = "no pair" if each.refused is None else f"{each.refused:.1%}"
        cells = [each.name, f"{each.people:,}", f"{each.photos:,}", f"{each.impostor_pairs:,}"]
        cells += [at.get(rate, "too few pairs") for rate in RATES]
        lines.append(f"| {' | '.join([*cells, refused])} |")
    return lines
