"""Finding things by name, by code, or by the initials of their pinyin: yxzc finds 有效注册商标拥有量."""

import os
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

EXACT, BEGINS, CONTAINS, INITIALS = range(4)


def terms(text: str) -> list[str]:
    """The words of a query, all of which must be found; full-width letters and capitals mean the same as plain ones."""
    return plain(text).split()[:8]


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def match(wanted: Sequence[str], *names: str) -> int | None:
    """How well a thing's names fit all the terms (the lower, the better), None if they do not."""
    fits = [min((fit for name in names if (fit := _fit(term, name)) is not None), default=None) for term in wanted]
    return None if None in fits or not fits else max(fit for fit in fits if fit is not None)


def _fit(term: str, name: str) -> int | None:
    place = (known := plain(name)).find(term)
    if place >= 0:
        return EXACT if known == term else BEGINS if place == 0 else CONTAINS
    # A single letter would find almost everything.
    if len(term) > 1 and term.isascii() and term.isalpha() and not name.isascii() and _begins_somewhere(term, initials(name)):
        return INITIALS
    return None


def _begins_somewhere(term: str, letters: Sequence[frozenset[str]]) -> bool:
    return any(
        all(letter in letters[start + place] for place, letter in enumerate(term))
        for start in range(len(letters) - len(term) + 1)
    )


@lru_cache(maxsize=20_000)
def initials(name: str) -> tuple[frozenset[str], ...]:
    """For each character the letters its readings begin with: 重庆 is {z, c}, {q}; letters and digits stand for themselves.

    Depends on nothing but the name, so each process remembers it for as long as it lives and nothing goes out of date.
    """
    # Single characters with all their readings are enough here: without the phrases it is 13 MB instead of 57 MB. Loaded
    # by the first search by letters, which many processes never see.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import Style, pinyin

    found: list[frozenset[str]] = []
    for readings in pinyin(plain(name), style=Style.FIRST_LETTER, heteronym=True, errors=list):
        found.append(frozenset(reading[0] for reading in readings if reading))
    return tuple(found)
