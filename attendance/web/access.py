"""The gates before a page: sign-in, rights, and the first change of password.

Every page needs a signed-in user, unless it is declared to be open to visitors or to doors (`pages.Audience`). Rights
are those of `core.permissions`; no page looks at groups.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeAlias
from urllib.parse import quote, urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from attendance.core import permissions
from attendance.core.models import User
from attendance.core.permissions import Right

Arguments = ParamSpec("Arguments")
View: TypeAlias = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]
OPEN_DURING_PASSWORD_CHANGE = frozenset({"change_password", "sign_out", "set_theme"})
"""What somebody may open before the first password is changed."""


def has(request: HttpRequest, *rights: Right) -> bool:
    """Tell whether whoever asks has at least one of the rights."""
    return permissions.rights(request.user).has(*rights)


def require(*rights: Right) -> Callable[[View[Arguments]], View[Arguments]]:
    """Answer 403 to whoever has none of the rights."""

    def decorate(view: View[Arguments]) -> View[Arguments]:
        def guarded(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
            if not has(request, *rights):
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


class SignInGate(LoginRequiredMiddleware):
    """Sends whoever is not signed in to the sign-in page, also from within a live part of a page."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        """Redirect; a live part (htmx) makes the browser leave the page instead of showing a form inside it."""
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
