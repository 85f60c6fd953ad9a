"""The one form of JSON that is hashed, and its SHA-256."""

from __future__ import annotations

import hashlib
import json


def canonical(content: object) -> str:
    """Write JSON in the one form that is hashed."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(content: object) -> str:
    """Return the SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(content).encode("ascii")).hexdigest()
