"""Answers that are given before a page is asked: too slow, too large, not allowed to send, too many at once.

A door and whoever else asks for JSON gets it, with a code; everybody else gets a line of text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

RETRY_AFTER_SECONDS = 1
"""What waits in a full queue is worked off in less."""
_TOO_SLOW = "It took too long to send this. Try again."
_TOO_LARGE = "This is larger than may be sent to this address."
_FORBIDDEN = "This may not be sent: sign in first, with an account that has the right to."
_BUSY = "Too many people at once. This is tried again in a moment."


@dataclass(frozen=True, slots=True)
class EarlyAnswer:
    """One such answer; waitress takes it for its own `Error`, sends it and ends the connection."""

    code: int
    reason: str
    name: str
    sentence: str
    as_json: bool = False
    retry_after_seconds: int | None = None

    def to_response(self, _ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers and body."""
        headers = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        if self.retry_after_seconds is not None:
            headers.append(("Retry-After", str(self.retry_after_seconds)))
        if not self.as_json:
            headers.append(("Content-Type", "text/plain; charset=utf-8"))
            return f"{self.code} {self.reason}", headers, f"{self.sentence}\n".encode()
        said = {"answer": "refused", "code": self.name, "message": self.sentence}
        headers.append(("Content-Type", "application/json"))
        return f"{self.code} {self.reason}", headers, json.dumps(said).encode()


def too_slow() -> EarlyAnswer:
    """Return the answer to whoever takes too long to send a request."""
    return EarlyAnswer(408, "Request Timeout", "too_slow", _TOO_SLOW)


def too_large(*, as_json: bool) -> EarlyAnswer:
    """Return the answer to a body that is larger than its address takes."""
    return EarlyAnswer(413, "Content Too Large", "body_too_large", _TOO_LARGE, as_json=as_json)


def forbidden(*, as_json: bool) -> EarlyAnswer:
    """Return the answer to whoever may not send to this address; the body is not read."""
    return EarlyAnswer(403, "Forbidden", "not_allowed", _FORBIDDEN, as_json=as_json)


def busy(*, as_json: bool) -> EarlyAnswer:
    """Return the answer when the queue in front of the threads is full."""
    return EarlyAnswer(
        503, "Service Unavailable", "busy", _BUSY, as_json=as_json, retry_after_seconds=RETRY_AFTER_SECONDS
    )
