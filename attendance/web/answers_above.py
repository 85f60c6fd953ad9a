"""Redirects to the messages above a page, for forms whose address names a place further down.

A browser keeps the anchor of a form's address through a redirect that names none, and would pass the message by.
"""

from __future__ import annotations

from django.http import HttpResponseRedirect

ANCHOR = "messages"
"""Where a page shows what became of the last form; one without messages is shown from its top."""


def redirect_to_messages(address: str) -> HttpResponseRedirect:
    """Show a page from its messages on."""
    return HttpResponseRedirect(f"{address}#{ANCHOR}")
