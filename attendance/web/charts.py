"""Charts as SVG, readable without colour and script; the table beside a chart shows the same figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import pygal
from django.utils.safestring import SafeString

from attendance.recognition.operating import CurvePoint
from attendance.reports.hours import WEEK, Counted

NOT_ALLOWED = re.compile(r"<style.*?</style>|<script.*?</script>|<!--.*?-->| style=\"[^\"]*\"", flags=re.DOTALL)
"""Parts that the security policy forbids; colours and lines come from months.css, by the classes of the chart."""


def presence(counted: Counted) -> SafeString:
    """Return a line for each day of the week, over the hours; a day without anybody is a line at nothing."""
    return _presence(tuple(tuple(round(value, 1) for value in hours) for hours in counted))


@lru_cache(maxsize=32)  # the same figures are the same drawing, and to draw takes 50 ms
def _presence(counted: tuple[tuple[float, ...], ...]) -> SafeString:
    chart = pygal.Line(**_options("People present by hour"), dots_size=2)
    chart.x_labels = [f"{hour:02}" for hour in range(24)]
    is_empty = not any(map(any, counted))
    for day, hours in () if is_empty else zip(WEEK, counted, strict=True):
        chart.add(day, list(hours))
    return _drawn(chart)


def calibration(points: Sequence[CurvePoint]) -> SafeString:
    """Return the thresholds of the shipped and the own table, a line each, over the rates of a comparison."""
    narrow = {"width": 420, "height": 320, "truncate_legend": -1, "legend_at_bottom_columns": 2}
    chart = pygal.Line(**_options("Threshold at one false match in") | narrow, dots_size=4)
    chart.x_labels = [f"{point.once_in:,}".replace(",000,000", " m") for point in points]
    chart.add("Shipped", [round(point.shipped, 3) for point in points])
    chart.add("Our own people", [round(point.local, 3) for point in points])
    return _drawn(chart)


def _options(title: str) -> dict[str, object]:
    return {
        "title": title,
        "js": (),
        "width": 900,
        "height": 320,
        "show_x_guides": False,
        "disable_xml_declaration": True,
        "explicit_size": False,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 7,
        "no_data_text": "Nobody was here in this month",
        "pretty_print": False,
    }


def _drawn(chart: pygal.Graph) -> SafeString:
    """Render without the forbidden parts; labels and numbers are our own, and pygal escapes texts by itself."""
    svg: str = chart.render(is_unicode=True)
    return SafeString(NOT_ALLOWED.sub("", svg).replace("<svg ", '<svg role="img" ', 1))
