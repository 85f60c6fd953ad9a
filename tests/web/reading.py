"""Reads the table of a page."""

from __future__ import annotations

import html
import re


def column(page: str, label: str) -> list[str]:
    """Return the texts under a heading, row by row."""
    cells = re.findall(rf'<td class="[^"]*" data-label="{re.escape(label)}"[^>]*>(.*?)</td>', page)
    return [html.unescape(re.sub("<[^>]*>", "", cell)) for cell in cells]
