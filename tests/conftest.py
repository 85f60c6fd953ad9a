"""What do all tests share? A state folder of their own, real faces, and an honest word about what was skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ("tests.cast",)

_UNEXCUSED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_UNEXCUSED] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not os.environ.get("MUSTER_DATA"):
        for item in items:
            if item.get_closest_marker("dataset"):
                item.add_marker(pytest.mark.skip(reason="needs the data that MUSTER_DATA points to"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]  # hook
    report = yield
    excused = item.get_closest_marker("dataset") and not os.environ.get("MUSTER_DATA")
    if report.skipped and not excused and not hasattr(report, "wasxfail"):
        item.config.stash[_UNEXCUSED].append(item.nodeid)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is installed, a test that was skipped is a test that failed."""
    unexcused = session.config.stash[_UNEXCUSED]
    if os.environ.get("CI") and unexcused and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    unexcused = terminalreporter.config.stash[_UNEXCUSED]
    if os.environ.get("CI") and unexcused:
        terminalreporter.write_line(f"skipped though everything should be installed here: {', '.join(unexcused)}")


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
