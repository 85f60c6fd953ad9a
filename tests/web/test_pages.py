"""Every page declares whom it is open to, and the side bar shows a line exactly to those who may open its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from attendance.core import permissions
from attendance.core.models import User
from attendance.core.permissions import ROLES, Right
from attendance.web import navigation, urls
from attendance.web.pages import Audience, Entry
from tests import cast

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
LEADING = [page for page in urls.PAGES if isinstance(page.menu, Entry)]
"""The pages that have a line of the side bar."""


def routed(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
    """Return every address outside of the admin, which guards its own."""
    found: list[URLPattern] = []
    for entry in patterns:
        if isinstance(entry, URLPattern):
            found.append(entry)
        elif entry.namespace != "admin":
            found.extend(routed(entry.url_patterns))
    return found


def test_every_address_is_a_declared_page_and_stands_behind_its_guard() -> None:
    declared = {(page.numbered_route, page.name): page for page in urls.PAGES}
    assert len(declared) == len(urls.PAGES)
    patterns = routed(get_resolver().url_patterns)
    assert {(str(pattern.pattern), pattern.name) for pattern in patterns} == set(declared)
    for pattern in patterns:
        page = declared[str(pattern.pattern), str(pattern.name)]
        open_without_sign_in = not getattr(pattern.callback, "login_required", True)
        assert open_without_sign_in == (page.open_to in {Audience.VISITORS, Audience.DOORS}), page.name
        assert (pattern.callback is page.view) != bool(page.rights), page.name


def test_a_page_that_asks_for_rights_names_at_least_one() -> None:
    assert [page.name for page in urls.PAGES if not isinstance(page.open_to, Audience) and not page.rights] == []


def test_names_of_pages_are_unique() -> None:
    names = [page.name for page in urls.PAGES]
    assert len(set(names)) == len(names)


def test_the_lines_of_the_side_bar_have_an_order_and_pages_point_to_them() -> None:
    orders = [page.menu.order for page in LEADING if isinstance(page.menu, Entry)]
    assert len(set(orders)) == len(orders)
    pointed_to = {page.menu for page in urls.PAGES if isinstance(page.menu, str) and page.menu}
    assert pointed_to <= {page.name for page in LEADING}


@pytest.mark.parametrize("role", [*ROLES, None, "superuser"])
def test_the_side_bar_shows_exactly_the_lines_whose_pages_open(client: Client, db: None, role: str | None) -> None:
    if role == "superuser":
        user = User.objects.create_superuser("root", password=cast.PASSWORD)
    else:
        user = cast.user("somebody", role=role)
    client.force_login(user)
    shown = {line["url"] for line in navigation.lines(permissions.rights(user))}
    opened = {reverse(page.name) for page in LEADING if client.get(reverse(page.name)).status_code != 403}
    assert shown == opened


def test_the_line_of_the_open_page_is_marked(desk: Client) -> None:
    def marked(name: str) -> list[str]:
        lines = desk.get(reverse(name)).context["navigation"]
        return [line["label"] for line in lines if line["current"]]

    assert marked("people") == ["People"]
    assert marked("imports") == ["People"]
    assert marked("expected") == ["Check-ins"]
    assert marked("holidays") == ["Months"]
    assert marked("change_password") == []


def test_templates_ask_for_rights_that_exist() -> None:
    asked = {
        name for path in TEMPLATES.rglob("*.html") for name in re.findall(r"\brights\.(\w+)", path.read_text("utf-8"))
    }
    assert asked
    assert asked <= set(Right)
