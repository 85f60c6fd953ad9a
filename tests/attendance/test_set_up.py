"""A first start leaves exactly one way in; a later one changes nothing."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from attendance.core.models import AuditEntry, User
from attendance.core.permissions import Right, rights


def first_administrator() -> str:
    output = StringIO()
    call_command("create_first_administrator", stdout=output)
    return output.getvalue()


def password_in(output: str) -> str:
    return output.splitlines()[0].rsplit(" ", 1)[1]


def test_the_first_sign_in_works_and_leads_to_the_change_of_password(db: None, client: Client) -> None:
    password = password_in(first_administrator())
    assert len(password) >= 16
    response = client.post(reverse("sign_in"), {"username": "admin", "password": password}, follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("change_password"))
    administrator = User.objects.get()
    assert rights(administrator).has(Right.MANAGE_SETTINGS)
    assert AuditEntry.objects.filter(subject=f"user:{administrator.pk}").exists()


def test_a_sign_in_that_was_never_used_is_issued_anew_and_the_old_one_is_void(db: None, client: Client) -> None:
    first, second = password_in(first_administrator()), password_in(first_administrator())
    assert first != second
    assert not client.login(username="admin", password=first)
    assert client.login(username="admin", password=second)


def test_once_somebody_can_sign_in_nothing_is_printed_or_changed(db: None, administrator: User) -> None:
    assert first_administrator() == ""
    assert list(User.objects.all()) == [administrator]


def test_a_used_first_account_keeps_its_password(db: None, client: Client) -> None:
    password = password_in(first_administrator())
    client.login(username="admin", password=password)
    assert first_administrator() == ""
    assert User.objects.get().check_password(password)


@pytest.mark.django_db
def test_static_files_are_collected_once_and_again_when_one_changes(
    settings: Settings, tmp_path: Path, administrator: User
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.css").write_text("a {}")
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], tmp_path / "collected"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    call_command("set_up")
    manifest = tmp_path / "collected" / "staticfiles.json"
    first = manifest.stat().st_mtime_ns
    call_command("set_up")
    assert manifest.stat().st_mtime_ns == first
    with time_machine.travel("2030-01-01", tick=True):
        (source / "b.css").write_text("b {}")
    call_command("set_up")
    assert "b.css" in manifest.read_text()
