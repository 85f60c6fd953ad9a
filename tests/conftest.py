"""What do all tests share? A state folder of their own, real faces, and an honest word about what was skipped."""

from __future__ import annotations

import os
import tempfile

import pytest

os.environ.setdefault("MUSTER_VAR", tempfile.mkdtemp(prefix="muster-tests-"))

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
