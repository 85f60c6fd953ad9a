"""Typed errors of the rules: a code and facts, from which pages choose the sentence.

`Refusal`: the person can act. `Fault`: Muster is broken and a retry may help. Each carries a snake_case code and
facts; `web.errors` and the commands choose the sentence.
"""

from __future__ import annotations

Fact = str | int | float | bool | None


class MusterError(Exception):
    """Root of all errors of the attendance rules."""

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts: dict[str, Fact] = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({facts})"


class Refusal(MusterError):
    """The person who asked can do something about it; the same again is useless."""


class Fault(MusterError):
    """Something of ours is broken; the same again may work."""
