"""Where does Django find the rows? Only gathers what the rooms define."""

from attendance.checkins.models import Attempt, CheckIn, Device, PairingCode, PinThrottle
from attendance.core.models import AuditEntry, SiteSettings, User
from attendance.enrolment.models import Import, ImportRow
from attendance.people.models import Department, Person, ReferenceImage
from attendance.recognition.models import Encoder, GalleryChange, GalleryCounter, MatchSettings, ReferenceEmbedding

__all__ = [
    "Attempt",
    "AuditEntry",
    "CheckIn",
    "Department",
    "Device",
    "Encoder",
    "GalleryChange",
    "GalleryCounter",
    "Import",
    "ImportRow",
    "MatchSettings",
    "PairingCode",
    "Person",
    "PinThrottle",
    "ReferenceEmbedding",
    "ReferenceImage",
    "SiteSettings",
    "User",
]
