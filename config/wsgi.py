"""The WSGI application, with model and gallery open and no connection that a fork would share."""

from __future__ import annotations

import logging
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()


def warm() -> None:
    """Open what every request needs, once, before the server forks; /healthz tells what cannot be opened.

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
        logging.getLogger(__name__).exception("recognizer not ready")
    finally:
        connections.close_all()  # two processes on one connection would read each other's answers
