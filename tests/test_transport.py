"""The folder transport keeps every message in order, under concurrent writers and damaged files."""

from __future__ import annotations

import json
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from config import transport


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    transport.register()
    return Connection("muster-folder://localhost", transport_options={"folder": str(tmp_path)})


def send(connection: Connection, *bodies: Any, name: str = "work") -> None:
    with connection.SimpleQueue(name) as queue:
        for body in bodies:
            queue.put(body)


def receive(connection: Connection, *, name: str = "work") -> Any:
    with connection.SimpleQueue(name) as queue:
        message = queue.get(block=False)
        message.ack()
        return message.payload


def count_set_aside(connection: Connection) -> int:
    channel: Any = connection.default_channel
    return int(channel.count_set_aside())


def test_messages_come_in_order_and_once(connection: Connection) -> None:
    with connection:
        send(connection, {"n": 1}, {"n": 2})
        assert [receive(connection), receive(connection)] == [{"n": 1}, {"n": 2}]
        with pytest.raises(Empty):
            receive(connection)


def test_queues_do_not_mix_even_when_one_name_ends_like_the_other(connection: Connection) -> None:
    with connection:
        send(connection, "mine", name="a.work")
        with pytest.raises(Empty):
            receive(connection, name="work")
        assert receive(connection, name="a.work") == "mine"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"null", b"[1]", b'"text"'])
def test_a_bad_file_is_set_aside_and_the_next_message_still_comes(
    connection: Connection, tmp_path: Path, content: bytes
) -> None:
    with connection:
        send(connection, "good")
        bad = tmp_path / "ready" / f"{0:020d}-bad.work.msg"
        bad.write_bytes(content)
        assert receive(connection) == "good"
        assert [path.name for path in (tmp_path / "bad").iterdir()] == [bad.name]


SOUND: dict[str, Any] = {
    "body": "W10=",
    "content-type": "application/json",
    "content-encoding": "utf-8",
    "headers": {"task": "work", "id": "1"},
    "properties": {"delivery_tag": "1", "delivery_info": {}, "body_encoding": "base64"},
}
NEEDED = ("body", "headers", "properties")


@pytest.mark.parametrize(
    "wrong",
    [
        *({**SOUND, key: None} for key in NEEDED),
        *({name: value for name, value in SOUND.items() if name != key} for key in NEEDED),
        SOUND | {"body": "not base64"},
        SOUND | {"properties": SOUND["properties"] | {"body_encoding": "utf-8"}, "body": "\ud800"},
        SOUND | {"headers": {"compression": "application/x-bz2"}},
        SOUND | {"properties": SOUND["properties"] | {"delivery_tag": ["not", "hashable"]}},
        SOUND | {"properties": SOUND["properties"] | {"body_encoding": "rot13"}},
        {"n": 1},
    ],
)
def test_valid_json_that_is_no_message_is_set_aside_and_counted(
    connection: Connection, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    with connection:
        send(connection, "good")
        (tmp_path / "ready" / f"{0:020d}-bad.work.msg").write_text(json.dumps(wrong))
        assert receive(connection) == "good"
        assert count_set_aside(connection) == 1


def test_the_message_that_the_wrong_ones_are_made_of_is_read(connection: Connection, tmp_path: Path) -> None:
    with connection:
        send(connection)
        (tmp_path / "ready" / f"{0:020d}-good.work.msg").write_text(json.dumps(SOUND))
        assert receive(connection) == []
        assert count_set_aside(connection) == 0


def test_a_message_being_written_is_not_seen(connection: Connection, tmp_path: Path) -> None:
    with connection:
        send(connection)
        (tmp_path / "ready" / ".00000000000000000001-x.work.part").write_bytes(b'{"half')
        with pytest.raises(Empty):
            receive(connection)


def test_nothing_is_left_after_reading(connection: Connection, tmp_path: Path) -> None:
    with connection:
        send(connection, "only")
        receive(connection)
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_unusable_folder_is_an_error_of_the_sender(tmp_path: Path) -> None:
    transport.register()
    (tmp_path / "file").write_text("not a folder")
    unusable = Connection("muster-folder://localhost", transport_options={"folder": str(tmp_path / "file")})
    with unusable, pytest.raises(OSError, match="file"):
        send(unusable, "lost")
