"""The machine answers to its own names, and to no others."""

from __future__ import annotations

import socket

from config import hosts


def test_alone_on_this_machine() -> None:
    assert hosts.allowed(said=[], bind="127.0.0.1") == ["localhost", "127.0.0.1", "[::1]"]


def test_what_was_said_and_the_health_check_from_here() -> None:
    assert hosts.allowed(said=["muster.example"], bind="0.0.0.0") == [*hosts.LOCAL, "muster.example"]


def test_bound_to_all_addresses_the_machines_own_are_enough() -> None:
    allowed = hosts.allowed(said=[], bind="0.0.0.0")
    assert f"{socket.gethostname()}.local" in allowed
    assert "*" not in allowed


def test_bound_to_one_address() -> None:
    assert hosts.allowed(said=[], bind="192.0.2.7")[-1] == "192.0.2.7"
    assert hosts.allowed(said=[], bind="2001:db8::7")[-1] == "[2001:db8::7]"
