"""Four hundred connections that send slowly, or nothing, shut nobody out of `make run`."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import statistics
import threading
import time
from collections.abc import Iterator

import pytest

from tests.system.instance import Instance
from tests.system.processes import await_that, running
from tests.system.test_processes import free_port, healthy

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
SLOW = 400
SIGN_IN_SECONDS = 1.0
DOOR_MORE_SECONDS = 0.3
"""What a look at the door may take longer than before, on a machine that does other things too."""
STARTS = (
    b"",
    b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\nusername=",
    b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nusername=",
)
DOOR = """
from attendance.checkins import devices
from attendance.core.models import User
from attendance.enrolment import embedding
enrol(1)
for row in ReferenceEmbedding.objects.all():
    embedding.embed(row.pk)
frame = Image.fromarray(data.astronaut()).resize((320, 320))
written = io.BytesIO()
frame.save(written, "JPEG")
door = devices.add(name="Door", actor=User.objects.create(username="maker"))
print(json.dumps([devices.give_token(door), written.getvalue().hex()]))
"""


@contextlib.contextmanager
def slow_connections(port: int) -> Iterator[None]:
    """Open them, send a byte a second on each but the silent ones, and open anew what was closed."""
    stop = threading.Event()

    def opened(number: int) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", port), timeout=20)
        try:
            made.sendall(STARTS[number % len(STARTS)])
        except OSError:
            made.close()
        return made

    def drip(made: list[socket.socket]) -> None:
        while not stop.wait(1):
            for number, each in enumerate(made):
                try:
                    each.send(b"a" if number % len(STARTS) else b"")
                except OSError:
                    each.close()
                    with contextlib.suppress(OSError):  # the server ends
                        made[number] = opened(number)

    made = [opened(number) for number in range(SLOW)]
    thread = threading.Thread(target=drip, args=(made,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for each in made:
            each.close()


class Visitor(contextlib.AbstractContextManager["Visitor"]):
    """A browser with one connection, that carries the token of a door or nothing."""

    def __init__(self, port: int, token: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies = f"muster_door={token}"
        self.csrf = ""

    def __exit__(self, *_raised: object) -> None:
        self.connection.close()

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[float, int, bytes]:
        """Return the seconds, the status and the body."""
        headers = {"Cookie": self.cookies, "X-CSRFToken": self.csrf, "Content-Type": "image/jpeg"}
        began = time.monotonic()
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        content = answer.read()
        seconds = time.monotonic() - began
        if found := re.search(r"csrftoken=([^;]+)", " ".join(answer.headers.get_all("Set-Cookie") or [])):
            self.csrf = found[1]
            self.cookies += f"; csrftoken={self.csrf}"
        return seconds, answer.status, content


def turned_away(port: int, path: str) -> int:
    """Begin to send 600 MB without an account, with a made-up cookie; return the status that comes before the end."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 600000000\r\nCookie: csrftoken={'a' * 32}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as made:
        made.sendall(head.encode() + b"a" * 100_000)
        return int(made.recv(4096).split(b" ")[1])


def looks(door: Visitor, frame: bytes) -> float:
    """Return the median seconds of looks for a face that are answered."""
    taken = []
    for _ in range(11):
        seconds, status, content = door.ask("POST", "/kiosk/look", frame)
        assert status == 200, content
        assert json.loads(content)["faces"]
        taken.append(seconds)
    return statistics.median(taken)


def test_slow_connections_shut_nobody_out(instance: Instance) -> None:
    token, frame = instance.script(DOOR)
    port, log = free_port(), instance.var / "run.log"
    environment = {**instance.environment, "MUSTER_PORT": str(port), "MUSTER_WEB_WORKERS": "2"}
    with running("-m", "config.run", environment=environment, log=log) as supervisor, contextlib.ExitStack() as stack:
        await_that(lambda: healthy(port), seconds=90, every_seconds=0.2)
        assert [turned_away(port, path) for path in ("/people/import/", "/kiosk/pair/", "/nowhere/")] == [403, 413, 413]
        door = stack.enter_context(Visitor(port, token))
        door.ask("GET", "/kiosk/")
        usual = looks(door, bytes.fromhex(frame))
        with slow_connections(port):
            time.sleep(2)
            for _ in range(5):
                with Visitor(port) as visitor:
                    seconds, status, _page = visitor.ask("GET", "/sign-in/")
                assert (status, seconds < SIGN_IN_SECONDS) == (200, True), seconds
            assert looks(door, bytes.fromhex(frame)) < usual + DOOR_MORE_SECONDS
            supervisor.terminate()
            assert supervisor.wait(timeout=15) == 0, "nor do they hold up the end"
    assert "Traceback" not in log.read_text()
