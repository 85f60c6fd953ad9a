"""The Django application and its start-up."""

import gc

from django.apps import AppConfig


class AttendanceConfig(AppConfig):
    """The one app of Muster."""

    name = "attendance"
    verbose_name = "Muster"

    def ready(self) -> None:
        """Register the system checks, and let the collector pass over what is loaded by now and stays."""
        from attendance import checks  # noqa: F401, PLC0415  (registers by being imported)

        gc.freeze()  # work days are many small objects: looking at all modules between them was a quarter of a rebuild
