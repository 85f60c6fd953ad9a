"""Enrolment of many people: upload, preview, start, progress, stop, and the export of everybody."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance.core import clock, site
from attendance.core.errors import MusterError, Refusal
from attendance.core.permissions import Right
from attendance.enrolment import exporting, importing
from attendance.enrolment.models import Import, ImportRow
from attendance.reports import imported
from attendance.web import access, errors, paging, tables
from attendance.web.pages import ARCHIVE_BYTES, Page

FIRST_IMPORTS = 50


def imports(request: HttpRequest) -> HttpResponseBase:
    """Show the imports so far, or read what was uploaded into a new one."""
    refused = ""
    if request.method == "POST":
        try:
            batch = _read(request)
        except MusterError as error:
            refused = errors.explain(error)
        else:
            return redirect("import_detail", pk=batch.pk)
    done = Count("rows", filter=Q(rows__state__in=("ready", "refused", "skipped")))
    found = Import.objects.select_related("started_by").annotate(total=Count("rows"), finished=done)[:FIRST_IMPORTS]
    context = {"imports": found, "zone": site.zone(), "refused": refused}
    return render(request, "attendance/imports.html", context, status=422 if refused else 200)


@require_POST
def export_people(request: HttpRequest) -> HttpResponseBase:
    """Give everybody away as a ZIP that this very page reads again; a POST, since it is a deed that is remembered."""
    name = f"people-{clock.today(site.zone()).isoformat()}.zip"
    return StreamingHttpResponse(
        exporting.chunks(actor=access.current_user(request)),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _read(request: HttpRequest) -> Import:
    """Read a ZIP, or loose photos with or without a table."""
    actor = access.current_user(request)
    uploads = [(upload.name or "", _bytes(upload)) for upload in request.FILES.getlist("files")]
    if not uploads:
        raise Refusal("no_file_chosen")
    name, file = uploads[0]
    if len(uploads) == 1 and name.lower().endswith(".zip"):
        return importing.read_zip(file, name=name, actor=actor)
    return importing.read_files(uploads, name=name if len(uploads) == 1 else f"{len(uploads)} files", actor=actor)


def _bytes(upload: UploadedFile[Any]) -> BinaryIO:
    """Return the open file; it is read in pieces, a ZIP never lies in memory."""
    return cast("BinaryIO", upload)


def import_detail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show one import: preview or progress, and the verdict of each file."""
    batch = get_object_or_404(Import.objects.select_related("started_by"), pk=pk)
    zone = site.zone()
    shown = request.GET.get("shown", "")
    rows = imported.rows(batch, state=shown, text=request.GET.get("q", ""))
    if tables.wants_file(request):
        return tables.file(request, imported.table(rows.iterator(), zone=zone), name=f"import-{batch.pk}")
    page = paging.page(request, rows)
    context = {
        **_progress(batch),
        "page": page,
        "rows": [_row(row) for row in page],
        "shown": shown,
        "choices": imported.SHOWN,
        "zone": zone,
    }
    return render(request, "attendance/import_detail.html", context)


def _row(row: ImportRow) -> dict[str, Any]:
    return {
        "row": row,
        "state": imported.shown_state(row),
        "sentence": _sentence(row),
    }


def _sentence(row: ImportRow) -> str:
    if row.is_undecided:
        return f"{errors.what(row.code)} Open the person and decide."
    return errors.sentence(row.code, row.facts) if row.code else ""


def _progress(batch: Import) -> dict[str, Any]:
    """Return what the live part shows."""
    progress = importing.progress(batch)
    return {
        "import": batch,
        "progress": progress,
        "time_left": _in_words(progress.seconds_left),
        "preview": importing.preview(batch) if batch.state in {"preview", "cancelled"} else None,
        "what": errors.sentence(batch.code, batch.facts) if batch.code else "",
    }


def _in_words(seconds: float | None) -> str:
    """Write a time that is only guessed, without false exactness."""
    if seconds is None:
        return ""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with the live part alone; when the import has ended, the whole page is loaded again."""
    batch = get_object_or_404(Import.objects.select_related("started_by"), pk=pk)
    response = render(request, "attendance/_import_progress.html", {**_progress(batch), "zone": site.zone()})
    if batch.state != "running":
        response["HX-Refresh"] = "true"
    return response


@require_POST
def start_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Start, or go on."""
    batch = get_object_or_404(Import, pk=pk)
    try:
        importing.start(batch, actor=access.current_user(request))
    except MusterError as error:
        messages.warning(request, errors.explain(error))
    return redirect("import_detail", pk=pk)


@require_POST
def cancel_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop; what is with the worker is finished."""
    batch = get_object_or_404(Import, pk=pk)
    try:
        importing.cancel(batch, actor=access.current_user(request))
    except MusterError as error:
        messages.warning(request, errors.explain(error))
    return redirect("import_detail", pk=pk)


PAGES = (
    Page(
        "people/import/",
        imports,
        name="imports",
        open_to=Right.MANAGE_PEOPLE,
        menu="people",
        takes_bytes=ARCHIVE_BYTES,
    ),
    Page("people/export/", export_people, name="export_people", open_to=Right.MANAGE_PEOPLE, menu="people"),
    Page("people/import/<int:pk>/", import_detail, name="import_detail", open_to=Right.MANAGE_PEOPLE, menu="people"),
    Page(
        "people/import/<int:pk>/progress/",
        import_progress,
        name="import_progress",
        open_to=Right.MANAGE_PEOPLE,
        menu="people",
    ),
    Page(
        "people/import/<int:pk>/start/", start_import, name="start_import", open_to=Right.MANAGE_PEOPLE, menu="people"
    ),
    Page(
        "people/import/<int:pk>/stop/", cancel_import, name="cancel_import", open_to=Right.MANAGE_PEOPLE, menu="people"
    ),
)
