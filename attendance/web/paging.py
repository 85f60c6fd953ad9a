"""Pages of a long list: fifty rows, and a page number that is never out of range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

ROWS = 50


def page(
    request: HttpRequest, found: QuerySet[Any] | Sequence[Any], *, rows: int = ROWS, name: str = "page"
) -> Page[Any]:
    """Return the page that the address asks for; a second list of a page has a `name` of its own."""
    return Paginator(found, rows).get_page(request.GET.get(name))
