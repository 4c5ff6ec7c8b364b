"""The rules in words, as one table for files; the page reads them from where they are written."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from indicators.calculation import methods
from indicators.calculation.methods import CheckText, Rule, StatusRule, Text
from indicators.frames import Table

COLUMNS = ["section", "name", "label", "sentence", "formula", "empty_when", "example"]


@dataclass(frozen=True)
class Step:
    """Rules of status that are tried together."""

    number: int
    rules: tuple[StatusRule, ...]


@dataclass(frozen=True)
class Methods:
    rules: tuple[Rule, ...]
    notes: tuple[str, ...]
    measures: tuple[Text, ...]
    kinds: tuple[Text, ...]
    steps: tuple[Step, ...]
    reasons: tuple[Text, ...]
    checks: tuple[CheckText, ...]
    example: str

    def table(self) -> Table:
        return Table(COLUMNS, list(self._lines()), "methods")

    def _lines(self) -> Iterator[tuple]:
        for rule in self.rules:
            yield "figure", rule.name, rule.label, rule.sentence, rule.formula, rule.empty_when, rule.example
        for section, texts in (("measure", self.measures), ("target_kind", self.kinds)):
            yield from (_line(section, text.name, text.label, text.sentence) for text in texts)
        for step in self.steps:
            yield from (_line("status", rule.status.value, rule.label, rule.sentence) for rule in step.rules)
        for section, texts in (("reason", self.reasons), ("check", self.checks)):
            yield from (_line(section, text.name, text.label, text.sentence) for text in texts)
        yield from (_line("note", "", "", note) for note in self.notes)


def read() -> Methods:
    """Everything the page prints; the examples are computed now, by the code that computes the figures."""
    return Methods(
        rules=methods.rules(),
        notes=methods.NOTES,
        measures=methods.MEASURES,
        kinds=methods.KINDS,
        steps=tuple(
            Step(number, tuple(rules)) for number, rules in groupby(methods.status_rules(), key=lambda rule: rule.step)
        ),
        reasons=methods.REASONS,
        checks=methods.checks(),
        example=methods.example(),
    )


def _line(section: str, name: str, label: str, sentence: str) -> tuple:
    return section, name, label, sentence, None, None, None
