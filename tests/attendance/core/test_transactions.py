"""Work that met a lock is done again from its beginning; other faults are not."""

from __future__ import annotations

import pytest
from django.db import OperationalError, transaction

from attendance.core import transactions
from attendance.people.models import Department

LOCKED = "database is locked"


class Work:
    """Writes a row, and meets a fault as often as it is told to."""

    def __init__(self, *faults: str) -> None:
        self.faults = list(faults)
        self.done = 0

    def __call__(self) -> int:
        self.done += 1
        Department.objects.create(name=f"Try {self.done}")
        if self.faults:
            raise OperationalError(self.faults.pop(0))
        return self.done


@pytest.mark.django_db(transaction=True)
class TestRun:
    def test_it_is_done_again_and_what_the_first_tries_wrote_is_gone(self) -> None:
        assert transactions.run(Work(LOCKED, "deadlock detected\nDETAIL: ...")) == 3
        assert list(Department.objects.values_list("name", flat=True)) == ["Try 3"]

    def test_it_is_given_up_in_the_end(self) -> None:
        work = Work(*[LOCKED] * 9)
        with pytest.raises(OperationalError, match=LOCKED):
            transactions.run(work, tries=4)
        assert (work.done, Department.objects.count()) == (4, 0)

    def test_another_fault_is_not_tried_again(self) -> None:
        work = Work("no such table: dreams")
        with pytest.raises(OperationalError, match="dreams"):
            transactions.run(work)
        assert work.done == 1

    def test_inside_of_a_transaction_it_is_tried_once(self) -> None:
        work = Work(LOCKED)
        with pytest.raises(OperationalError, match=LOCKED), transaction.atomic():
            transactions.run(work)
        assert (work.done, Department.objects.count()) == (1, 0)
