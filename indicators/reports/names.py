"""Finding things by name, by code, or by the initials of their pinyin: yxzc finds 有效注册商标拥有量."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

from regions import pinyin

EXACT, BEGINS, CONTAINS, INITIALS = range(4)


def terms(text: str) -> list[str]:
    """The words of a query, all of which must be found; full-width letters and capitals mean the same as plain ones."""
    return plain(text).split()[:8]


@lru_cache(maxsize=50_000)
def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def match(wanted: Sequence[str], *names: str) -> int | None:
    """How well a thing's names fit all the terms (the lower, the better), None if they do not."""
    fits = [min((fit for name in names if (fit := _fit(term, name)) is not None), default=None) for term in wanted]
    return None if None in fits or not fits else max(fit for fit in fits if fit is not None)


class Names:
    """Thousands of things with name and code, written one below the other, so that a term is looked for in all at once."""

    def __init__(self, things: Iterable[tuple[str, str]]):
        self._things = [(plain(name), plain(code)) for name, code in things]
        lines = [f"{name}\t{code}\n" for name, code in self._things]
        self._text = "".join(lines)
        self._starts = list(accumulate(map(len, lines), initial=0))

    def fits(self, term: str) -> dict[int, int]:
        """{place: how well the thing fits the term} of those whose name, code or initials do."""
        found: dict[int, int] = {}
        at = self._text.find(term)
        while at >= 0:
            place = bisect_right(self._starts, at) - 1
            fit = self._fit(place, at - self._starts[place], term)
            found[place] = min(fit, found.get(place, fit))
            at = self._text.find(term, at + 1)
        if len(term) > 1 and term.isascii() and term.isalpha():
            for place, (name, _) in enumerate(self._things):
                if place not in found and (fit_of_name := _fit(term, name)) is not None:
                    found[place] = fit_of_name
        return found

    def _fit(self, place: int, at: int, term: str) -> int:
        name, code = self._things[place]
        if at in (0, len(name) + 1):
            return EXACT if term == (name if at == 0 else code) else BEGINS
        return CONTAINS


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
    return pinyin.initials(plain(name))
