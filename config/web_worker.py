"""A process of gunicorn that serves through waitress: it receives whole requests before a thread works on them.

gunicorn opens the socket, forks from a master that has opened the model, watches and restarts; waitress speaks HTTP.
docs/decisions/0010-a-server-that-buffers.md has the reasons.
"""

from __future__ import annotations

import os
import time

from django.db import close_old_connections
from gunicorn.workers.base import Worker

from config import connections, memory

STEP_SECONDS = 0.5
"""How often a process without any work shows gunicorn that it lives, and looks whether it has been told to stop."""


class WebWorker(Worker):  # type: ignore[misc]  # carries no types
    """One web process: a thread that receives and sends, and the threads that answer."""

    def run(self) -> None:
        """Serve until told to stop, or until the master is gone; then finish what has been received."""
        from attendance.web import admission  # noqa: PLC0415  (needs Django, which gunicorn sets up after this module)

        settings = connections.Settings(
            threads=self.cfg.threads,
            admission=admission,
            after_request=memory.give_back,
            before_asking=close_old_connections,
        )
        servers = connections.Servers(self.wsgi, sockets=[each.sock for each in self.sockets], settings=settings)
        while self.alive and self.ppid == os.getppid():
            self.notify()
            servers.step(STEP_SECONDS)
        deadline = time.monotonic() + self.cfg.graceful_timeout
        servers.stop_accepting()
        while servers.busy and time.monotonic() < deadline:
            self.notify()
            servers.step(0.05)
        servers.close()
