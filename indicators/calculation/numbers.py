"""Numbers as people write them, and units: text to exact Decimals, base unit to printed unit and back."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

MAX_DIGITS = 15
MAX_DECIMALS = 6
LIMIT = Decimal(10) ** MAX_DIGITS

BLANKS = frozenset({"", "-", "—", "–", "－", "——", "…", "--"})
NOT_APPLICABLE = frozenset({"不适用", "n/a", "N/A"})

# Printed unit -> (base unit, factor). A unit that is not here is its own base unit.
SCALED_UNITS: dict[str, tuple[str, Decimal]] = {
    "亿元": ("万元", Decimal(10_000)),
    "元": ("万元", Decimal("0.0001")),
    "百万元": ("万元", Decimal(100)),
    **{f"万{unit}": (unit, Decimal(10_000)) for unit in ("件", "个", "家", "人", "人次", "项", "次", "种")},
    **{f"百万{unit}": (unit, Decimal(1_000_000)) for unit in ("件", "个")},
    **{f"亿{unit}": (unit, Decimal(100_000_000)) for unit in ("件", "个")},
}
# Things that are counted: their figures are never below 0, unless the figure is a ratio.
COUNT_UNITS = frozenset({"件", "个", "家", "人", "人次", "项", "次", "种", "门", "笔", "宗", "名", "套"})
SUFFIXES = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}

# Projections may be as large as a double: room for all their digits.
_WIDE = Context(prec=400)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－＋％　", "0123456789.,-+% ")
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


class NotANumber(ValueError):
    """Text that cannot be taken for a number; the message says what is wrong and gives an example of what is right."""


@dataclass(frozen=True)
class Reading:
    """What a piece of text was understood as: a number in `unit`, not applicable, or blank (neither)."""

    value: Decimal | None = None
    not_applicable: bool = False
    note: str = ""  # how it was understood, where that is more than copying the digits

    @property
    def is_blank(self) -> bool:
        return self.value is None and not self.not_applicable


def base_unit(unit: str) -> str:
    """The unit in which a value printed in `unit` is stored."""
    return SCALED_UNITS.get(unit, (unit, Decimal(1)))[0]


def factor(unit: str, base: str) -> Decimal:
    """How many of `base` one `unit` is; ValueError when the two measure different things."""
    target, scale = SCALED_UNITS.get(unit, (unit, Decimal(1)))
    if target != base:
        raise ValueError(f"单位“{unit}”不能换算为“{base}”")
    return scale


def plain(value: Decimal) -> str:
    """A Decimal without exponent and without trailing zeros: what files and messages show."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Half up, as figures are shown; the one place where a figure is rounded."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=_WIDE)


def to_base(value: Decimal, unit: str, base: str) -> Decimal:
    """A value printed in `unit`, in the base unit; refused when the base unit would need too many digits."""
    return checked(value * factor(unit, base))


def to_printed(value: Decimal, unit: str, base: str) -> Decimal:
    """A stored value in the printed unit, exactly."""
    return value / factor(unit, base)


def checked(value: Decimal) -> Decimal:
    """The value itself, if it can be stored without losing a digit."""
    digits = plain(abs(value)).replace(".", "").lstrip("0")
    decimals = plain(value).partition(".")[2]
    if len(digits) > MAX_DIGITS or abs(value) >= LIMIT:
        raise NotANumber(f"“{plain(value)}”超过 {MAX_DIGITS} 位有效数字，请核对单位后重填，例如 29.51 万件")
    if len(decimals) > MAX_DECIMALS:
        raise NotANumber(f"“{plain(value)}”的小数超过 {MAX_DECIMALS} 位，请四舍五入后重填，例如 1.17")
    return Decimal(plain(value))


def read(text: str, *, unit: str = "") -> Reading:
    """Understand one cell as people write it; `unit` is the unit of the cell, so that a % sign can be judged."""
    raw = text.strip().strip("\ufeff\u200b\u3000 \t\r\n")
    if raw in BLANKS:
        return Reading()
    if raw in NOT_APPLICABLE:
        return Reading(not_applicable=True)
    body = raw.translate(_FULL_WIDTH).replace("−", "-").strip()
    scale, percent = Decimal(1), False
    if body.endswith("%"):
        percent, body = True, body[:-1].rstrip()
        if unit != "%":
            raise NotANumber(f"“{raw}”带有百分号，但这一格的单位是“{unit or '无'}”，请去掉百分号，例如 12.5")
    elif body[-1:] in SUFFIXES:
        scale, body = SUFFIXES[body[-1]], body[:-1].rstrip()
    if body.startswith("+") and body[1:2].isdigit():
        body = body[1:]
    if _GROUPED.fullmatch(body):
        body = body.replace(",", "")
    if not _PLAIN.fullmatch(body):
        raise NotANumber(_what_is_wrong(raw, body))
    value = checked(Decimal(body) * scale) + 0
    changed = raw not in (body, f"+{body}") or percent
    return Reading(value=value, note=f"{raw} → {plain(value)}" if changed and plain(value) != raw else "")


def _what_is_wrong(raw: str, body: str) -> str:
    shown = raw if len(raw) <= 30 else raw[:30] + "…"
    if re.fullmatch(r"[-+]?[0-9.]+[eE][-+]?[0-9]+", body):
        return f"“{shown}”是科学计数法，请写出全部数字，例如 1000"
    if "_" in body and body.replace("_", "").isascii():
        return f"“{shown}”含有下划线，请去掉，例如 1000"
    if re.fullmatch(r"[-+]?[0-9.,]+", body):
        return f"“{shown}”的小数点或千分位位置不对，请写成 1234.5 或 1,234.5"
    if body.lower().lstrip("+-") in {"nan", "inf", "infinity", "null", "none", "#n/a", "#value!", "#div/0!", "#ref!"}:
        return f"“{shown}”不是数字；没有数据请留空，不适用请写“不适用”"
    if any(character.isdigit() and not character.isascii() for character in body):
        return f"“{shown}”含有其他文字的数字，请用 0–9 书写，例如 1234"
    return f"“{shown}”不是数字，请只填数字，例如 1234 或 12.34；文字说明请写入备注"
