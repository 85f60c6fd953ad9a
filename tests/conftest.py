"""Fixtures of all tests: a state folder of their own, real faces, and a report of what was skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import effort, migration_rows, workers

pytest_plugins = ("tests.cast",)

effort.register()

_OF_DATABASE_OR_BROKER = frozenset({"db", "transactional_db", "instance", "unreachable_broker"})
"""Fixtures through which a test meets whatever DATABASE_URL and REDIS_URL name."""
_LONGEST_FIRST = ("dataset", "system")
"""Marks of the files that take minutes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--measure-effort", action="store_true", help="write tests/effort.txt anew (`make effort`)")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--measure-effort"):
        config.pluginmanager.register(effort.Measured())
    if not hasattr(config, "workerinput"):  # where several processes share the tests, their reports arrive here
        config.pluginmanager.register(Skipped())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    for item in items:  # before `-m` chooses
        if item.get_closest_marker("dataset") and not os.environ.get("MUSTER_DATA"):
            item.add_marker(pytest.mark.skip(reason="needs the data that MUSTER_DATA points to"))
        asked = frozenset(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or asked & _OF_DATABASE_OR_BROKER:
            item.add_marker(pytest.mark.stored)
    yield
    effort.leave_out_the_longest(config, items)
    if workers.NAME:  # after the random order
        begin_with_the_longest(items)


def begin_with_the_longest(items: list[pytest.Item]) -> None:
    """Where several processes share the tests, none shall begin a file of minutes when the others are done."""
    rank: dict[Path, int] = {}
    for item in items:
        found = [place for place, mark in enumerate(_LONGEST_FIRST) if item.get_closest_marker(mark)]
        rank[item.path] = min(rank.get(item.path, len(_LONGEST_FIRST)), *found, len(_LONGEST_FIRST))
    items.sort(key=lambda item: rank[item.path])


class Skipped:
    """Where everything is installed, a test that was skipped is a test that failed."""

    def __init__(self) -> None:
        self.unexcused: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        excused = "dataset" in report.keywords and not os.environ.get("MUSTER_DATA")
        if report.skipped and not excused and not hasattr(report, "wasxfail"):
            self.unexcused.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if os.environ.get("CI") and self.unexcused and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if os.environ.get("CI") and self.unexcused:
            told = ", ".join(self.unexcused)
            terminalreporter.write_line(f"skipped though everything should be installed here: {told}")


@pytest.fixture(scope="session")
def rows_of_migrations(django_db_setup: None, django_db_blocker: Any) -> migration_rows.Rows:
    """Rows that only migrations make, as they are before the first test that commits."""
    with django_db_blocker.unblock():
        return migration_rows.read()


@pytest.fixture(autouse=True)
def _keep_rows_of_migrations(request: pytest.FixtureRequest) -> None:
    if migration_rows.empties_the_tables(request.node):
        rows = request.getfixturevalue("rows_of_migrations")
        blocker = request.getfixturevalue("django_db_blocker")
        request.node.stash[migration_rows.RESTORE] = (rows, blocker)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Put back what the flush after a transactional test took, once its fixtures are gone; the last one needs none."""
    yield
    if nextitem is not None and migration_rows.RESTORE in item.stash:
        rows, blocker = item.stash[migration_rows.RESTORE]
        with blocker.unblock():
            migration_rows.restore(rows)


@pytest.fixture
def unreachable_broker(tmp_path: Path) -> Iterator[None]:
    """Point this process at a broker that cannot be reached, whichever kind it is."""
    from celery import current_app

    settings: Any = current_app.conf
    before = settings.broker_url, dict(settings.broker_transport_options)
    if settings.broker_url.startswith("redis"):
        settings.broker_url = "redis://127.0.0.1:1/0"
    else:
        (tmp_path / "file").write_text("where the folder should be")
        settings.broker_transport_options = {**settings.broker_transport_options, "folder": str(tmp_path / "file")}
    forget_connections()
    yield
    settings.broker_url, settings.broker_transport_options = before
    forget_connections()


def forget_connections() -> None:
    """Let the next message open a connection of its own; what is open knows only the old address."""
    from celery import current_app

    app: Any = current_app
    app.pool.force_close_all()
    app._pool = None
    app.amqp._producer_pool = None
