"""Where do tests keep their state? In a folder of their own, said before Django reads its settings.

The plugin for Django reads them before any `conftest.py`; a variable set there would come too late, and the tests
would run on the developer's own database, media and prepared models.
"""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("MUSTER_VAR", tempfile.mkdtemp(prefix="muster-tests-"))

from config.settings import *  # noqa: F403
