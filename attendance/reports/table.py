"""`Table`, the value that every report returns and every writer reads."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo


class Kind(enum.Enum):
    """What a column holds, so that each writer can choose its form."""

    TEXT = "text"
    COUNT = "count"
    MOMENT = "moment"
    """An instant, shown with its local date."""
    TIME = "time"
    """An instant, shown as local hours and minutes beside a date that another column tells."""
    DAY = "day"
    DURATION = "duration"
    """Shown as h:mm."""
    DISTANCE = "distance"
    NUMBER = "number"
    """A plain number, such as half a day."""
    CODE = "code"
    """A short code of a legend, such as P or HD."""


class Tone(enum.Enum):
    """What a state means; a page adds an icon, so that colour never speaks alone."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class State:
    """A word from a short list: in, out, matched, missing out."""

    text: str
    tone: Tone = Tone.PLAIN
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A text that stands for a row somewhere; the page knows the address, a file keeps the text."""

    text: str
    kind: str
    key: int


Cell = str | int | float | dt.datetime | dt.date | dt.timedelta | State | Link | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `sort` is the name by which the report can be sorted, empty where it cannot."""

    label: str
    kind: Kind = Kind.TEXT
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; `rows` may be read once only, so that a long export never lies in memory."""

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Cell, ...]]
    zone: ZoneInfo
    digits: int | None = 4
    """After the point of a plain number; None for six significant digits and, in spreadsheets, all that there are."""
