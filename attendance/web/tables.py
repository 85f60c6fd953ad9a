"""How does a report leave: as a page or as a file? The same filter, the same columns."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse

from attendance.reports.table import Link, Table
from attendance.reports.writers import csv, html

ADDRESSES = {"person": "person", "person_month": "person_month", "attempt": "attempt"}
"""What a link stands for -> name of the page that shows it."""


def address(link: Link) -> str:
    """Return where a link leads."""
    return reverse(ADDRESSES[link.kind], args=[link.key])


def page(table: Table, *, sort: str = "") -> html.Page:
    """Return the table for a template."""
    return html.page(table, address=address, sort=sort)


def wants_file(request: HttpRequest) -> bool:
    """Tell whether the address asks for the file instead of the page."""
    return request.GET.get("format") == "csv"


def file(request: HttpRequest, table: Table, *, name: str) -> StreamingHttpResponse:
    """Return the table as CSV; `bom=1` marks it as UTF-8 for Excel."""
    lines = csv.write(table, byte_order_mark=request.GET.get("bom") == "1")
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"},
    )
