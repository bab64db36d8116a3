"""Words in tables: written once in English, marked with gettext_noop, and read in the language of the installation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext


def worded[T](*names: str) -> Callable[[type[T]], type[T]]:
    """Above `@dataclass`: these fields are translated each time they are read, so that no reader can forget to.

    Texts, mappings to texts and tuples of texts. Tables are made before there is a translation: read none there.
    """

    def put(table: type[T]) -> type[T]:
        for name in names:
            setattr(table, name, _Worded(name))
        return table

    return put


class _Worded:
    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, row: Any, table: type[Any]) -> Any:
        return self if row is None else _said(row.__dict__[self.name])

    def __set__(self, row: Any, written: Any) -> None:
        row.__dict__[self.name] = written


def _said(written: Any) -> Any:
    if isinstance(written, str):
        return gettext(written)
    if isinstance(written, Mapping):
        return {key: _said(text) for key, text in written.items()}
    return tuple(map(_said, written)) if isinstance(written, tuple) else written


def either(words: Iterable[str]) -> str:
    """ "reel", "reel or story", "image, reel or story"."""
    *first, last = list(words) or [""]
    return gettext("%(first)s or %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def together(words: Iterable[str]) -> str:
    """ "comments", "comments and duets", "comments, duets and stitches"."""
    *first, last = list(words) or [""]
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last
