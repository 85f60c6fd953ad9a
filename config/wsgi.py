"""The WSGI application, with model and gallery open and no connection that a fork would share."""

from __future__ import annotations

import logging
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()


def warm() -> None:
    """Load what every process can share, once, before the server forks; /healthz tells what cannot be loaded.

    Called by `config.gunicorn`. Not done by importing this module: a command that only asks for it loads no model.
    """
    from django.db import connections  # noqa: PLC0415  (Django is set up only now)
    from django.template.loader import get_template  # noqa: PLC0415
    from django.urls import get_resolver  # noqa: PLC0415

    from attendance.recognition import gallery  # noqa: PLC0415

    try:
        get_resolver().url_patterns  # noqa: B018  (reads every page's module, or the first visitor waits for it)
        get_template("attendance/sign_in.html")
        gallery.warm()
    except Exception:  # a wrong model must not keep the pages away that say so
        logging.getLogger(__name__).exception("models not ready")
    finally:
        connections.close_all()  # two processes on one connection would read each other's answers


def open_recognizer() -> None:
    """Open this process's recognizer, after the fork and before the first request."""
    from attendance.recognition import engine  # noqa: PLC0415

    try:
        engine.recognizer()
    except Exception:
        logging.getLogger(__name__).exception("recognizer not ready")
