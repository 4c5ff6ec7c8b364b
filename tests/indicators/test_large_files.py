"""A large CSV file is read in blocks that are only cut at their commas: it must come to the same as read line by line."""

import csv
from contextlib import contextmanager
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indicators import frames, imports
from indicators.imports import reading, sheets
from indicators.imports.problems import Refused
from indicators.imports.reading import Line, Unreadable
from indicators.models import Actual, Revision
from tests import factories

HEADING = [column.name for column in frames.ACTUALS[:6]]
HEAD = ",".join(HEADING) + "\n"


@contextmanager
def small_blocks(characters=60, heading_rows=3):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK", characters)
        patch.setattr(reading, "FEW", 1)
        patch.setattr(reading, "HEADING_ROWS", heading_rows)
        yield


# Cells that a reader of CSV, a reader of lines, a remover of spaces or a maker of numbers might take for something else.
NASTY = (
    '"', '""', '"a,b"', '"a\nb"', '"a""b"', '"a\r\nb"', 'a"b', '"a"b', ",", "\r", "\ufeff", "\ufeffa", "'", "'=1", "'-1", "''",
    "'a", " ", "\t", " a ", "\u3000a", "\xa0", "a\x85", "\u2028", "\x0b", "\x0c", "\x1c", "\x1a", "#", "\\", "\\N", "\\n",
    "|", "\x7f", "NA", "NaN", "nan", "null", "None", "True", "007", "1e3", "+1", "-0", "1,000", "0.10", "１２", "𠀀", "不适用",
)  # fmt: skip
cells = st.one_of(
    st.sampled_from(NASTY),
    st.sampled_from(["", "150600", "valid-trademarks", "2023", "4.6", "万件"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)
rows = st.one_of(
    st.lists(cells, min_size=6, max_size=6),
    st.just(["150600", "valid-trademarks", "2023", "4.6", "万件", "年报"]),
    st.lists(cells, max_size=8),
)
endings = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r\n", "\r", ""])
plain_cells = cells.filter(lambda cell: not set(cell) & set('",\r\n'))
plain_rows = st.lists(plain_cells, min_size=6, max_size=6)
files = st.one_of(
    st.lists(st.tuples(rows, endings), max_size=25),
    st.lists(st.tuples(plain_rows, st.sampled_from(["\n", "\r\n"])), max_size=25),
).map(lambda lines: HEAD + "".join(",".join(row) + ending for row, ending in lines))


def write(folder, text, encoding):
    path = folder / "actuals.csv"
    path.write_bytes(text.encode(encoding))
    return path


def outcome_of(lines):
    """Every row with its line, and every problem; or how the file as a whole is refused."""
    told = []
    try:
        parts = [sheet.rows for sheet in sheets.of(lines, frames.ACTUALS, told=told)]
    except Refused as error:
        return str(error)
    except Unreadable as error:
        return error.line, error.reason
    return [(line, *row) for part in parts for line, *row in part.itertuples()], sorted(told)


def one_by_one(path, encoding):
    """The lines as the standard library has them: this is what is meant."""
    line = 0
    with path.open(encoding=encoding, newline="") as file:
        try:
            for line, row in enumerate(csv.reader(file, strict=True), start=1):
                yield Line(line, row)
        except csv.Error as error:
            what = "引号没有配对" if "quote" in str(error) or "end of data" in str(error) else "一格里的内容太长或格式有误"
            raise Unreadable(f"{what}，请在 Excel 或 WPS 中打开核对后另存为 CSV UTF-8", line + 1) from None


PLAIN = "150600,valid-trademarks,2023,4.6,万件,年报\n"


@settings(max_examples=400, deadline=None)
@given(files, st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]), st.sampled_from([1, 60, 200, 100_000]))
@example(HEAD + PLAIN * 9 + '"a\nb",,,,,\n' + PLAIN * 9, "utf-8", 60)  # quoted, over the end of a block
@example(HEAD + PLAIN * 9 + '"a\nb",,,,,\r1,2,3,4,5,6\n' + PLAIN * 9, "utf-8", 60)
@example(HEAD + PLAIN * 9 + '"a,,,,,\n' + PLAIN * 9, "utf-8", 60)  # never closed
@example(HEAD + PLAIN * 9 + "\ufeff,,,,,\n" + PLAIN * 9, "utf-8", 1)  # the mark of UTF-8 where a block begins
@example(HEAD + PLAIN * 9 + "\n\n ,,,,,\n" + PLAIN * 9, "utf-8", 1)
@example(HEAD + PLAIN * 9 + "1,2\n" + "1,2,3,4,5,6,7\n" + PLAIN.strip(), "gb18030", 60)
@example((HEAD + PLAIN * 9).replace("\n", "\r"), "utf-8", 60)
@example(HEAD + PLAIN * 9 + "," * 200 + "\n" + PLAIN, "utf-8", 60)  # too many columns
def test_blocks_come_to_the_same_as_lines(tmp_path_factory, text, encoding, size):
    path = write(tmp_path_factory.getbasetemp(), text, encoding)
    try:
        found = reading.encoding_of(path)
    except Unreadable:
        return
    with small_blocks(size):
        in_blocks, in_lines = (
            outcome_of(reading.open_file(path, "a.csv", sheets.headings(frames.ACTUALS), in_blocks=in_blocks).lines)
            for in_blocks in (True, False)
        )
    assert in_blocks == in_lines
    if not any(line.count(",") >= reading.COLUMNS for line in text.splitlines()):
        assert in_blocks == outcome_of(one_by_one(path, found))


def test_a_plain_file_is_read_in_blocks(tmp_path):
    """Else the test above would compare nothing."""
    path = write(tmp_path, HEAD + PLAIN * 1000, "utf-8")
    with small_blocks(1000):
        lines = list(reading.open_file(path, "a.csv", sheets.headings(frames.ACTUALS), in_blocks=True).lines)
    assert sum(isinstance(line, reading.Block) for line in lines) > 10
    assert sum(isinstance(line, Line) for line in lines) == 3


# To the end


@pytest.fixture
def clerk(tree, people):
    factories.indicator()
    factories.indicator("ratio", unit="%", measure="ratio")
    return people["alta"]


def import_actuals(tmp_path, text, people, encoding="utf-8"):
    return imports.import_actuals(write(tmp_path, text, encoding), by=people["alta"], approved_by=people["bayar"])


def figures():
    columns = ("series__indicator__code", "year", "value", "not_applicable", "source", "source_url", "note", "version")
    return list(Actual.objects.order_by("series__indicator__code", "year").values_list(*columns))


def test_bad_row_in_the_middle_of_a_large_file(clerk, people, tmp_path):
    blank = "150600,valid-trademarks,2023,-,件,年报\n"
    text = HEAD + blank * 150_000 + "150600,valid-trademarks,2023,见说明,件,年报\n" + blank * 149_999 + PLAIN
    with pytest.raises(Refused) as refusal:
        import_actuals(tmp_path, text, people)
    assert str(refusal.value) == "第 150002 行“value”列：“见说明”不是数字，请只填数字，例如 1234 或 12.34；文字说明请写入备注"
    assert not Actual.objects.exists()
    assert not Revision.objects.exists()


def test_problems_are_told_in_the_order_of_the_file_whatever_found_them(clerk, people, tmp_path):
    lines = [f"150600,valid-trademarks,{year},{year},件,年报\n" for year in range(1990, 2020)]
    lines[5] = "150600,valid-trademarks,1995,x,件,年报\n"  # in a block
    lines[11] = "150600,valid-trademarks,2001\n"  # makes its block be read line by line
    lines[17] = '150600,"trademarks",2007,1,件,年报\n'  # quoted
    lines[23] = "150600,valid-trademarks,2013,1,亿元,年报\n"
    with small_blocks(), pytest.raises(Refused) as refusal:
        import_actuals(tmp_path, HEAD + "".join(lines), people)
    assert [problem.line for problem in refusal.value.problems] == [13]
    lines[11] = "150600,valid-trademarks,2001,1,件,年报\n"
    with small_blocks(), pytest.raises(Refused) as refusal:
        import_actuals(tmp_path, HEAD + "".join(lines), people)
    assert [(problem.line, problem.column) for problem in refusal.value.problems] == [
        (7, "value"),
        (19, "indicator"),
        (25, "value"),
    ]


def quoted(text):
    return "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in text.splitlines())


FORMS = {
    "plain": (str, "utf-8"),
    "with the mark of UTF-8": (str, "utf-8-sig"),
    "GB18030": (str, "gb18030"),
    "ended as Windows ends lines": (lambda text: text.replace("\n", "\r\n"), "utf-8"),
    "ended as old Macs ended lines": (lambda text: text.replace("\n", "\r"), "utf-8"),
    "every cell quoted": (quoted, "utf-8"),
    "one cell quoted": (lambda text: text.replace("1970,不适用", '1970,"不适用"'), "utf-8-sig"),
    "spaces around cells": (lambda text: text.replace(",", " ,\u3000"), "utf-8"),
    "blank lines between": (lambda text: text.replace("\n", "\n\n , \n"), "utf-8"),
    "no end of the last line": (lambda text: text.removesuffix("\n"), "utf-8"),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_file_in_another_form_is_the_same_file(clerk, people, tmp_path, form):
    text = HEAD + "".join(f"150600,valid-trademarks,{year},{year - 1950}.5,万件,年报 {year}\n" for year in range(1951, 2021))
    text += "150600,ratio,1970,不适用,%,'=年报\n150600,ratio,1971,-,%,年报\n150600,ratio,1972,１２.5%,%,年报\n"
    assert import_actuals(tmp_path, text, people).new == 72
    stands = figures()
    assert stands[0] == ("ratio", 1970, None, True, "=年报", "", "", 1)
    assert stands[1] == ("ratio", 1972, Decimal("12.5"), False, "年报", "", "", 1)
    assert stands[2] == ("valid-trademarks", 1951, 15_000, False, "年报 1951", "", "", 1)
    change, encoding = FORMS[form]
    with small_blocks(400):
        again = import_actuals(tmp_path, change(text), people, encoding)
    assert (again.new, again.changed, again.same) == (0, 0, 72)
    assert figures() == stands
    assert Revision.objects.count() == 72


def test_one_file_may_add_correct_and_repeat(clerk, people, tmp_path):
    head = HEAD.replace("source", "source,note")
    import_actuals(tmp_path, head + "150600,ratio,2020,1,%,年报,\n150600,ratio,2021,2,%,年报,\n", people)
    text = head + "150600,ratio,2020,1,%,年报,\n150600,ratio,2021,2.5,%,年报,有误\n150600,ratio,2022,3,%,年报,\n"
    outcome = import_actuals(tmp_path, text, people)
    assert (outcome.new, outcome.changed, outcome.same) == (1, 1, 1)
    assert [(year, value, version) for _, year, value, *_, version in figures()] == [(2020, 1, 1), (2021, 2.5, 2), (2022, 3, 1)]
    told = Revision.objects.order_by("pk").values_list("year", "act", "old_value", "new_value", "version", "reason")
    assert list(told) == [
        (2020, "approve", None, 1, 1, ""),
        (2021, "approve", None, 2, 1, ""),
        (2021, "correct", 2, 2.5, 2, "有误"),
        (2022, "approve", None, 3, 1, ""),
    ]


@pytest.mark.parametrize("zero", ["-0", "-0.0", "−0"])
def test_zero_with_a_sign_among_plain_numbers_is_zero(clerk, people, tmp_path, zero):
    lines = [f"150600,valid-trademarks,{year},{value},件,年报\n" for year, value in ((2020, "5"), (2021, zero), (2022, "7"))]
    import_actuals(tmp_path, HEAD + "".join(lines), people)
    assert [value for _, _, value, *_ in figures()] == [5, 0, 7]


# What COPY, CSV or SQL might take for something else.
TEXTS = [
    "\\N", "\\.", "\\\\", "NULL", "a\tb", "x y", "'a'", "%s", "{}", "$1", "--", "a;b", "𠀀", "a\u2028b", "NaN", "True", "<b>",
]  # fmt: skip
QUOTED = ["a,b", 'a"b', '"', "a\nb", "a\r\nb", ","]


@pytest.mark.parametrize("texts", [TEXTS, TEXTS + QUOTED], ids=["in blocks", "line by line"])
def test_texts_are_stored_as_they_stand(clerk, people, tmp_path, texts):
    path = tmp_path / "actuals.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*HEADING, "note"])
        writer.writerows(["150600", "ratio", 1990 + at, at, "%", text, text] for at, text in enumerate(texts))
    with small_blocks():
        imports.import_actuals(path, by=people["alta"], approved_by=people["bayar"])
    assert list(Actual.objects.order_by("year").values_list("source", "note")) == [(text, text) for text in texts]
    assert list(Revision.objects.order_by("year").values_list("source", "note")) == [(text, text) for text in texts]
