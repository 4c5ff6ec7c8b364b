"""What is wrong with a file, each with its place."""

from dataclasses import dataclass, field

import pandas as pd

SHOWN = 20


@dataclass(frozen=True, order=True)
class Problem:
    line: int
    column: str
    reason: str

    def __str__(self):
        place = f"第 {self.line} 行" if self.line else ""
        column = f"“{self.column}”列" if self.column else ""
        return f"{place}{column}：{self.reason}" if place or column else self.reason


class Refused(Exception):
    """Nothing was changed; `problems` says why, in the order of the file."""

    def __init__(self, problems):
        self.problems = sorted(problems)
        super().__init__(str(self))

    def __str__(self):
        lines = [str(problem) for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"…… 共 {len(self.problems)} 处，以上为前 {SHOWN} 处")
        return "\n".join(lines)


def refused(reason, *, line=0, column=""):
    return Refused([Problem(line, column, reason)])


@dataclass
class Findings:
    """Collects problems by whole columns; a row that is refused once keeps only its first reason per column."""

    labels: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, mask, column, reason):
        """Refuse the rows of a boolean column; `reason` is a sentence, a column of them, or what gives one for a line."""
        lines = mask.index[mask.fillna(False).to_numpy(dtype=bool)]
        for line in lines:
            sentence = reason(line) if callable(reason) else reason[line] if isinstance(reason, pd.Series) else reason
            self.problems.append(Problem(int(line), self.labels.get(column, column), sentence))

    def raise_if_any(self):
        if self.problems:
            raise Refused(self.problems)
