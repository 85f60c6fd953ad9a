"""A test that empties the tables takes nothing from those that follow it, in whichever order they run."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from attendance.workdays.models import StatusCode
from tests import migration_rows


@pytest.mark.django_db(transaction=True)
def test_what_a_migration_made_is_put_back(rows_of_migrations: migration_rows.Rows) -> None:
    before = list(StatusCode.objects.order_by("pk").values())
    assert before
    call_command("flush", interactive=False, verbosity=0)
    assert not StatusCode.objects.exists()
    migration_rows.restore(rows_of_migrations)
    assert list(StatusCode.objects.order_by("pk").values()) == before
    migration_rows.restore(rows_of_migrations)
    assert list(StatusCode.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_one_that_empties_them_finds_the_rows_of_another_that_did(order: int) -> None:
    assert StatusCode.objects.exists()
