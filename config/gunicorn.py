"""Settings of the web server, read by `gunicorn -c python:config.gunicorn`.

Threads share one model and one gallery; OpenVINO, FAISS and OpenCV release the interpreter lock while they work. The
master opens the model before it forks, so that each further process costs about 75 MB of its own
under load instead of 360: docs/reference/benchmarks.md.
"""

from __future__ import annotations

import gc
import os
from typing import Any

from config import memory

wsgi_app = "config.wsgi"
bind = f"{os.environ.get('MUSTER_BIND', '127.0.0.1')}:{os.environ.get('MUSTER_PORT', '8000')}"
workers = int(os.environ.get("MUSTER_WEB_WORKERS", "0")) or len(os.sched_getaffinity(0))
worker_class = "config.web_worker.WebWorker"
threads = 2
preload_app = True
# the control socket runs a thread in the master, and a fork beside a running thread may hang the child
control_socket_disable = True
timeout = 60  # seconds without a sign of life of the thread that receives
graceful_timeout = 8  # the supervisor waits for ten
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  (heartbeat files of gunicorn)
errorlog = "-"
loglevel = "warning"


def when_ready(_server: Any) -> None:
    """Open the model once, in the master, before the first fork; what is frozen stays shared."""
    from config import wsgi  # noqa: PLC0415  (loaded by gunicorn before this, not by reading the configuration)

    memory.keep_one_heap()
    wsgi.warm()
    gc.collect()
    gc.freeze()
