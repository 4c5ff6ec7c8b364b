"""Chinese names in Latin letters, with every reading of each character: 重庆 is chongqing and zhongqing."""

import os
from collections.abc import Iterator
from itertools import islice, product

MOST_SPELLINGS = 64


def initials(text: str) -> tuple[frozenset[str], ...]:
    """For each character the letters its readings begin with; letters and digits stand for themselves."""
    return tuple(frozenset(reading[0] for reading in readings if reading) for readings in _readings(text, "FIRST_LETTER"))


def spellings(text: str) -> Iterator[str]:
    """The whole text as people may type it, each combination of readings once, the commonest first, not endlessly many."""
    for syllables in islice(product(*_readings(text, "NORMAL")), MOST_SPELLINGS):
        yield "".join(syllables)


def _readings(text: str, style: str) -> list[list[str]]:
    # Single characters with all their readings are enough here: without the phrases it is 13 MB instead of 57 MB. Loaded by
    # whoever asks first, which many processes never do; nobody else imports it, or the phrases would come along.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import Style, pinyin

    return pinyin(text, style=Style[style], heteronym=True, errors=list)
