"""The rows that migrations make: a transactional test empties every table behind it, and they are put back.

Django puts back what it makes after each migration, as rights and content types; rows of our own migrations, as the
status codes, would be gone for every test that happens to run later.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import Model

Rows = dict[type[Model], list[Model]]
RESTORE = pytest.StashKey[Any]()
"""What a test that empties the tables has to do after everything else."""


def read() -> Rows:
    """Return the rows of our own tables; asked before a test has committed any, they are those of the migrations."""
    found = {model: list(model._base_manager.all()) for model in apps.get_app_config("attendance").get_models()}
    return {model: rows for model, rows in found.items() if rows}


def restore(rows: Rows) -> None:
    """Fill the tables again that have been emptied."""
    with transaction.atomic():
        for model, own in rows.items():
            if not model._base_manager.exists():
                model._base_manager.bulk_create(own)


def empties_the_tables(item: pytest.Item) -> bool:
    """Whether a test commits, so that the tables are emptied after it."""
    mark = item.get_closest_marker("django_db")
    asked = {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return bool(asked or (mark and mark.kwargs.get("transaction")))
