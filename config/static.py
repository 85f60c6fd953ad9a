"""Static files under names with their checksum, so that a browser may keep them for ever."""

from __future__ import annotations

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # the library carries no types
    """Rewrites imports between ES modules too, and needs no manifest before `collectstatic` has run (tests)."""

    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        """Return the name with its checksum; the plain name where nothing has been collected yet."""
        return str(super().stored_name(name)) if self.hashed_files else name


class StaticFiles(StaticFilesConfig):
    """Leaves out htmx's extensions: nothing uses them, and a type comment in one reads like an import of no file."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "hx-*.js"]
