"""Every row is in the admin and readable, and no rule can be passed by there."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from attendance.core.models import AuditEntry, User
from attendance.people.models import Department, Person
from tests import factories
from tests.cast import user

MODELS = sorted(apps.get_app_config("attendance").get_models(), key=lambda model: model.__name__)
EDITABLE = {User, Department}
"""Accounts, and a name without consequences; everything else is written by rules."""


@pytest.fixture
def root(client: Client, db: None) -> Client:
    """A browser with somebody who may do everything that the admin allows."""
    made = user("root", role="Administrator")
    User.objects.filter(pk=made.pk).update(is_staff=True, is_superuser=True)
    client.force_login(made)
    return client


def test_every_model_is_there() -> None:
    missing = [model.__name__ for model in MODELS if not admin.site.is_registered(model)]
    assert not missing


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_lists_open_and_rules_have_no_way_round(root: Client, model: type) -> None:
    name = f"admin:attendance_{model._meta.model_name}"  # type: ignore[attr-defined]  # a model
    assert root.get(reverse(f"{name}_changelist")).status_code == 200
    expected = 200 if model in EDITABLE else 403
    assert root.get(reverse(f"{name}_add")).status_code == expected


def test_a_row_is_shown_without_secrets_and_cannot_be_saved(root: Client) -> None:
    person = factories.person("Mei", pin_hash="argon2$secret")
    address = reverse("admin:attendance_person_change", args=[person.pk])
    page = root.get(address)
    assert page.status_code == 200
    assert "argon2$secret" not in page.text
    assert root.post(address, {"name": "Changed"}).status_code == 403
    assert root.post(reverse("admin:attendance_person_delete", args=[person.pk])).status_code == 403


def test_an_account_gets_the_role_hr_as_the_how_to_says(root: Client) -> None:
    """Users, Add, a user name and a password; then Groups, HR: the months are open to the new account."""
    typed = {
        "username": "paula",
        "password1": "a long phrase 7",
        "password2": "a long phrase 7",
        "usable_password": "true",
    }
    added = root.post(reverse("admin:attendance_user_add"), typed, follow=True)
    page = added.context["adminform"].form
    group = next(number for number, name in page.fields["groups"].choices if str(name) == "HR")
    kept = {name: value for name, value in page.initial.items() if value not in (None, False, [])}
    kept |= {"date_joined_0": "2026-11-01", "date_joined_1": "08:00:00", "groups": [str(group)]}
    kept.pop("password", None)
    assert root.post(added.redirect_chain[-1][0], kept).status_code == 302
    made = User.objects.get(username="paula")
    assert made.must_change_password
    User.objects.filter(pk=made.pk).update(must_change_password=False)
    hr = Client()
    hr.force_login(made)
    assert [hr.get(reverse(name)).status_code for name in ("muster_roll", "planning", "payroll")] == [200] * 3


def test_actions_ask_the_rule(root: Client) -> None:
    person = factories.person("Mei")
    address = reverse("admin:attendance_person_changelist")
    root.post(address, {"action": "deactivate", "_selected_action": [person.pk]})
    person.refresh_from_db()
    assert person.deactivated_at is not None
    assert AuditEntry.objects.filter(action="people.deactivate").count() == 1
    Person.objects.filter(pk=person.pk).update(erased_at=person.created_at)
    answered = root.post(address, {"action": "reactivate", "_selected_action": [person.pk]}, follow=True)
    assert "person_erased" in answered.text


def test_an_account_made_by_somebody_else_must_change_its_password(root: Client) -> None:
    password = "a rather long phrase 9"
    root.post(
        reverse("admin:attendance_user_add"),
        {"username": "new", "usable_password": "true", "password1": password, "password2": password},
    )
    assert User.objects.get(username="new").must_change_password
    assert AuditEntry.objects.filter(action="core.add_user").exists()


def test_the_admin_signs_in_by_our_page(client: Client, db: None) -> None:
    answered = client.get("/admin/login/?next=/admin/")
    assert answered.headers["Location"] == "/sign-in/?next=/admin/"
