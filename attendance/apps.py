"""How does Django find the app?"""

from django.apps import AppConfig


class AttendanceConfig(AppConfig):
    """The one app of Muster."""

    name = "attendance"
    verbose_name = "Muster"

    def ready(self) -> None:
        """Register the system checks."""
        from attendance import checks  # noqa: F401, PLC0415  (registers by being imported)
