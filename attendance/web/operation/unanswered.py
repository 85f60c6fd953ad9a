"""The answer when Muster could not record: the disk is full, or the database is away for a moment.

Called for whatever no page has caught. A door reads JSON with a code and a sentence; `Retry-After` makes it send the
same again by itself, where that will help. Nothing has been recorded by a request that ends here: its transaction was
undone.
"""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import server_error

from attendance.core import disk, integrity
from attendance.core.errors import Fault
from attendance.web import errors

RETRY_AFTER_SECONDS = 1


@requires_csrf_token
def answer(request: HttpRequest) -> HttpResponse:
    """Return 503 with a code where the reason is known, and Django's 500 otherwise."""
    error = sys.exc_info()[1]
    integrity.note_damage(error)
    fault = _fault(error)
    if fault is None:
        return server_error(request)
    sentence = errors.explain(fault)
    if "text/html" in request.headers.get("Accept", ""):
        response = HttpResponse(render_to_string("attendance/unanswered.html", {"sentence": sentence}), status=503)
    else:
        response = JsonResponse({"answer": "fault", "code": fault.code, "message": sentence}, status=503)
    response.headers["Cache-Control"] = "no-store"
    if fault.code != "cannot_record":
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _fault(error: BaseException | None) -> Fault | None:
    if disk.is_full(error):
        return Fault("recorded_in_a_moment") if disk.give_up_reserve() else Fault("cannot_record")
    mistake = "no such" in str(error)  # SQLite's word for a table that is not there
    if isinstance(error, OperationalError | InterfaceError) and not mistake:
        return Fault("recorded_in_a_moment")
    return None
