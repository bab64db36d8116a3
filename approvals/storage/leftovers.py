"""Files without a row: those of a row that never came to be, and of one that is no more. They are deleted."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db.models import Model
from django.db.models.fields.files import FieldFile

log = logging.getLogger(__name__)


@contextmanager
def nothing_left_of_a_failure(row: Model, *fields: str) -> Iterator[None]:
    """For storing files and then their row: when that fails, the files that were stored for it go again."""
    before = [getattr(row, name).name for name in fields]
    try:
        yield
    except BaseException:  # also when the process is told to end; the first error is the one to tell
        files = [getattr(row, name) for name in fields]
        forget(file for file, old in zip(files, before, strict=True) if file.name != old)
        raise


def forget(files: Iterable[FieldFile]) -> None:
    """A storage that cannot even delete leaves a file without a row, never a row without a file."""
    for file in filter(None, files):
        try:
            file.storage.delete(str(file.name))
        except OSError as e:
            log.error("%s could not be deleted and stays without a row: %s", file.name, e)
