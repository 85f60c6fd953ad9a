"""How many examples a property is tried with: all of them in `make test` and CI, a part in the plain `pytest`."""

from __future__ import annotations

import hypothesis

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
