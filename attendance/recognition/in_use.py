"""The encoder in use, as an expression for queries: pages that only read rows open no model file.

It is the one that was chosen, or else the newest of those that came with Muster and have read a photo.
"""

from __future__ import annotations

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from attendance.recognition.models import Encoder, MatchSettings, ReferenceEmbedding


def encoder() -> Coalesce:
    """Return the number of the encoder in use; NULL before a photo was read."""
    chosen = MatchSettings.objects.filter(pk=1).values("encoder")
    read = ReferenceEmbedding.objects.filter(encoder=OuterRef("pk"))
    shipped = Encoder.objects.filter(Exists(read)).exclude(card__architecture="external").order_by("-pk").values("pk")
    return Coalesce(Subquery(chosen[:1]), Subquery(shipped[:1]))


def first() -> tuple[Combinable, ...]:
    """Return an order of embeddings: those of the encoder in use first, then the newest."""
    is_in_use = Case(When(encoder=encoder(), then=Value(0)), default=Value(1), output_field=IntegerField())
    return is_in_use, F("encoder").desc(), F("pk").desc()
