"""Hashing of passwords and PINs in tests: Argon2 at the smallest cost that it allows."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Quick(Argon2PasswordHasher):
    """One pass over 8 kB, where a deployment makes two over 100 MB."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
