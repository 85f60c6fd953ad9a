"""The declaration of a page: its address, its view, whom it is open to, and its place in the side bar.

Each module of pages ends with its `PAGES`; `urls` collects them, `navigation` draws the side bar from them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from enum import Enum

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseBase
from django.urls import URLPattern, path, register_converter
from django.urls.converters import IntConverter

from attendance.core.permissions import Right, Rights
from attendance.web import access

FORM_BYTES = 2_621_440
"""What a form without files may hold; Django's own limit."""
SMALL_FORM_BYTES = 64 * 1024
"""The same where no account is needed."""
PHOTO_BYTES = 32 * 1024 * 1024
"""A photo of 25 MB, and room for a page that says so of a somewhat larger one."""
PHOTOS_BYTES = 100 * 1024 * 1024
"""A few of them."""
ARCHIVE_BYTES = 2**31 + PHOTO_BYTES
"""A ZIP of 2 GB."""


MOST_ROWS = 2**63 - 1
"""The largest number that both databases keep."""


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
    takes_bytes: int = 0
    """How much may be sent to it at once, where that is more than a form."""

    @property
    def most_bytes(self) -> int:
        """How large a body the web server receives for this page; larger ones are refused unread."""
        small = self.open_to in {Audience.VISITORS, Audience.DOORS}
        return self.takes_bytes or (SMALL_FORM_BYTES if small else FORM_BYTES)

    @property
    def numbered_route(self) -> str:
        """The address with its numbers as far as rows can have them."""
        return self.route.replace("<int:", "<row:")

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
        return path(self.numbered_route, view, name=self.name)


class RowNumber(IntConverter):
    """Numbers in an address, as far as a row can have them; another one is an address that does not exist."""

    def to_python(self, value: str) -> int:
        """Read the number; a ValueError lets Django answer 404."""
        number = super().to_python(value[:20])
        if number > MOST_ROWS:
            raise ValueError(value)
        return number


register_converter(RowNumber, "row")
