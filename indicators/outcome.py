"""What a write did, and what kept it from being done."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """How many rows a write made, changed, left as they were, and removed."""

    new: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.new + other.new, self.changed + other.changed, self.same + other.same, self.removed + other.removed)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.removed)

    def __str__(self) -> str:
        text = f"新增 {self.new}，更改 {self.changed}，未变 {self.same}"
        return f"{text}，删除 {self.removed}" if self.removed else text


class Inconsistent(Exception):
    """Rows that contradict each other or what stands; `places` are (line, column, reason)."""

    def __init__(self, places: list[tuple[int, str, str]]):
        self.places = places
        super().__init__("；".join(reason for _, _, reason in places))


class Forbidden(Exception):
    """The person may not do this here."""


class Conflict(Exception):
    """Somebody else wrote since: `standing` is what is there now, in words."""

    def __init__(self, standing: str):
        self.standing = standing
        super().__init__(f"在您打开之后已有人改动，现在是：{standing}；请核对后重新提交")
