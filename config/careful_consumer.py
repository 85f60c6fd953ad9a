"""Celery's reader of messages, which no message can end.

Celery takes every message for one of its own: a key that is missing, or a serializer that it does not accept, raises in
its loop and ends the worker. Here what cannot be taken is set aside, for a person to look at, and the worker goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from celery.worker.consumer import Consumer

from config import envelopes

logger = logging.getLogger(__name__)


class SetsAside(Protocol):
    """A channel that keeps what could not be read, for a person to look at."""

    def set_aside(self, raw: object, /, *, reason: str) -> None:
        """Keep the message where no worker takes it."""

    def count_set_aside(self) -> int:
        """Return how many are kept."""


class CarefulConsumer(Consumer):
    """Reads messages; what Celery would drop, or die of, is set aside."""

    connection_errors: tuple[type[Exception], ...]

    def create_task_handler(self, *arguments: Any, **named: Any) -> Callable[[Any], None]:
        """Return Celery's handler with a net under it; errors of a task itself never come this far."""
        handle = super().create_task_handler(*arguments, **named)

        def handle_or_set_aside(message: Any) -> None:
            problem = envelopes.find_problem_of_task(
                content_type=message.content_type, content_encoding=message.content_encoding, body=message.body
            )
            if problem is not None:
                self._set_aside(message, reason=problem)
                return
            try:
                handle(message)
            except self.connection_errors:
                raise
            except Exception as error:
                logger.exception("a message could not be handled")
                self._set_aside(message, reason=f"ended in {type(error).__name__}")

        return handle_or_set_aside

    def on_unknown_message(self, _body: Any, message: Any) -> None:
        """Set aside what names no task."""
        self._set_aside(message, reason="names no task")

    def on_unknown_task(self, _body: Any, message: Any, _exc: Exception) -> None:
        """Set aside what names a task that is not ours."""
        self._set_aside(message, reason="names an unknown task")

    def on_invalid_task(self, _body: Any, message: Any, exc: Exception) -> None:
        """Set aside what Celery calls invalid."""
        self._set_aside(message, reason=f"invalid: {type(exc).__name__}")

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Set aside what cannot be decoded."""
        self._set_aside(message, reason=f"cannot be decoded: {type(exc).__name__}")

    def _set_aside(self, message: Any, *, reason: str) -> None:
        channel: SetsAside = message.channel
        channel.set_aside(message._raw, reason=reason)  # kombu keeps what came in there alone
        if not message.acknowledged:
            message.ack_log_error(logger, self.connection_errors)
