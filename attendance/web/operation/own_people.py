"""The part of the settings page about the calibration by the organisation's own people."""

from __future__ import annotations

from typing import Any

from attendance.core import site
from attendance.core.errors import MusterError
from attendance.recognition import local_calibration, operating, settings
from attendance.reports import faces_to_renew
from attendance.web import charts
from attendance.web.recognition import distances

MUCH_TO_SAY = 0.7
"""Below this weight of the own people the page says that they are few."""

WORTH_SAYING = 1.2
"""Strangers let in, as times of the promise, from which the page names the figure."""


def context(point: settings.OperatingPoint | None) -> dict[str, Any]:
    """Return both curves with what they are made of; `point` is what the present size asks for."""
    try:
        row = local_calibration.newest()
    except MusterError:  # no usable encoder: the part about the matching says so
        return {"own": None}
    if row is None or point is None:
        return {"own": None}
    points = operating.curve(row)
    times = operating.times_as_many(row, false_match_rate=point.rate_per_comparison)
    return {
        "own": row,
        "own_zone": site.zone(),
        "own_curve": [
            {
                "once_in": f"{each.once_in:,}",
                "shipped": each.shipped,
                "local": each.local,
                "shipped_percent": 100 * each.shipped_refused,
                "local_percent": 100 * each.local_refused,
            }
            for each in points
        ],
        "own_chart": charts.calibration(points),
        "own_weight_percent": 100 * row.weight,
        "own_is_small": row.weight < MUCH_TO_SAY,
        "own_times": times if times >= WORTH_SAYING else None,
        "own_counted": distances.tries(1 / operating.counted_once_in(row)) if operating.counted_once_in(row) else "",
        "own_is_counted": operating.counted_once_in(row) * point.rate_per_comparison >= 1,
        "own_pairs": f"{row.pairs:,}",
        "own_nearer": abs(row.difference),
        "to_renew": len(faces_to_renew.find()),
    }
