"""Full-text search: what can be found of a version, kept up by the database, and how typed words become a query."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import Q, Value

LONGEST = 100  # characters of a query; the rest is left out


class SearchEntry(models.Model):
    """The words of one version: its caption, its asset's title, its case's name and brand, its slot's angle.

    Triggers write it (see the migration), so that it is true whoever changes the rows. A table of its own, so that
    nobody who reads versions reads these, too.
    """

    version = models.OneToOneField("approvals.Version", models.CASCADE, primary_key=True, related_name="search_entry")
    words = SearchVectorField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [GinIndex(fields=["words"], name="search_words")]

    def __str__(self) -> str:
        return str(self.version_id)


class Typed(SearchQuery):
    """What somebody typed, as a query: words, "a phrase", or, -not. The last word may be only begun."""

    def __init__(self, text: str) -> None:
        super().__init__(Value(text))
        self.function = "collavo_query"


def matching(text: str, version: str = "") -> Q:
    """The rows whose version (reached by `version`, such as "version__") says this. Everything for no words."""
    words = " ".join(text.replace("\x00", "").split())[:LONGEST]
    return Q(**{f"{version}search_entry__words": Typed(words)}) if words else Q()
