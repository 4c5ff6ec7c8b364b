"""Figures drawn on the server: signs of a status, bullets and sparklines. SVG made of attributes and classes only."""

from html import escape
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.safestring import mark_safe

from indicators.calculation.vocabulary import Direction

register = template.Library()

WIDTH, HEIGHT = 200, 20
LESS_IS_BETTER = Direction.DECREASE.value
BEYOND = 0.5  # how far past the way from start to target a bullet reaches before an arrow stands for the rest
STALE = mark_safe(' <span class="status stale-row"><span aria-hidden="true">↻</span> 正在重算</span>')


@register.simple_tag
def sign(row):
    """Symbol and word of a row's status (or of a Sign), coloured by class; a stale row says that it is computed again."""
    shown = getattr(row, "sign", row)  # symbol, word and style are from the vocabulary
    stale = STALE if getattr(row, "is_stale", False) else ""
    text = f'<span class="status {shown.style}"><span aria-hidden="true">{shown.symbol}</span> {shown.word}</span>{stale}'
    return mark_safe(text)


@register.simple_tag
def bullet(row, target=None, upper=None, target_year=None):
    """A row as a bar: baseline | actual ▮ | expected ┆ | target ▏, what is better always further right.

    `target` is the final one, in the base unit; without it the year's own is drawn. `upper` is its far end where it is a range.
    Without an actual only target and baseline are drawn; with nothing to hold an actual against, nothing comes back.
    """
    if target is None:
        target, target_year = row.required, row.year
    expected = row.expected if row.actual is not None else None
    if target is None and expected is None:
        return ""
    marks = (
        ("baseline", row.baseline_value),
        ("actual", row.actual),
        ("expected", expected),
        ("target", target),
        ("upper", upper),
    )
    places, is_beyond = _places({name: float(value) for name, value in marks if value is not None}, row.direction)
    told = _bullet_in_words(row, target, upper, target_year or row.last_year)
    return mark_safe(
        f'<svg class="bullet {row.sign.style}" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(told)}">{_bullet_marks(places, is_beyond)}</svg>'
    )


def _places(known, direction):
    """{name: x}, and to which side the actual runs out of the picture (-1, 0, 1).

    The bar starts at the baseline, and what is better lies to its right. Without a baseline it starts at 0, whichever way is
    better: a limit is then a line the bar should not cross.
    """
    is_turned = direction == LESS_IS_BETTER and "baseline" in known
    way = {name: -value for name, value in known.items()} if is_turned else dict(known)
    start = way["start"] = way.get("baseline", 0.0)
    ends = [way[name] for name in ("start", "target", "upper", "expected") if name in way]
    low, high = min(ends), max(ends)
    actual = way.get("actual", start)
    reach = BEYOND * ((high - low) or abs(actual - start) or 1.0)
    is_beyond = (actual > high + reach) - (actual < low - reach)
    low, high = min(low, max(actual, low - reach)), max(high, min(actual, high + reach))
    if is_beyond:
        way["actual"] = high if is_beyond > 0 else low
    span = (high - low) or 1.0
    return {name: round(4 + (WIDTH - 8) * ((value - low) / span), 1) for name, value in way.items()}, is_beyond


def _bullet_marks(at, is_beyond):
    marks = [f'<rect class="track" x="0" y="8" width="{WIDTH}" height="4"/>']
    if "upper" in at:
        left, right = sorted((at["target"], at["upper"]))
        marks.append(f'<rect class="band" x="{left}" y="3" width="{right - left:.1f}" height="14"/>')
    if "actual" in at:
        left, right = sorted((at["start"], at["actual"]))
        marks.append(f'<rect class="bar" x="{left}" y="5" width="{max(right - left, 1.5):.1f}" height="10"/>')
        if is_beyond:
            tip, back = (WIDTH, WIDTH - 7) if is_beyond > 0 else (0, 7)
            marks.append(f'<path class="beyond" d="M{back} 2L{tip} 10L{back} 18z"/>')
    for name, top, bottom in (("baseline", 4, 16), ("expected", 2, 18), ("target", 0, 20)):
        if name in at:
            marks.append(f'<line class="{name}" x1="{at[name]}" x2="{at[name]}" y1="{top}" y2="{bottom}"/>')
    return "".join(marks)  # numbers only


def _bullet_in_words(row, target, upper, target_year):
    actual = f"{row.year} 年实际 {row.shown('actual')}" if row.actual is not None else f"{row.year} 年没有实际值"
    parts = [f"{row.name}（{row.unit}）：{actual}"]
    if row.baseline_value is not None:
        parts.append(f"{row.baseline_year} 年基期 {row.shown('baseline_value')}")
    if row.actual is not None and row.expected is not None:
        parts.append(f"按进度应达 {row.shown('expected')}")
    if target is not None and row.condition:
        parts.append(row.condition.to_beat)
    elif target is not None:
        far = f"～{row.in_unit(upper)}" if upper is not None else ""
        parts.append(f"{target_year} 年目标 {row.in_unit(target)}{far}")
    return f"{'，'.join(parts)}；{row.sign.word}。"


@register.simple_tag
def sparkline(row, points, target=None, target_year=None):
    """Actuals over the years as a small line: `points` are (year, value in the base unit or None) in order of the year.

    A year without a value breaks the line; a diamond marks the target. With no value at all, nothing comes back.
    """
    points = list(points)
    known = [(year, float(value)) for year, value in points if value is not None]
    if not known:
        return ""
    goal = (target_year or row.last_year, float(target)) if target is not None else None
    marks = [*known, goal] if goal else known
    years, values = [year for year, _ in [*points, *marks]], [value for _, value in marks]
    first, last, low, high = min(years), max(years), min(values), max(values)
    width, height = (last - first) or 1, high - low

    def place(year, value):
        x = 5 + 90 * (year - first) / width
        y = 20 - 16 * (value - low) / height if high > low else 12
        return f"{x:.1f}", f"{y:.1f}"

    steps, dots, previous = [], [], None
    for year, value in known:
        x, y = place(year, value)
        steps.append(f"{'L' if previous == year - 1 else 'M'}{x} {y}")
        dots.append(f'<circle cx="{x}" cy="{y}" r="1.6"/>')
        previous = year
    diamond = ""
    if goal:
        x, y = place(*goal)
        diamond = f'<path class="goal" d="M{x} {y}m0 -3.5l3.5 3.5l-3.5 3.5l-3.5 -3.5z"/>'
    told = "、".join([f"{year} 年缺" if value is None else f"{year} 年 {row.in_unit(value)}" for year, value in points])
    goal_told = f"；{goal[0]} 年目标 {row.in_unit(target)}" if goal else ""
    told = escape(f"{row.name}（{row.unit}）：{told}{goal_told}。")
    return mark_safe(
        f'<svg class="sparkline" viewBox="0 0 100 24" role="img" aria-label="{told}"><path class="line" d="{"".join(steps)}"/>'
        f"{''.join(dots)}{diamond}</svg>"
    )


@register.simple_tag
def status_parts(counts, longest):
    """A bar of parts, drawn against the longest, with its counts in words."""
    parts = counts.parts
    bars = "".join(f'<rect class="{escape(one.status)}" x="{one.start}" width="{one.count}" height="1"/>' for one in parts)
    words = "".join(
        f'<li class="status {escape(one.sign.style)}"><span aria-hidden="true">{escape(one.sign.symbol)}</span>'
        f' {escape(one.sign.word)} <span class="figure">{one.count}</span></li>'
        for one in parts
    )
    return mark_safe(
        f'<svg class="statuses" viewBox="0 0 {int(longest)} 1" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'{bars}</svg>\n<ul class="counts">{words}</ul>'
    )


@register.simple_tag
def view_address(selection, path, **changes):
    """The address of the same view with something changed."""
    return selection.address(path, **changes)


@register.simple_tag
def file_address(selection, path, kind, is_paged=False):
    """The address of the same view as a file; of its page alone where a file has no more than a page."""
    return selection.address(path, page=selection.page if is_paged else 1, format=kind)


@register.simple_tag
def picture_address(kind, form, **asked):
    """The address of a chart as a picture; what is not asked for is left out."""
    named = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('chart', args=[kind, form])}?{named}"
