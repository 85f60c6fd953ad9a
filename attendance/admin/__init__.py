"""What can be looked up in Django's admin? Every row; what a rule must do has no other way here."""

from attendance.admin import checkins, core, enrolment, people, recognition, workdays

__all__ = ["checkins", "core", "enrolment", "people", "recognition", "workdays"]
