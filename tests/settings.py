"""Settings of the tests: their state lies in a folder of its own, set before Django reads its settings.

The plugin for Django reads them before any `conftest.py`; a variable set there would come too late, and the tests
would run on the developer's own database, media and prepared models. Where several processes share the tests, each
has a folder, a database and a Redis database of its own: nothing that one does can be seen by another.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests import workers

os.environ.setdefault("MUSTER_VAR", tempfile.mkdtemp(prefix="muster-tests-"))
if workers.NAME:  # pytest-django names the database after the process itself
    os.environ["MUSTER_VAR"] = str(Path(os.environ["MUSTER_VAR"]) / workers.NAME)
    if url := os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = workers.redis_url(url, number=workers.NUMBER)

from config.settings import *  # noqa: F403
from config.settings import PASSWORD_HASHERS as DEPLOYED

# The same algorithm at its smallest cost: a hash that is slow on purpose, and takes 100 MB, was a fifth of the suite.
# That a deployment has the real one first is tested.
PASSWORD_HASHERS = ["tests.hashing.Quick", *DEPLOYED]

# Each browser of a test has middleware of its own, and each looked through every static file when it was made: an
# eighth of the tests of pages. Files are looked up when they are asked for instead.
WHITENOISE_AUTOREFRESH = True
