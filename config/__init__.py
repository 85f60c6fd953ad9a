"""The project; importing it makes its Celery app the one that sends tasks."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
