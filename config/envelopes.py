"""The form that a message of the queue has: whatever else is found there is set aside before the worker touches it."""

from __future__ import annotations

import base64
import json


def find_problem(message: object) -> str | None:
    """Return in a few words why this cannot be opened; None where kombu can make a message of it."""
    if not isinstance(message, dict):
        return "no keys"
    properties, headers, body = (message.get(name) for name in ("properties", "headers", "body"))
    if not isinstance(properties, dict) or not isinstance(properties.get("delivery_info"), dict):
        return "no properties"
    if not isinstance(properties.get("delivery_tag"), str):
        return "no delivery tag"
    if not isinstance(headers, dict) or "compression" in headers:
        return "headers of another form"
    if not isinstance(body, str) or not _can_be_decoded(body, encoding=properties.get("body_encoding")):
        return "a body of another form"
    return None


def _can_be_decoded(body: str, *, encoding: object) -> bool:
    if encoding not in (None, "utf-8", "base64"):
        return False
    try:
        base64.b64decode(body, validate=True) if encoding == "base64" else body.encode()
    except ValueError:
        return False
    return True


def find_problem_of_task(*, content_type: object, content_encoding: object, body: bytes | str) -> str | None:
    """Return why the worker does not open this body: it opens JSON alone, which runs nothing while it is read."""
    if (content_type, content_encoding) != ("application/json", "utf-8"):
        return "comes by another serializer than JSON"
    try:
        json.loads(body)
    except (ValueError, TypeError, RecursionError):
        return "has a body that is not JSON"
    return None
