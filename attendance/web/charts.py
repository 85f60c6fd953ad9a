"""How are figures drawn? As SVG that reads without colour and without script; the table beside it says the same."""

from __future__ import annotations

from collections.abc import Sequence

import pygal
from django.utils.safestring import SafeString
from pygal.style import Style

from attendance.reports.hours import WEEK, Counted

STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="currentColor",
    foreground_strong="currentColor",
    foreground_subtle="currentColor",
    font_family="inherit",
    colors=("#1d57b8", "#a8231c", "#1a6638", "#7d4b00", "#6b3fa0", "#0f6e74", "#545b65"),
    opacity=".9",
    label_font_size=12,
    major_label_font_size=12,
    legend_font_size=12,
)


def presence(counted: Counted) -> SafeString:
    """Return a line for each day of the week that had anybody, over the hours."""
    chart = pygal.Line(**_options("People present by hour"), dots_size=2)
    chart.x_labels = [f"{hour:02}" for hour in range(24)]
    for day, hours in zip(WEEK, counted, strict=True):
        if any(hours):
            chart.add(day, [round(value, 1) for value in hours])
    return _drawn(chart)


def bars(title: str, labels: Sequence[str], values: Sequence[float]) -> SafeString:
    """Return one bar a label."""
    chart = pygal.HorizontalBar(**_options(title))
    for label, value in zip(labels, values, strict=True):
        chart.add(label, value)
    return _drawn(chart)


def _options(title: str) -> dict[str, object]:
    return {
        "style": STYLE,
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
    """The chart is made of our own labels and numbers; pygal escapes texts by itself."""
    svg: str = chart.render(is_unicode=True)
    return SafeString(svg.replace("<svg ", '<svg role="img" ', 1))
