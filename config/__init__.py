"""How do the parts become one program? Importing the project makes its Celery app the one that tasks are sent by."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
