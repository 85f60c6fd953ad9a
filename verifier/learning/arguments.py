"""Types of the arguments of the command line; a value out of range is a usage error (exit code 2)."""

from __future__ import annotations

import argparse


def rate(text: str) -> float:
    """Return a share of pairs, above 0 and below 1; at 0 nothing is alike, at 1 everything is."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.0 < value < 1.0:  # false of nan too
        raise argparse.ArgumentTypeError(f"{text!r} is no rate: give a number above 0 and below 1, such as 0.001")
    return value
