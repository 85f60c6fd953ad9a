"""Sign in and out, change of password, and the choice of light or dark."""

from __future__ import annotations

from typing import Any

from django.contrib import auth, messages
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from attendance.checkins import throttle
from attendance.core import audit
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import names, sign_in_links
from attendance.web import access, addresses, errors
from attendance.web.pages import Audience, Page

THEME_SECONDS = 365 * 24 * 3600


class SignIn(LoginView):
    """The sign-in page; somebody already signed in is sent on."""

    template_name = "attendance/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Leave `site` to the shell, which means the organisation by it; Django's view means a host name."""
        given = super().get_context_data(**kwargs)
        given.pop("site", None)
        return given

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count the try before the password is looked at: of this account from here, from here, and of this account."""
        if wait_seconds := throttle.take_all(_counted(request, request.POST.get("username", ""))):
            refusal = Refusal("sign_in_wait", wait_seconds=wait_seconds)
            form = self.get_form_class()(request, initial={"username": request.POST.get("username", "")})
            context = self.get_context_data(form=form, refused=errors.explain(refusal))
            return self.render_to_response(context, status=429)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, and reset the count of failures; those from here on other accounts stay counted."""
        _forgive(self.request, self.request.POST.get("username", ""))
        return super().form_valid(form)


def _counted(request: HttpRequest, username: str) -> dict[str, throttle.Limit]:
    """Return what a try counts for; the account by what all spellings of its name have in common."""
    account, place = names.spelling_key(username), addresses.place(request)
    return {
        throttle.key("sign_in", account, place): throttle.ONE,
        throttle.key("sign_in.place", place): throttle.PLACE,
        throttle.key("sign_in.account", account): throttle.ANYWHERE,
    }


def _forgive(request: HttpRequest, username: str) -> None:
    for counted, limit in _counted(request, username).items():
        if limit is throttle.PLACE:
            throttle.give_back(counted)
        else:
            throttle.clear(counted)


@require_http_methods(["GET", "POST"])
def sign_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Let in whom an administrator gave a link; by a button, since programs open links before people do."""
    user = sign_in_links.find(secret)
    refused = "" if user else errors.explain(Refusal("sign_in_link_over"))
    if user is None or request.method != "POST":
        context = {"found": user, "refused": refused}
        return render(request, "attendance/sign_in_link.html", context, status=410 if refused else 200)
    sign_in_links.redeem(secret)
    _forgive(request, user.username)
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(reverse("today"))


class ChangePassword(PasswordChangeView):
    """The change of password, also the first one that the gate asks for."""

    template_name = "attendance/change_password.html"
    success_url = reverse_lazy("today")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Save the new password, open the gate and write the audit line, in one transaction."""
        user = access.current_user(self.request)
        with transaction.atomic():
            response = super().form_valid(form)
            User.objects.filter(pk=user.pk).update(must_change_password=False)
            audit.record("core.change_password", actor=user, subject=f"user:{user.pk}")
        messages.success(self.request, "Your new password is in use from now on.")
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether the password must be changed, in which case the page offers no way back."""
        return super().get_context_data(forced=access.current_user(self.request).must_change_password, **kwargs)


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the one sign-in page, with its limit on tries; whoever is signed in already has no right here."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return HttpResponseRedirect(f"{reverse('sign_in')}?{request.GET.urlencode(safe='/')}")


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep light, dark or the system's own choice in a cookie and go back to the page."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = reverse("today")
    response = HttpResponseRedirect(back)
    theme = request.POST.get("theme", "")
    if theme in {"light", "dark"}:
        response.set_cookie("theme", theme, max_age=THEME_SECONDS, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


PAGES = (
    Page("admin/login/", admin_sign_in, name="admin_sign_in", open_to=Audience.VISITORS),
    Page("sign-in/", SignIn.as_view(), name="sign_in", open_to=Audience.VISITORS),
    Page("sign-in/link/<str:secret>/", sign_in_by_link, name="sign_in_by_link", open_to=Audience.VISITORS),
    Page("sign-out/", LogoutView.as_view(), name="sign_out", open_to=Audience.SIGNED_IN),
    Page("password/", ChangePassword.as_view(), name="change_password", open_to=Audience.SIGNED_IN),
    Page("theme/", set_theme, name="set_theme", open_to=Audience.VISITORS),
)
