"""What do all tests share? A state folder of their own, and real faces."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("MUSTER_VAR", tempfile.mkdtemp(prefix="muster-tests-"))

pytest_plugins = ("tests.cast",)
