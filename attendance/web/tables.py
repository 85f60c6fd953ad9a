"""Reports as a page or as a file, with the same filter and the same columns."""

from __future__ import annotations

import contextlib
import errno
import logging
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from attendance.core import clock
from attendance.reports.table import Link, State, Table
from attendance.reports.writers import csv, html, pdf, xlsx
from attendance.web import access, errors

logger = logging.getLogger(__name__)

ADDRESSES = {"person": "person", "person_month": "person_month", "attempt": "attempt"}
"""What a link stands for -> name of the page that shows it."""


def address(link: Link) -> str:
    """Return where a link leads."""
    return reverse(ADDRESSES[link.kind], args=[link.key])


def page(table: Table, *, sort: str = "", month: str = "") -> html.Page:
    """Return the table for a template; its links stay in the `month` that is given."""
    query = f"?month={month}" if month else ""
    return html.page(table, address=lambda link: address(link) + query, state=_mark, sort=sort)


@lru_cache(maxsize=64)  # a few words, on every row
def _mark(state: State) -> SafeString:
    return render_to_string("attendance/_state.html", {"state": state})


SHEETS: dict[str, tuple[Callable[..., None], str]] = {
    "xlsx": (xlsx.write, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": (pdf.write, "application/pdf"),
}
"""Format -> who writes it into an open file, and what browsers call it."""
Words = Sequence[tuple[str, str]]
"""Labels and values of a filter, as a file repeats them."""


def wants_file(request: HttpRequest) -> bool:
    """Tell whether the address asks for the file instead of the page."""
    return request.GET.get("format") in {"csv", *SHEETS}


def file(request: HttpRequest, table: Table, *, name: str, words: Words = ()) -> HttpResponseBase:
    """Return the table as the file that the address asks for; a sheet repeats the filter, when and by whom."""
    if request.GET.get("format") not in SHEETS:
        return csv_file(request, table, name=name)
    now = clock.now()
    made = f"{now.astimezone(table.zone):%Y-%m-%d %H:%M} ({table.zone.key})"
    by = access.current_user(request).username
    note = xlsx.Note([*words, ("Made", made), ("By", by)], now.replace(second=0, microsecond=0))
    return sheet_file(request, table, note, name=name)


def csv_file(request: HttpRequest, table: Table, *, name: str) -> StreamingHttpResponse:
    """Return the table as CSV; `bom=1` marks it as UTF-8 for Excel."""
    lines = csv.write(table, byte_order_mark=request.GET.get("bom") == "1")
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"},
    )


def sheet_file(request: HttpRequest, table: Table, note: xlsx.Note, *, name: str) -> HttpResponseBase:
    """Return a spreadsheet or a PDF from the disk; where that is full the page comes back and says so."""
    wanted = request.GET.get("format", "xlsx")
    write, kind = SHEETS[wanted]
    made = tempfile.TemporaryFile()  # noqa: SIM115  (the answer closes it when it has been sent)
    try:
        write(table, note, to=made)
        made.seek(0)
    except OSError as problem:
        with contextlib.suppress(OSError):  # what could not be written cannot be flushed either
            made.close()
        return _not_written(request, problem)
    answer = FileResponse(made, content_type=kind, as_attachment=True, filename=f"{name}.{wanted}")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _not_written(request: HttpRequest, problem: OSError) -> HttpResponseBase:
    logger.error("an export could not be written", exc_info=problem)
    full = problem.errno in {errno.ENOSPC, errno.EDQUOT}
    messages.error(request, errors.sentence("storage_full" if full else "storage_failed"))
    query = request.GET.copy()
    query.pop("format", None)
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
