"""Nobody gets in without signing in, and nobody past a password that must be changed."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from attendance.core.models import AuditEntry, SiteSettings, User
from tests.cast import PASSWORD


def test_a_page_sends_a_visitor_to_sign_in_and_back(client: Client, clerk: User) -> None:
    asked = client.get("/?day=2026-03-01")
    assert asked.status_code == 302
    assert asked.headers["Location"] == "/sign-in/?next=/%3Fday%3D2026-03-01"
    answered = client.post(asked.headers["Location"], {"username": "cleo", "password": PASSWORD})
    assert answered.headers["Location"] == "/?day=2026-03-01"


def test_a_wrong_password_says_what_to_do(client: Client, clerk: User) -> None:
    answered = client.post(reverse("sign_in"), {"username": "cleo", "password": "wrong"})
    assert answered.status_code == 200
    assert "Name and password do not belong together" in answered.text


def test_next_never_leads_elsewhere(client: Client, clerk: User) -> None:
    answered = client.post(
        reverse("sign_in"), {"username": "cleo", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answered.headers["Location"] == reverse("today")


def test_a_live_part_leaves_the_page_when_the_session_ended(client: Client, db: None) -> None:
    answered = client.get(
        reverse("today"), headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/people/?page=2"}
    )
    assert answered.headers["HX-Redirect"] == "/sign-in/?next=/people/"
    assert answered.content == b""


def test_sign_out_needs_a_post_and_ends_the_session(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    assert client.get(reverse("sign_out")).status_code == 405
    client.post(reverse("sign_out"))
    assert client.get(reverse("today")).status_code == 302


def test_nothing_opens_before_a_given_password_is_changed(client: Client, clerk: User) -> None:
    User.objects.filter(pk=clerk.pk).update(must_change_password=True)
    client.force_login(clerk)
    for name in ("today", "admin:index"):
        answered = client.get(reverse(name))
        assert (answered.status_code, answered.headers["Location"]) == (302, reverse("change_password"))

    new = "a much longer phrase 7"
    answered = client.post(
        reverse("change_password"), {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )
    assert answered.headers["Location"] == reverse("today")
    assert client.get(reverse("today")).status_code == 200
    assert AuditEntry.objects.get().action == "core.change_password"


def test_a_password_too_short_changes_nothing(client: Client, clerk: User) -> None:
    User.objects.filter(pk=clerk.pk).update(must_change_password=True)
    client.force_login(clerk)
    answered = client.post(
        reverse("change_password"), {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    )
    assert answered.status_code == 200
    clerk.refresh_from_db()
    assert clerk.must_change_password
    assert clerk.check_password(PASSWORD)


def test_light_or_dark_is_kept_and_leads_back(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    answered = client.post(reverse("set_theme"), {"theme": "dark", "next": "/?a=1"})
    assert answered.headers["Location"] == "/?a=1"
    assert 'data-theme="dark"' in client.get(reverse("today")).text
    client.post(reverse("set_theme"), {"theme": "", "next": "//evil.example"})
    assert "data-theme" not in client.get(reverse("today")).text


def test_pages_carry_a_policy_without_inline_code(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    answered = client.get(reverse("today"))
    assert "default-src 'self'" in answered.headers["Content-Security-Policy"]
    assert "unsafe" not in answered.headers["Content-Security-Policy"]
    assert "<script>" not in answered.text
    assert ' style="' not in answered.text
    assert "camera=(self)" in answered.headers["Permissions-Policy"]


def test_the_sign_in_page_names_the_organisation(client: Client, db: None) -> None:
    SiteSettings.objects.create(pk=1, organisation="Harbour Works")
    assert "<span>Harbour Works</span>" in client.get(reverse("sign_in")).text


def test_after_five_wrong_passwords_even_the_right_one_waits(client: Client, clerk: User) -> None:
    wrong, right = {"username": "cleo", "password": "wrong"}, {"username": "Cleo ", "password": PASSWORD}
    for _ in range(5):
        assert client.post(reverse("sign_in"), wrong).status_code == 200
    answered = client.post(reverse("sign_in"), right)
    assert answered.status_code == 429
    assert "Too many tries. Wait a minute and try again" in answered.text
    elsewhere = client.post(reverse("sign_in"), {**right, "username": "cleo"}, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.headers["Location"] == reverse("today")


def test_a_right_password_resets_the_count_of_wrong_ones(client: Client, clerk: User) -> None:
    answers = []
    for password in ("wrong", "wrong", "wrong", "wrong", PASSWORD, "wrong", PASSWORD):
        answers.append(client.post(reverse("sign_in"), {"username": "cleo", "password": password}).status_code)
        client.post(reverse("sign_out"))
    assert answers == [200, 200, 200, 200, 302, 200, 302]


def test_whoever_has_no_right_to_the_admin_is_refused_without_a_redirect_loop(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    assert client.get("/admin/", follow=True).status_code == 403
