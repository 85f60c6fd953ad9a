"""A message transport for kombu through a folder; no message is lost or half read.

kombu's own `filesystem://` transport creates the final name first and fills it afterwards: a reader that comes in
between takes an empty file, and the error ends the worker. Here a message is written aside and renamed into place,
taken by a rename into a folder on the same file system, and a message that cannot be read is set aside, not raised.
One machine and its local disk: rename is not dependable on NFS or SMB (a system check says so).
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu import transport
from kombu.transport import virtual

from config import envelopes

logger = logging.getLogger(__name__)

ALIAS = "muster-folder"
"""Scheme of the broker address; `register` makes it known to kombu."""
POLLING_SECONDS = 0.1
"""Median 53 ms from sending to starting, for 0.3 % of a core while idle; kombu's own 1 s gives half a second."""


class Channel(virtual.Channel):
    """Messages of every queue as files: `<folder>/ready`, `<folder>/taken` and `<folder>/bad`."""

    # Which queue an exchange leads to is declared by every producer in its own memory. kombu's file of bindings
    # serves fanout (remote control), which is off; several processes that rewrite it corrupt it.
    supports_fanout = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        folder = Path(_options(self)["folder"])
        self.ready, self.taken, self.bad = (folder / name for name in ("ready", "taken", "bad"))
        for path in (self.ready, self.taken, self.bad):
            path.mkdir(parents=True, exist_ok=True)

    def _put(self, queue: str, message: dict[str, Any], **_options: Any) -> None:
        # wall-clock: a monotonic name would sort before yesterday's messages after a restart of the machine
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.{queue}"
        _write(self.ready, f"{name}.msg", json.dumps(message))

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:  # noqa: ARG002  (kombu's signature)
        for name in self._waiting(queue):
            claimed = self.taken / name
            try:
                (self.ready / name).rename(claimed)
            except FileNotFoundError:  # another reader was first
                continue
            message: dict[str, Any] = _parsed(claimed.read_bytes())
            problem = envelopes.find_problem(message)
            if problem is None:
                claimed.unlink()
                return message
            claimed.rename(self.bad / name)
            logger.error("message %s has %s, set aside in %s", name, problem, self.bad)
        raise Empty

    def set_aside(self, raw: object, /, *, reason: str) -> None:
        """Keep a message that the worker could not take beside those that could not be read."""
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.msg"
        logger.error("a message %s, set aside as %s in %s", reason, name, self.bad)
        _write(self.bad, name, json.dumps(raw, default=repr))

    def count_set_aside(self) -> int:
        """Return how many messages were set aside; whoever has looked at them deletes the files."""
        return sum(path.suffix == ".msg" for path in self.bad.iterdir())

    def _waiting(self, queue: str) -> list[str]:
        """Names of the messages of this queue, oldest first."""
        names = (path.name for path in self.ready.iterdir())
        return sorted(name for name in names if name[0] != "." and name.partition(".")[2] == f"{queue}.msg")

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _purge(self, queue: str) -> int:
        names = self._waiting(queue)
        for name in names:
            (self.ready / name).unlink(missing_ok=True)
        return len(names)


def _parsed(content: bytes) -> Any:
    """Return what the JSON says; None where it is no JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _write(folder: Path, name: str, text: str) -> None:
    """Write aside and rename, so that nobody reads half of it; a full disk leaves nothing behind."""
    aside = folder / f".{name.removesuffix('.msg')}.part"
    try:
        aside.write_text(text, encoding="utf-8")
        aside.rename(folder / name)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def _options(channel: virtual.Channel) -> dict[str, Any]:
    client = channel.connection.client
    return (client.transport_options if client else None) or {}


class Transport(virtual.Transport):
    """The folder transport with a channel that survives concurrent writers."""

    Channel = Channel
    implements = virtual.Transport.implements.extend(asynchronous=False, exchange_type=frozenset(["direct", "topic"]))
    state = virtual.BrokerState()
    default_port = 0
    polling_interval = POLLING_SECONDS
    driver_type = driver_name = "muster-folder"


def register() -> None:
    """Make `muster-folder://` an address that kombu understands."""
    transport.TRANSPORT_ALIASES[ALIAS] = f"{__name__}:Transport"
