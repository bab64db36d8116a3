"""manage.py rotate_tokens"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model, TextField, Value
from django.db.models.functions import Cast

from collavo.accounts.shell import REFUSED, table
from collavo.secrets import SecretField, UnreadableSecret, seal, unseal


class Command(BaseCommand):
    help = (
        "Encrypts every stored token under the newest of TOKEN_KEYS (the first), so that older keys can be taken away. "
        "Safe beside a running system; a second run finds nothing to do. Exit codes: 0 all are under the newest key; "
        "1 some cannot be read with the present keys and were left as they are."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rows, unreadable = [], []
        for model, field in secret_fields():
            counts: Counter[str] = Counter()
            for pk, stored in stored_secrets(model, field):
                outcome = rotate(model, field, pk, stored)
                counts[outcome] += 1
                unreadable += [f"{model._meta.label} {pk}"] if outcome == "unreadable" else []
            what = f"{model._meta.verbose_name}, {field.verbose_name}"
            rows.append((what, counts["rotated"], counts["newest"], counts["unreadable"]))
        self.stdout.write(table(["SECRET", "ROTATED", "UNDER THE NEWEST KEY ALREADY", "UNREADABLE"], rows))
        if unreadable:
            raise CommandError(
                f"{len(unreadable)} cannot be read: {', '.join(unreadable[:20])}. Add the key they were made with "
                "behind the others in TOKEN_KEYS, or link those accounts again.",
                returncode=REFUSED,
            )


def secret_fields() -> Iterator[tuple[type[Model], SecretField]]:
    """Every place where a secret is kept, also those that are yet to be written."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, SecretField):
                yield model, field


def stored_secrets(model: type[Model], field: SecretField) -> Iterator[tuple[object, str]]:
    """What the database holds, still encrypted."""
    rows = model._default_manager.annotate(stored=Cast(field.name, TextField())).exclude(stored="").exclude(stored=None)
    yield from rows.order_by("pk").values_list("pk", "stored")


def rotate(model: type[Model], field: SecretField, pk: object, stored: str) -> str:
    """One secret: "rotated", "newest" or "unreadable". A token that was renewed meanwhile is left as it is."""
    if is_under_newest(stored):
        return "newest"
    try:
        fresh = seal(unseal(stored))
    except UnreadableSecret:
        return "unreadable"
    same = model._default_manager.annotate(stored=Cast(field.name, TextField())).filter(pk=pk, stored=stored)
    done = same.update(**{field.name: Value(fresh, output_field=TextField())})
    return "rotated" if done else "newest"


def is_under_newest(stored: str) -> bool:
    try:
        Fernet(settings.TOKEN_KEYS[0]).decrypt(stored.encode())
    except InvalidToken:
        return False
    return True
