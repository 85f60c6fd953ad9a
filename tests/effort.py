"""What the plain `pytest` leaves to `make test` and CI: most examples of a property, and the tests that take longest.

`make effort` measures every test alone, in processor seconds, and writes down which ones do not fit into the budget.
Whoever names a file or a test runs all of it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

WHOLE, PLAIN = "whole", "plain"
"""Profiles; `make test` asks for the first by `--hypothesis-profile`."""
_EXAMPLES = {WHOLE: 100, PLAIN: 15}
_FEWEST = 5


def register() -> None:
    """Register both profiles, and load the plain one until another is asked for."""
    for name, count in _EXAMPLES.items():
        # an example that takes long says that the machine is busy, not that the code is wrong
        hypothesis.settings.register_profile(name, max_examples=count, deadline=None)
    hypothesis.settings.load_profile(PLAIN)


def examples(count: int) -> int:
    """Return how many of so many examples this run tries."""
    held = hypothesis.settings.get_current_profile_name()
    return max(min(count, _FEWEST), count * _EXAMPLES.get(held, _EXAMPLES[WHOLE]) // _EXAMPLES[WHOLE])


RECORD = Path(__file__).with_name("effort.txt")
"""The tests that the plain run leaves out, a line each."""
BUDGET_SECONDS = 25.0
"""Processor seconds that the tests of the plain run take together, imports and the database's migrations aside."""


def leave_out_the_longest(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is recorded as long, where everything is run and not even the profile was chosen."""
    if not _is_plain(config) or not RECORD.exists():
        return
    long = frozenset(RECORD.read_text().splitlines())
    left = [item for item in items if _function(item) in long]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if _function(item) not in long]


def _is_plain(config: pytest.Config) -> bool:
    is_whole = hypothesis.settings.get_current_profile_name() != PLAIN
    return not (is_whole or config.getoption("--measure-effort") or config.args != config.getini("testpaths"))


def _function(item: pytest.Item) -> str:
    """Return the address of a test without its parameters, which are counted together."""
    return item.nodeid.partition("[")[0]


class Measured:
    """Writes `RECORD` at the end of a run that was started with `--measure-effort`."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, list[float]] = defaultdict(list)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        began = time.process_time()
        result = yield
        self._seconds[_function(item)].append(time.process_time() - began)
        return result

    def pytest_sessionfinish(self) -> None:
        rest, left = sum(map(sum, self._seconds.values())), []
        for name, each in sorted(self._seconds.items(), key=lambda one: -sum(one[1]) / len(one[1])):
            if rest <= BUDGET_SECONDS:
                break
            rest -= sum(each)
            left.append(name)
        RECORD.write_text("".join(f"{name}\n" for name in sorted(left)))
