"""Durations in whole minutes, and the one way in which they are written: h:mm.

Seconds are dropped, never rounded up to a minute that was not worked; a day drops them once, when it is made.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from timekeeping.values import MINUTE


def cut(seconds: int) -> int:
    """Return the complete minutes of a duration, as seconds, towards zero."""
    return seconds - seconds % MINUTE if seconds >= 0 else seconds + -seconds % MINUTE


def whole_minutes(seconds: int) -> int:
    """Return the complete minutes, towards zero: what is shown is what is compared."""
    return seconds // MINUTE if seconds >= 0 else -(-seconds // MINUTE)


def hours_minutes(duration: int | dt.timedelta) -> str:
    """Write a duration, in seconds where it is a number, as h:mm; hours may go beyond a day."""
    seconds = int(duration.total_seconds()) if isinstance(duration, dt.timedelta) else duration
    minutes = whole_minutes(seconds)
    return f"{'-' if minutes < 0 else ''}{abs(minutes) // 60}:{abs(minutes) % 60:02}"


@dataclass(slots=True)
class Remainders:
    """Seconds that the shifts of one day had beyond their complete minutes; the next shift counts on from them.

    So a day loses less than a minute, however many shifts it has, and the minutes of its shifts make its own.
    """

    gross: int = 0
    worked: int = 0
    confirmed: int = 0

    def cut(self, *, gross: int, worked: int, unconfirmed: int) -> tuple[int, int, int]:
        """Return the three durations of the next shift in complete minutes, and keep what is left over.

        What is confirmed is cut, and what only an automatic out closes is the rest of what was worked.
        """
        gross += self.gross
        confirmed = worked - unconfirmed + self.confirmed
        worked += self.worked
        self.gross, self.worked, self.confirmed = gross % MINUTE, worked % MINUTE, confirmed % MINUTE
        worked -= self.worked
        return gross - self.gross, worked, worked - (confirmed - self.confirmed)
