"""Columns and rules that several tables share."""

from django.db import models
from django.db.models import Q

from indicators.calculation.numbers import LIMIT, MAX_DECIMALS, MAX_DIGITS

FIRST_YEAR, LAST_YEAR = 1949, 2100


def figure(verbose_name, **options):
    """A stored figure: 15 digits before the point and 6 after; which 15 of them may differ from 0 is checked on entry."""
    return models.DecimalField(verbose_name, max_digits=MAX_DIGITS + MAX_DECIMALS, decimal_places=MAX_DECIMALS, **options)


def finite(*names, table):
    """Refuse NaN, infinity and (on SQLite, whose columns take anything) text.

    NaN and infinity sort above every number on PostgreSQL, text above every number on SQLite: a plain range refuses them.
    """
    return [
        models.CheckConstraint(
            condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": -LIMIT, f"{name}__lte": LIMIT}),
            name=f"{table}_{name}_finite",
        )
        for name in names
    ]


def year_in_range(table, name="year"):
    return models.CheckConstraint(
        condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": FIRST_YEAR, f"{name}__lte": LAST_YEAR}),
        name=f"{table}_{name}_in_range",
    )


def known(table, name, words, *, blank=False):
    """A column holds a word of the vocabulary (or, if it may, nothing)."""
    allowed = [*words.values(), ""] if blank else words.values()
    return models.CheckConstraint(condition=Q(**{f"{name}__in": allowed}), name=f"{table}_{name}_known")
