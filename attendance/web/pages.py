"""The declaration of a page: its address, its view, whom it is open to, and its place in the side bar.

Each module of pages ends with its `PAGES`; `urls` collects them, `navigation` draws the side bar from them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from enum import Enum

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseBase
from django.urls import URLPattern, path

from attendance.core.permissions import Right, Rights
from attendance.web import access


class Audience(Enum):
    """Whom a page is open to that asks for no right."""

    SIGNED_IN = "everybody who is signed in; the page shows them what is their own"
    VISITORS = "everybody"
    DOORS = "paired devices; the view asks for one by `door.paired_device.require_device`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the side bar that leads to a page; whoever may open the page sees it."""

    label: str
    icon: str
    order: int
    """Lines stand from the smallest to the largest."""


@dataclass(frozen=True, slots=True)
class Page:
    """One address of Muster."""

    route: str
    view: Callable[..., HttpResponseBase]
    _: KW_ONLY
    name: str
    """What `reverse` and the templates call the address."""
    open_to: Audience | Right | tuple[Right, ...]
    """One right, several of which one is enough, or an audience without a right."""
    menu: Entry | str = ""
    """The page's own line of the side bar, or the name of the page whose line is marked while this one is open."""

    @property
    def rights(self) -> tuple[Right, ...]:
        """The rights of which one opens the page; none where it asks for no right."""
        if isinstance(self.open_to, Audience):
            return ()
        return (self.open_to,) if isinstance(self.open_to, Right) else self.open_to

    def opens_for(self, rights: Rights) -> bool:
        """Tell whether a signed-in user with the rights may open the page."""
        return isinstance(self.open_to, Audience) or rights.has(*self.rights)

    def url_pattern(self) -> URLPattern:
        """Return what Django routes by, with the guard around the view."""
        view = self.view
        if self.open_to is Audience.VISITORS:
            view = login_not_required(view)
        elif not isinstance(self.open_to, Audience):
            view = access.require(*self.rights)(view)
        return path(self.route, view, name=self.name)
