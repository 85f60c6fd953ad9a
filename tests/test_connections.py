"""The web server's connections: whoever is slow, or sends too much, holds up nobody."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from config import connections

LIMITS = connections.Limits(
    idle_seconds=1.0, header_seconds=0.5, body_grace_seconds=0.5, body_bytes_per_second=1000, most_waiting=2
)
MOST_BYTES = 2_000_000
pytestmark = pytest.mark.timeout(60)


@dataclass
class Application:
    """Answers with the size of what it was sent; `/wait` waits for `go`."""

    go: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        self.served.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/wait":
            self.go.wait(20)
        body = str(len(environ["wsgi.input"].read())).encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    def most_bytes(self, path: str) -> int:
        return 100 if path == "/small" else MOST_BYTES

    def may_send(self, path: str, _environ: dict[str, Any]) -> bool:
        self.asked.append(path)
        return path != "/closed"

    def wants_json(self, path: str) -> bool:
        return path == "/wait"


@dataclass
class Server:
    port: int
    application: Application

    def open(self, sent: bytes = b"") -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        made.sendall(sent)
        return made

    def ask(self, sent: bytes) -> bytes:
        """Send a request on a connection of its own; return all that comes until the server closes it."""
        with self.open() as made:
            with contextlib.suppress(OSError):  # it was answered and closed before it was sent whole
                made.sendall(sent)
            return rest_of(made)


def rest_of(connection: socket.socket) -> bytes:
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            found += piece
    return found


def post(path: str, body: bytes, *, says_bytes: int | None = None) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {says_bytes or len(body)}\r\n\r\n"
    return head.encode() + body


def chunked(path: str, *pieces: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


GET = b"GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@contextlib.contextmanager
def serving(limits: connections.Limits) -> Iterator[Server]:
    application, stop = Application(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]

        def serve() -> None:
            settings = connections.Settings(threads=1, admission=application, after_request=lambda: None, limits=limits)
            servers = connections.Servers(application, sockets=[bound], settings=settings)
            while not stop.is_set():
                servers.step(0.05)
            servers.stop_accepting()
            servers.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Server(port, application)
        finally:
            application.go.set()
            stop.set()
            thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(LIMITS) as made:
        yield made


HALF_SENT = {
    "silent": b"",
    "headers": b"GET / HTTP/1.1\r\nHost: ",
    "body": post("/page", b"a", says_bytes=1000),
    "chunked body": chunked("/page", b"a")[:-7],
}


@pytest.mark.parametrize("sent", HALF_SENT.values(), ids=HALF_SENT.keys())
def test_who_sends_half_a_request_holds_up_nobody_and_is_released(server: Server, sent: bytes) -> None:
    slow = [server.open(sent) for _ in range(40)]
    started = time.monotonic()
    assert server.ask(GET).endswith(b"\r\n\r\n0")
    assert time.monotonic() - started < 1, "one thread answers here, and none of the forty may hold it"
    ends = [rest_of(each) for each in slow]
    assert time.monotonic() - started < 4
    assert {end.split(b" ")[1] if end else b"" for end in ends} <= {b"", b"408"}, ends[0]
    for each in slow:
        each.close()


def test_a_body_that_keeps_its_pace_may_take_its_time(server: Server) -> None:
    with server.open(post("/page", b"", says_bytes=4000)) as steady:
        for _ in range(16):
            steady.sendall(b"a" * 250)
            time.sleep(0.1)
        assert rest_of(steady).endswith(b"\r\n\r\n4000")


def test_a_full_queue_answers_at_once_when_to_come_again(server: Server) -> None:
    waiting = post("/wait", b"x")
    held = []
    for _ in range(1 + LIMITS.most_waiting):
        held.append(server.open(waiting))
        time.sleep(0.1)
    head, _, body = server.ask(waiting).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1" in head
    assert json.loads(body)["code"] == "busy"
    assert server.ask(GET).startswith(b"HTTP/1.1 503 ")
    server.application.go.set()
    assert all(rest_of(each).endswith(b"\r\n\r\n1") for each in held), "who waited is answered"
    assert server.ask(waiting).startswith(b"HTTP/1.1 200 ")
    for each in held:
        each.close()


@pytest.mark.parametrize("sent", [post("/small", b"a" * 101), chunked("/small", b"a" * 90, b"a" * 90)])
def test_a_body_larger_than_its_address_takes_is_refused(server: Server, sent: bytes) -> None:
    assert server.ask(sent).startswith(b"HTTP/1.1 413 ")
    assert server.application.served == []
    assert server.ask(post("/small", b"a" * 100)).endswith(b"\r\n\r\n100")


@pytest.mark.parametrize("body", [b"a" * 1_900_000])
def test_who_may_not_send_is_refused_before_the_body_is_read(server: Server, body: bytes) -> None:
    refused = server.ask(post("/closed", body[:70_000], says_bytes=len(body)))
    assert refused.startswith(b"HTTP/1.1 403 "), "nobody has sent the rest"
    assert server.ask(chunked("/closed", body)).startswith(b"HTTP/1.1 403 ")
    assert server.application.served == []
    assert server.ask(post("/open", body)).endswith(b"\r\n\r\n1900000")
    assert server.ask(chunked("/open", body)).endswith(b"\r\n\r\n1900000")
    assert set(server.application.asked) == {"/closed", "/open"}


def test_the_body_is_asked_for_only_when_it_may_come(server: Server) -> None:
    for path, says in (("/closed", b"HTTP/1.1 403 "), ("/open", b"HTTP/1.1 100 Continue")):
        head = post(path, b"", says_bytes=1_000_000).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
        with server.open(head) as made:
            assert made.recv(65536).startswith(says)
    too_large = post("/small", b"", says_bytes=1000).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    assert server.ask(too_large).startswith(b"HTTP/1.1 413 ")


def test_one_connection_is_used_again(server: Server) -> None:
    with server.open() as kept:
        for number in range(3):
            kept.sendall(post("/page", b"a" * number).replace(b"Connection: close\r\n", b""))
            found = b""
            while not found.endswith(b"\r\n\r\n%d" % number):
                found += kept.recv(65536)
                assert found


def test_a_new_connection_takes_the_place_of_the_one_that_waited_longest() -> None:
    with serving(connections.Limits(most_connections=20)) as server:
        slow = [server.open(HALF_SENT["headers"]) for _ in range(20)]
        assert server.ask(GET).startswith(b"HTTP/1.1 200 ")
        slow[0].settimeout(5)
        assert rest_of(slow[0]) == b""
        for each in slow:
            each.close()
