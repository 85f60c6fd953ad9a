"""Connections of the web server: what is received in how much time, and what waits for a thread.

One thread per process receives and sends for all connections and never waits for one of them; a thread that answers is
given a request when the last byte is here. So whoever sends slowly, or nothing, costs a socket and a few kilobytes.
"""

from __future__ import annotations

import copy
import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.utilities import RequestEntityTooLarge

from config import early_answers

logger = logging.getLogger(__name__)

SEND_STALLS_SECONDS = 30.0
"""How long nobody need take a byte of an answer."""
LINGER_SECONDS = 2.0
"""How long what still comes is thrown away after an early answer, so that it is read instead of a broken connection."""
RECEIVED_BYTES = 64 * 1024
IN_MEMORY_BYTES = 512 * 1024
"""A body above this goes to a file."""
ASK_ABOVE_BYTES = 256 * 1024
"""Before that it is asked whether it may be sent at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How slow a client may be, and how many there may be, in one process."""

    idle_seconds: float = 15.0
    """How long a connection is kept on which nothing has been asked, or nothing more."""
    header_seconds: float = 10.0
    """From the first byte of a request to the end of its headers."""
    body_grace_seconds: float = 10.0
    body_bytes_per_second: int = 32 * 1024
    """A body may take the grace, and a second more for each so many bytes that have come: a quarter of a megabit a
    second, which a telephone in a cellar still does."""
    most_connections: int = 2000
    """Beyond it a new one takes the place of the one that has waited longest, of the address that has most."""
    most_waiting: int = 32
    """Requests that wait for a thread: half a second of work."""


class Admission(Protocol):
    """What the application says of a request before its body is read."""

    def most_bytes(self, path: str, /) -> int:
        """Return how large a body of this address may be; must be quick."""

    def may_send(self, path: str, environ: dict[str, Any], /) -> bool:
        """Tell whether whoever sends may; asked in a thread that answers, for large bodies alone."""

    def wants_json(self, path: str, /) -> bool:
        """Tell whether scripts read the answers of this address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the connections need to know."""

    threads: int
    admission: Admission
    after_request: Callable[[], object]
    before_asking: Callable[[], object] = lambda: None
    limits: Limits = Limits()


class Request(HTTPRequestParser):  # type: ignore[misc]  # carries no types
    """One request as it comes in."""

    adj: Adjustments
    error: Any
    expect_continue: bool
    body_bytes_received: int

    def __init__(self, adj: Adjustments, *, settings: Settings) -> None:
        super().__init__(adj)
        self.begun = time.monotonic()
        self.admission, self.limits = settings.admission, settings.limits
        self.asked = False
        self.expects = False

    def parse_header(self, header_plus: bytes) -> None:
        """Read the headers; set the limit of this address, and note whether the sender must be asked about."""
        super().parse_header(header_plus)
        if self.chunked or self.content_length:
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = self.admission.most_bytes(self.path) + 1  # it refuses what is as large
        if self.content_length > ASK_ABOVE_BYTES:
            self.expects, self.expect_continue = self.expect_continue, False

    def received(self, data: bytes) -> int:
        """Take what has come; a body that is too large is refused in our words."""
        consumed = int(super().received(data))
        if self.error:
            self.expect_continue = False  # waitress would ask for the body all the same
        if isinstance(self.error, RequestEntityTooLarge):
            self.error = early_answers.too_large(as_json=self.wants_json)
        return consumed

    @property
    def asks(self) -> bool:
        """Whether it must be asked now if the body may come: once, and before it goes to a file."""
        large = max(self.content_length, self.body_bytes_received) > ASK_ABOVE_BYTES
        return large and self.headers_finished and not self.asked

    @property
    def wants_json(self) -> bool:
        """Whether a script reads the answer."""
        return "application/json" in self.headers.get("ACCEPT", "") or self.admission.wants_json(self.path)

    def is_too_slow(self, now: float) -> bool:
        """Tell whether what has come so far should have been more."""
        if not self.headers_finished:
            return now > self.begun + self.limits.header_seconds
        paced_seconds = self.body_bytes_received / self.limits.body_bytes_per_second
        return now > self.begun + self.limits.body_grace_seconds + paced_seconds


class Task(WSGITask):  # type: ignore[misc]  # carries no types
    """The answer of the application to one request."""

    def finish(self) -> None:
        """End the answer, and let the process tidy up."""
        super().finish()
        self.channel.server.settings.after_request()


class Channel(HTTPChannel):  # type: ignore[misc]  # carries no types
    """One connection."""

    task_class = Task
    server: Listener
    request: Request | None
    close_when_flushed: bool
    asking = False
    turned_away = False
    lingers_until = 0.0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.quiet_since = time.monotonic()
        super().__init__(*arguments, **named)

    def parser_class(self, adj: Adjustments) -> Request:
        """Begin a request."""
        return Request(adj, settings=self.server.settings)

    def readable(self) -> bool:
        """Read on, unless it is being asked whether that body may come."""
        return bool(self.lingers_until) or (not self.asking and bool(super().readable()))

    def handle_read(self) -> None:
        """Receive; ask about a large body, and turn away what finds the queue full."""
        if self.lingers_until:
            self._throw_away()
            return
        super().handle_read()
        request = self.request
        if request is not None and request.asks:
            request.asked = self.asking = True
            if self.server.is_full:
                self.refuse(request, early_answers.busy(as_json=request.wants_json))
            else:
                self.server.task_dispatcher.add_task(Question(self, request))
        if self.turned_away:
            self.turned_away = False
            self.service()

    def service(self) -> None:
        """Answer, in a thread."""
        super().service()
        self.quiet_since = time.monotonic()

    def admit(self, request: Request) -> None:
        """Go on with the body."""
        with self.requests_lock:
            self.asking = False
            if request.expects:
                self.send_continue()
        self.server.pull_trigger()

    def refuse(self, request: Request, answer: early_answers.EarlyAnswer) -> None:
        """Answer without the rest of the request."""
        request.error = answer
        with self.requests_lock:
            self.asking, self.request = False, None
            self.requests.append(request)
        self.service()

    def handle_write(self) -> None:
        """Send; what is to be closed is closed for writing first, so that the other side reads the answer."""
        ends = self.close_when_flushed and not self.will_close
        self.close_when_flushed = False if ends else self.close_when_flushed
        super().handle_write()
        if ends and self.connected and not self.will_close:
            if self.total_outbufs_len:
                self.close_when_flushed = True
            else:
                self._linger()

    def _linger(self) -> None:
        self.lingers_until = time.monotonic() + LINGER_SECONDS
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.will_close = True

    def _throw_away(self) -> None:
        """Read on for a moment: closing over unread bytes would take the answer away with them."""
        try:
            rest = self.recv(RECEIVED_BYTES)
        except OSError:
            self.will_close = True
        else:
            self.will_close = self.will_close or not rest

    def look_after(self, now: float) -> None:
        """Close what is silent, and refuse what comes too slowly."""
        if self.lingers_until:
            self.will_close = self.will_close or now > self.lingers_until
        elif self.requests or self.asking:
            self.quiet_since = now
        elif self.total_outbufs_len:
            self.will_close = self.will_close or time.time() - self.last_activity > SEND_STALLS_SECONDS
        elif self.request is None:
            self.will_close = self.will_close or now - self.quiet_since > self.server.settings.limits.idle_seconds
        elif self.request.is_too_slow(now):
            self.refuse(self.request, early_answers.too_slow())


class Question:
    """Asks in a thread whether a large body may come."""

    def __init__(self, channel: Channel, request: Request) -> None:
        self._channel, self._request = channel, request

    def service(self) -> None:
        """Ask, and let the connection go on."""
        as_json = self._request.wants_json
        try:
            self._channel.server.settings.before_asking()
            environ = WSGITask(self._channel, self._request).get_environment()
            may_send = self._request.admission.may_send(self._request.path, environ)
        except Exception:  # the database is away, say: whoever sends may come again
            logger.exception("could not ask whether a body may be sent")
            self._channel.refuse(self._request, early_answers.busy(as_json=as_json))
            return
        if may_send:
            self._channel.admit(self._request)
        else:
            self._channel.refuse(self._request, early_answers.forbidden(as_json=as_json))

    def cancel(self) -> None:
        """The process stops."""
        self._channel.cancel()


class Listener(TcpWSGIServer):  # type: ignore[misc]  # carries no types
    """The socket on which connections arrive."""

    channel_class = Channel
    settings: Settings

    def __init__(self, *arguments: Any, settings: Settings, **named: Any) -> None:
        self.settings = settings
        self._receiver = threading.get_ident()
        super().__init__(*arguments, **named)

    def add_task(self, task: Channel) -> None:
        """Give it to a thread; what is wrong, or finds too many waiting, is turned away without one."""
        request = task.requests[0]
        if not request.error and self.is_full:
            request.error = early_answers.busy(as_json=request.wants_json)
        if request.error and threading.get_ident() == self._receiver:
            task.turned_away = True  # not answered here: whoever calls holds the lock of its requests
        else:
            self.task_dispatcher.add_task(task)

    @property
    def is_full(self) -> bool:
        """Whether as many requests wait as may."""
        return len(self.task_dispatcher.queue) >= self.settings.limits.most_waiting

    def handle_accept(self) -> None:
        """Take the connection; make room where there are too many."""
        if len(self.active_channels) >= self.settings.limits.most_connections:
            self._make_room()
        super().handle_accept()

    def _make_room(self) -> None:
        waiting = [each for each in self.active_channels.values() if not each.requests and not each.asking]
        if waiting:
            (most, _number), *_rest = Counter(each.addr[0] for each in waiting).most_common(1)
            min((each for each in waiting if each.addr[0] == most), key=lambda each: each.quiet_since).handle_close()

    def maintenance(self, _now: float) -> None:
        """Look after every connection, once a second."""
        for channel in list(self.active_channels.values()):
            channel.look_after(time.monotonic())


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]  # carries no types
    """The threads that answer, and what waits for them."""

    def add_task(self, task: Channel | Question) -> None:
        """Let it wait for a thread."""
        with self.lock:
            self.queue.append(task)
            self.queue_cv.notify()


class Servers:
    """All sockets of one process, their connections and threads."""

    def __init__(self, application: Any, *, sockets: Iterable[socket.socket], settings: Settings) -> None:
        self._map: dict[int, Any] = {}
        self._dispatcher = Dispatcher()
        self._dispatcher.set_thread_count(settings.threads)
        self._listeners = [self._listen(application, each, settings=settings) for each in sockets]

    def _listen(self, application: Any, bound: socket.socket, *, settings: Settings) -> Listener:
        adjustments = Adjustments(
            sockets=[bound],
            threads=settings.threads,
            ident=None,
            recv_bytes=RECEIVED_BYTES,
            inbuf_overflow=IN_MEMORY_BYTES,
            max_request_header_size=64 * 1024,
            connection_limit=2 * settings.limits.most_connections,
            cleanup_interval=1,
            outbuf_high_watermark=2**31,  # an answer that nobody fetches waits in a file, not in a thread
            log_socket_errors=False,
            clear_untrusted_proxy_headers=False,  # attendance.web.proxies judges them
        )
        return Listener(
            application,
            self._map,
            _sock=bound,
            dispatcher=self._dispatcher,
            adj=adjustments,
            sockinfo=(bound.family, bound.type, None, bound.getsockname()),
            bind_socket=False,
            settings=settings,
        )

    def step(self, timeout_seconds: float) -> None:
        """Receive and send what there is; wait so long for something to do."""
        wasyncore.poll2(timeout_seconds, self._map)

    @property
    def busy(self) -> bool:
        """Whether a request that has been received waits for its answer."""
        return any(
            each.requests or each.total_outbufs_len
            for listener in self._listeners
            for each in listener.active_channels.values()
        )

    def stop_accepting(self) -> None:
        """Take no further connection."""
        for listener in self._listeners:
            listener.accepting = False
            listener.socket.close()
            listener.del_channel(self._map)

    def close(self) -> None:
        """Let the threads end, and drop what is left."""
        self._dispatcher.shutdown()
        wasyncore.close_all(self._map, ignore_all=True)
