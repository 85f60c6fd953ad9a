"""Who may open which page?

Every page needs a signed-in user, unless it says otherwise with `login_not_required` and checks a paired device
itself. `require` asks for one right of `core.permissions`; no page looks at groups.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, Literal, ParamSpec, TypeAlias
from urllib.parse import quote, urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from attendance.core import permissions, site
from attendance.core.models import User

Right = Literal[
    "identify",
    "manage_people",
    "view_reports",
    "manage_devices",
    "manage_settings",
    "approve_corrections",
    "manage_attendance",
]
Arguments = ParamSpec("Arguments")
View: TypeAlias = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]
OPEN_DURING_PASSWORD_CHANGE = frozenset({"change_password", "sign_out", "set_theme"})
"""What somebody may open before the first password is changed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the side bar; shown to whoever has one of the `rights`, and to everybody where there are none."""

    url_name: str
    label: str
    icon: str
    rights: tuple[Right, ...] = ()
    also: tuple[str, ...] = ()
    """URL names that belong to this entry too."""


RECORDS = ("days", "present", "attempts", "attempt")
NAVIGATION: tuple[Entry, ...] = (
    Entry("today", "Today", "today"),
    Entry("check_in", "Check in", "face"),
    Entry("check_ins", "Check-ins", "list", rights=("view_reports",), also=RECORDS),
    Entry(
        "people",
        "People",
        "people",
        rights=("manage_people", "view_reports"),
        also=("person", "enrol", "imports", "import_detail", "change_person", "delete_person"),
    ),
    Entry("my_month", "My month", "clock"),
    Entry(
        "muster_roll",
        "Months",
        "month",
        rights=("view_reports", "manage_attendance", "approve_corrections"),
        also=(
            "late",
            "departments",
            "overtime",
            "by_hour",
            "person_month",
            "inbox",
            "ask_correction",
            "ask_leave",
            "planning",
            "save_rules",
            "new_shift",
            "shift",
            "propose_holidays",
            "holidays",
            "staff",
            "read_staff_list",
            "status_codes",
            "sites",
            "site",
            "new_site",
            "overtime_requests",
            "payroll",
            "payroll_template",
            "new_payroll_template",
        ),
    ),
    Entry("compare", "Compare", "compare"),
    Entry("models", "Models", "models", rights=("manage_settings",)),
    Entry("devices", "Doors", "device", rights=("manage_devices",), also=("device_code",)),
    Entry("settings", "Settings", "settings", rights=("manage_settings",)),
)


def has(request: HttpRequest, right: Right) -> bool:
    """Tell whether whoever asks has the right."""
    return bool(getattr(permissions.rights(request.user), right))


def require(*rights: Right) -> Callable[[View[Arguments]], View[Arguments]]:
    """Answer 403 to whoever has none of the rights."""

    def decorate(view: View[Arguments]) -> View[Arguments]:
        def guarded(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
            if not any(has(request, right) for right in rights):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        functools.update_wrapper(guarded, view)
        return guarded

    return decorate


def posted_from(page: str) -> Callable[[View[Arguments]], View[Arguments]]:
    """Take a form; whoever opens its address by hand, as by Enter in the address bar, is shown the page it is on."""

    def decorate(view: View[Arguments]) -> View[Arguments]:
        def guarded(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
            return view(request, *args, **kwargs) if request.method == "POST" else redirect(page)

        functools.update_wrapper(guarded, view)
        return guarded

    return decorate


def current_user(request: HttpRequest) -> User:
    """Return who is signed in; a page behind the gate always has one."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def context(request: HttpRequest) -> dict[str, Any]:
    """Give every template the rights, the site and the side bar."""
    user = getattr(request, "user", None)
    asked = permissions.rights(user)
    match = request.resolver_match
    here = match.url_name if match else None
    entries = [
        {
            "url": reverse(entry.url_name),
            "label": entry.label,
            "icon": entry.icon,
            "current": here == entry.url_name or here in entry.also,
        }
        for entry in NAVIGATION
        if not entry.rights or any(getattr(asked, right) for right in entry.rights)
    ]
    theme = request.COOKIES.get("theme", "")
    return {
        "rights": asked,
        "site": site.settings(),
        "navigation": entries if user is not None and user.is_authenticated else [],
        "theme": theme if theme in {"light", "dark"} else "",
    }


class SignInGate(LoginRequiredMiddleware):
    """Sends whoever is not signed in to the sign-in page, also from within a live part of a page."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        """Redirect; a live part (htmx) is told to leave the page instead of showing a form inside it."""
        response = super().handle_no_permission(request, view_func)
        if request.headers.get("HX-Request"):
            page = request.headers.get("HX-Current-URL", "")
            target = f"{reverse('sign_in')}?next={_path(page)}"
            return HttpResponse(headers={"HX-Redirect": target})  # type: ignore[return-value]  # htmx reads the header
        return response


def _path(url: str) -> str:
    """Return the path of an address, so that nobody is sent to another site."""
    return quote(urlsplit(url).path)


class PasswordGate:
    """Opens nothing but the change of password to a user whose password must be changed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        """Redirect where a password has to be changed first."""
        user = request.user
        if not (isinstance(user, User) and user.must_change_password) or not getattr(view, "login_required", True):
            return None
        match = request.resolver_match
        if match is not None and match.url_name in OPEN_DURING_PASSWORD_CHANGE:
            return None
        return HttpResponseRedirect(reverse("change_password"))
