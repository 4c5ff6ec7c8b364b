"""The five kinds of file: what goes out comes in again the same, and what is wrong is refused with its place."""

import io
import zipfile

import openpyxl
import pytest
import xlsxwriter
from django.core.management import CommandError, call_command

from indicators import exports, imports
from indicators.calculation.vocabulary import Role, Through
from indicators.frames import Table
from indicators.models import Actual, Entry, Indicator, Interim, Plan, PlanIndicator, Revision, Series, Target
from regions.models import Region
from tests import factories

KINDS = ["regions", "indicators", "plans", "plan", "actuals"]


def quiet(command, *args, **options):
    out = io.StringIO()
    call_command(command, *args, stdout=out, **options)
    return out.getvalue()


def content():
    """Every row that the five files speak of, without the keys of this database."""
    return {
        "regions": sorted(Region.objects.values_list("code", "name", "level", "parent__code"), key=str),
        "indicators": sorted(
            Indicator.objects.values_list(
                "code", "name", "unit", "dimension", "measure", "direction", "decimals", "same_subject__code", "definition"
            ),
            key=str,
        ),
        "plans": sorted(
            Plan.objects.values_list(
                "slug",
                "title",
                "document_number",
                "issued_by",
                "issued_on",
                "region__code",
                "first_year",
                "last_year",
                "period_assumed",
            ),
            key=str,
        ),
        "plan_indicators": sorted(
            PlanIndicator.objects.values_list(
                "plan__slug",
                "series__region__code",
                "series__indicator__code",
                "position",
                "number",
                "name",
                "unit",
                "category",
                "nature",
                "baseline_year",
                "baseline_value",
                "baseline_locator",
                "printed_growth",
                "responsible",
                "note",
                "locator",
            ),
            key=str,
        ),
        "targets": sorted(
            Target.objects.values_list(
                "plan_indicator__plan__slug",
                "plan_indicator__series__indicator__code",
                "year",
                "kind",
                "lower",
                "upper",
                "reference_region__code",
                "locator",
            ),
            key=str,
        ),
        "actuals": sorted(
            Actual.objects.values_list(
                "series__region__code",
                "series__indicator__code",
                "year",
                "value",
                "not_applicable",
                "source",
                "source_url",
                "note",
                "version",
            ),
            key=str,
        ),
        "interims": sorted(
            Interim.objects.values_list(
                "series__region__code",
                "series__indicator__code",
                "year",
                "period_start",
                "period_end",
                "is_latest_possible_day",
                "value",
                "source",
                "source_url",
                "note",
            ),
            key=str,
        ),
    }


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_five_files_out_and_into_an_empty_database(empty_database, tmp_path, ending):
    quiet("load_plans")
    series = Series.objects.first()
    factories.actual(series, year=1999, value=None, not_applicable=True, source="=1+1", note="-1 是文字")
    before = content()
    assert all(before.values())
    for kind in KINDS:
        quiet(f"export_{kind}", tmp_path / f"{kind}.{ending}")

    empty_database()
    assert not any(content().values())

    for kind in KINDS[:-1]:
        quiet(f"import_{kind}", tmp_path / f"{kind}.{ending}")
    country = Region.objects.get(code="100000")
    factories.person("clerk", (country, Role.CLERK, True))
    factories.person("reviewer", (country, Role.REVIEWER, True))
    quiet("import_actuals", tmp_path / f"actuals.{ending}", user="clerk", approve_by="reviewer")
    after = content()
    for kind, rows in before.items():
        assert after[kind] == rows, kind

    # And once more over what now stands: nothing is new, nothing changes.
    for kind in KINDS[:-1]:
        assert "新增 0，更改 0" in quiet(f"import_{kind}", tmp_path / f"{kind}.{ending}")
    again = quiet("import_actuals", tmp_path / f"actuals.{ending}", user="clerk", approve_by="reviewer")
    assert "新增 0，更改 0" in again


def test_gb18030_file_is_read_like_utf8(tree, tmp_path):
    file = tmp_path / "regions.csv"
    file.write_text("代码,名称,级别,上级代码\n150700,呼伦贝尔市,地级,150000\n", encoding="gb18030")
    quiet("import_regions", file)
    assert Region.objects.get(code="150700").name == "呼伦贝尔市"


def test_no_text_of_an_excel_file_is_a_formula(tree, tmp_path):
    factories.actual(factories.series(tree["150600"]), source="=HYPERLINK(1)", note="@x", source_url="http://127.0.0.1/")
    exports.write(exports.actuals(), tmp_path / "a.xlsx")
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows() for cell in row]
    assert "=HYPERLINK(1)" in [cell.value for cell in cells]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not [cell for cell in cells if cell.hyperlink]


def test_no_text_of_a_csv_file_begins_a_formula(tree):
    factories.actual(factories.series(tree["150600"]), value=-5, source="=1+1", note="+1")
    file = io.StringIO()
    exports.write_csv(exports.actuals(), file)
    assert ",-5,件,'=1+1,,'+1," in file.getvalue()


# Actuals

HEAD = "region,indicator,year,value,unit,source,source_url,note,period_start,period_end\n"
GOOD = "150600,valid-trademarks,2023,4.6,万件,年报,,,,\n"


@pytest.fixture
def clerk(tree, people):
    factories.indicator()
    factories.indicator("ratio", unit="%", measure="ratio")
    return people["alta"]


def import_actuals(tmp_path, text, by, **options):
    file = tmp_path / "actuals.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return imports.import_actuals(file, by=by, **options)


def test_figures_wait_for_review(clerk, tmp_path):
    outcome = import_actuals(tmp_path, HEAD + GOOD, clerk)
    assert outcome.new == 1
    entry = Entry.objects.get()
    assert (entry.value, entry.state, entry.entered_by) == (46_000, "submitted", clerk)
    assert not Actual.objects.exists()


def test_another_person_approves_at_once(clerk, people, tmp_path):
    import_actuals(tmp_path, HEAD + GOOD, clerk, approved_by=people["bayar"])
    assert Actual.objects.get().value == 46_000
    revision = Revision.objects.get()
    assert (revision.act, revision.by, revision.new_value, revision.version) == ("approve", people["bayar"], 46_000, 1)


def test_nobody_approves_the_own_file(clerk, tmp_path):
    file = tmp_path / "actuals.csv"
    file.write_text(HEAD + GOOD)
    with pytest.raises(CommandError, match="不能是同一人"):
        quiet("import_actuals", file, user="alta", approve_by="alta")


def test_correcting_needs_a_reason(clerk, people, tmp_path):
    import_actuals(tmp_path, HEAD + GOOD, clerk, approved_by=people["bayar"])
    with pytest.raises(imports.Refused, match="更正已生效的数值"):
        import_actuals(tmp_path, HEAD + GOOD.replace("4.6", "4.7"), clerk, approved_by=people["bayar"])
    import_actuals(
        tmp_path, HEAD + "150600,valid-trademarks,2023,4.7,万件,年报,,年报有误,,\n", clerk, approved_by=people["bayar"]
    )
    assert (Actual.objects.get().value, Actual.objects.get().version) == (47_000, 2)
    correction = Revision.objects.order_by("pk").last()
    assert (correction.act, correction.old_value, correction.new_value, correction.reason) == (
        "correct",
        46_000,
        47_000,
        "年报有误",
    )


def test_blank_and_dash_leave_what_stands(clerk, people, tmp_path):
    import_actuals(tmp_path, HEAD + GOOD, clerk, approved_by=people["bayar"])
    for blank in ("", "-", "—"):
        assert not import_actuals(tmp_path, HEAD + GOOD.replace("4.6", blank), clerk, approved_by=people["bayar"])
    assert Actual.objects.get().value == 46_000


def test_not_applicable_is_no_number_and_no_blank(clerk, people, tmp_path):
    import_actuals(tmp_path, HEAD + GOOD.replace("4.6", "不适用"), clerk, approved_by=people["bayar"])
    assert (Actual.objects.get().value, Actual.objects.get().not_applicable) == (None, True)


def test_person_cannot_write_for_another_region(clerk, people, tmp_path):
    with pytest.raises(imports.Refused, match="没有在鄂尔多斯市填报的权限"):
        import_actuals(tmp_path, HEAD + GOOD, people["chen"])


def test_bundled_values_leave_alone_what_a_person_changed(clerk, people, tmp_path):
    bundled = factories.person("bundled-one")
    import_actuals(tmp_path, HEAD + GOOD, bundled, through=Through.BUNDLED)
    import_actuals(tmp_path, HEAD + "150600,valid-trademarks,2023,4.7,万件,年报,,更正,,\n", clerk, approved_by=people["bayar"])
    import_actuals(tmp_path, HEAD + GOOD, bundled, through=Through.BUNDLED)
    assert Actual.objects.get().value == 47_000


def row(**changes):
    cells = {
        "region": "150600", "indicator": "valid-trademarks", "year": "2023", "value": "4.6", "unit": "万件",
        "source": "年报", "source_url": "", "note": "", "period_start": "", "period_end": "",
    }  # fmt: skip
    return ",".join({**cells, **changes}.values()) + "\n"


WRONG_ACTUALS = {
    "empty file": ("", "是空的"),
    "only a heading": (HEAD, "没有数据行"),
    "only blank lines": ("\n\n \n", "没有表头"),
    "missing column": ("region,indicator,year\n150600,valid-trademarks,2023\n", "第 1 行：缺少列：value、unit"),
    "unknown column": (HEAD.replace("note", "remark") + row(), "第 1 行：不认识的列名“remark”"),
    "column twice": (HEAD.replace("note", "value") + row(), "第 1 行：列名“value”出现了两次"),
    "unknown region": (HEAD + row(region="999999"), "第 2 行“region”列：地区“999999”不存在"),
    "no region": (HEAD + row(region=""), "第 2 行“region”列：缺少地区代码"),
    "unknown indicator": (HEAD + row(indicator="trademarks"), "第 2 行“indicator”列：指标“trademarks”不存在"),
    "text in a number": (HEAD + GOOD + row(year="2022", value="见说明"), "第 3 行“value”列：“见说明”不是数字"),
    "scientific notation": (HEAD + row(value="1e3"), "第 2 行“value”列：“1e3”是科学计数法"),
    "underscore": (HEAD + row(value="1_000"), "含有下划线"),
    "NaN": (HEAD + row(value="NaN"), "第 2 行“value”列：“NaN”不是数字"),
    "infinity": (HEAD + row(value="Infinity"), "第 2 行“value”列"),
    "other script's digits": (HEAD + row(value="٤٥"), "含有其他文字的数字"),
    "thousands in wrong places": (HEAD + row(value='"12,34"'), "小数点或千分位位置不对"),
    "too many digits": (HEAD + row(value="1234567890123456", unit="件"), "超过 15 位有效数字"),
    "too many decimals": (HEAD + row(value="0.1234567", unit="件"), "小数超过 6 位"),
    "negative count": (HEAD + row(value="-3", unit="件"), "第 2 行“value”列：“-3”是负数"),
    "percent of a count": (HEAD + row(value="12%"), "带有百分号"),
    "unit that does not convert": (HEAD + row(unit="亿元"), "单位“亿元”不能换算为“件”"),
    "no unit": (HEAD + row(unit=""), "第 2 行“unit”列：不能为空"),
    "year out of range": (HEAD + row(year="1948"), "第 2 行“year”列：年份应在 1949 至 2100 之间"),
    "year not begun": (HEAD + row(year="2099"), "2099 年还没有开始"),
    "year in words": (HEAD + row(year="二〇二三"), "第 2 行“year”列：“二〇二三”不是年份"),
    "duplicate row": (HEAD + GOOD + GOOD, "第 3 行“year”列：与第 2 行重复"),
    "too few cells": (HEAD + GOOD + "150600,valid-trademarks,2022\n", "第 3 行：只有 3 格，而表头有 10 列"),
    "too many cells": (HEAD + row(value="4,600"), "第 2 行：有 11 格，而表头只有 10 列"),
    "quote left open": (HEAD + '150600,"valid-trademarks,2023\n', "引号没有配对"),
    "UTF-16": ((HEAD + GOOD).encode("utf-16"), "UTF-16"),
    "neither UTF-8 nor GB18030": ((HEAD + GOOD).encode() + b"\xff\xff\n", "既不是 UTF-8 也不是 GB18030"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0\0", "既不是 UTF-8|空字符"),
    "NUL in a cell": (HEAD + row(note="a\0b"), "第 2 行：文件含有空字符"),
    "10 MB of one line": (b"a" * 10_000_000, "第 1 行：这一行超过"),
    "10 MB in one cell": ((HEAD + row(note="备" * 3_500_000)).encode(), "第 2 行：这一行超过"),
    "note too long": (HEAD + row(note="备" * 5001), "第 2 行“note”列：超过 5000 个字"),
    "address of another kind": (HEAD + row(source_url="javascript:alert(1)"), "第 2 行“source_url”列：网址应以 http"),
    "period backwards": (HEAD + row(period_start="2023-09-30", period_end="2023-01-01"), "期末早于期初"),
    "period without end": (HEAD + row(period_start="2023-01-01"), "期初与期末都要填"),
    "period that is no day": (HEAD + row(period_start="2023-01-01", period_end="2023-02-30"), "“2023-02-30”不是日期"),
    "period of another year": (HEAD + row(period_start="2022-01-01", period_end="2022-09-30"), "年份应是期末所在的年"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧版 .xls 或加了密码"),
    "broken zip": (b"PK\x03\x04 not a workbook", "不是可读的 .xlsx"),
}


@pytest.mark.parametrize("case", WRONG_ACTUALS)
def test_wrong_actuals_file_is_refused_with_its_place(clerk, people, tmp_path, case):
    text, sentence = WRONG_ACTUALS[case]
    with pytest.raises(imports.Refused, match=sentence):
        import_actuals(tmp_path, text, clerk, approved_by=people["bayar"])
    assert not Actual.objects.exists()
    assert not Entry.objects.exists()
    assert not Interim.objects.exists()
    assert not Revision.objects.exists()


def test_every_problem_of_a_file_is_told_not_only_the_first(clerk, tmp_path):
    with pytest.raises(imports.Refused) as refusal:
        import_actuals(tmp_path, HEAD + row(value="x") + row(year="1900") + row(region="1"), clerk)
    assert [problem.line for problem in refusal.value.problems] == [2, 3, 4]


def test_lines_are_counted_past_blank_rows(clerk, tmp_path):
    with pytest.raises(imports.Refused, match="第 5 行“value”列"):
        import_actuals(tmp_path, HEAD + "\n" + ",,,,,,,,,\n" + GOOD + row(year="2022", value="x"), clerk)


# Excel


def workbook(path, rows):
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                sheet.write(place, column, cell)


def test_excel_numbers_come_in_as_excel_shows_them(clerk, people, tmp_path):
    heading = HEAD.strip().split(",")
    workbook(tmp_path / "a.xlsx", [heading, [150600, "valid-trademarks", 2023, 0.1 + 0.2, "万件", "年报"]])
    imports.import_actuals(tmp_path / "a.xlsx", by=clerk, approved_by=people["bayar"])
    assert Actual.objects.get().value == 3_000


def test_formula_in_excel_is_refused_with_its_cell(clerk, tmp_path):
    workbook(tmp_path / "a.xlsx", [HEAD.strip().split(","), [150600, "valid-trademarks", 2023, "=1+1", "件"]])
    with pytest.raises(imports.Refused, match="第 2 行“value”列：D2 是公式"):
        imports.import_actuals(tmp_path / "a.xlsx", by=clerk)


def test_archive_that_unpacks_to_far_more_is_refused(clerk, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 150_000_000)
    with pytest.raises(imports.Refused, match="解压后过大"):
        imports.import_actuals(tmp_path / "a.xlsx", by=clerk)


def test_workbook_with_macros_is_refused(clerk, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    with pytest.raises(imports.Refused, match="含有宏"):
        imports.import_actuals(tmp_path / "a.xlsx", by=clerk)


# Plans

PLAN_HEAD = (
    "plan,region,indicator,name,unit,measure,direction,baseline_year,baseline_value,year,kind,lower,upper,reference_region\n"
)
PLAN_ROW = "a-plan,150600,valid-trademarks,有效注册商标,万件,stock,increase,2020,3,2025,at_least,5,,\n"


def plan_row(**changes):
    names = PLAN_HEAD.strip().split(",")
    return ",".join({**dict(zip(names, PLAN_ROW.strip().split(","), strict=True)), **changes}.values()) + "\n"


@pytest.fixture
def planner(tree, people):
    factories.plan(tree["150600"])
    return people["dolma"]


def import_plan(tmp_path, text, by, **options):
    file = tmp_path / "plan.csv"
    file.write_text(text)
    return imports.import_plan(file, by=by, **options)


def test_plan_is_stored_in_base_units(planner, tmp_path):
    import_plan(tmp_path, PLAN_HEAD + PLAN_ROW, planner)
    row = PlanIndicator.objects.get()
    assert (row.baseline_value, row.unit, row.series.indicator.unit) == (30_000, "万件", "件")
    assert Target.objects.get().lower == 50_000


def test_target_that_a_file_no_longer_states_goes(planner, tmp_path):
    import_plan(tmp_path, PLAN_HEAD + PLAN_ROW + plan_row(year="2024", lower="4"), planner)
    _, targets = import_plan(tmp_path, PLAN_HEAD + PLAN_ROW, planner)
    assert (targets.same, targets.removed) == (1, 1)
    assert Target.objects.get().year == 2025


def test_row_without_year_states_an_indicator_without_target(planner, tmp_path):
    import_plan(tmp_path, PLAN_HEAD + plan_row(year="", kind="", lower=""), planner)
    assert PlanIndicator.objects.count() == 1
    assert not Target.objects.exists()


def test_plan_not_yet_known_is_made_from_the_options(tree, people, tmp_path):
    file = tmp_path / "plan.csv"
    file.write_text(PLAN_HEAD + plan_row(plan="new-plan"))
    with pytest.raises(CommandError, match="规划“new-plan”不存在"):
        quiet("import_plan", file)
    quiet("import_plan", file, title="新规划", first_year="2021")
    assert str(Plan.objects.get()) == "新规划"
    assert (Plan.objects.get().first_year, Plan.objects.get().last_year) == (2021, 2025)


WRONG_PLANS = {
    "unknown plan": (plan_row(plan="b-plan"), "规划“b-plan”不存在"),
    "unknown measure": (plan_row(measure="level"), "“level”不在可用的词之内"),
    "unknown direction": (plan_row(direction="up"), "“up”不在可用的词之内"),
    "unknown kind": (plan_row(kind="more"), "“more”不在可用的词之内"),
    "code in Chinese": (plan_row(indicator="商标"), "“商标”不是代码"),
    "at_least without lower": (plan_row(lower=""), "“lower”列：目标类型 at_least 需要填这一列"),
    "at_least with upper": (plan_row(upper="6"), "“upper”列：目标类型 at_least 不填这一列"),
    "at_most of what should rise": (plan_row(kind="at_most", lower="", upper="5"), "只用于越低越好的指标"),
    "range upside down": (plan_row(kind="range", lower="5", upper="4"), "上限小于下限"),
    "condition without reference": (
        plan_row(kind="above_region", lower=""),
        "“reference_region”列：目标类型 above_region 需要",
    ),
    "year after the plan": (plan_row(year="2026"), "第 2 行“year”列：年份在规划期之外"),
    "kind without year": (plan_row(year=""), "有目标类型就要写年份"),
    "baseline without value": (plan_row(baseline_value=""), "基期年与基期值要么都填"),
    "baseline after the plan": (plan_row(baseline_year="2025"), "基期年不早于规划终止年"),
    "target twice": (PLAN_ROW + PLAN_ROW, "第 3 行“year”列：与第 2 行重复"),
    "repeated column differs": (PLAN_ROW + plan_row(year="2024", name="别的"), "第 3 行“name”列：与第 2 行是同一规划指标"),
    "condition and number mixed": (PLAN_ROW + plan_row(year="2024", kind="increasing", lower=""), "不能用在同一规划指标上"),
    "two conditions": (
        plan_row(kind="increasing", lower="") + plan_row(year="2024", kind="above_region", lower="", reference_region="150000"),
        "只能有一种条件、一个对照地区",
    ),
    "measure of a known indicator": (PLAN_ROW + plan_row(region="150500", measure="flow"), "与已有指标不一致"),
}


@pytest.mark.parametrize("case", WRONG_PLANS)
def test_wrong_plan_file_is_refused_with_its_place(planner, tmp_path, case):
    rows, sentence = WRONG_PLANS[case]
    with pytest.raises(imports.Refused, match=sentence):
        import_plan(tmp_path, PLAN_HEAD + rows, planner)
    assert not PlanIndicator.objects.exists()
    assert not Indicator.objects.exists()
    assert not Series.objects.exists()


WRONG_TABLES = {
    "region of five digits": ("regions", "code,name,level,parent\n15060,x,county,150000\n", "“15060”不是行政区划代码"),
    "region in a circle": (
        "regions",
        "code,name,level,parent\n150700,a,prefecture,150800\n150800,b,prefecture,150700\n",
        "成了自己的上级",
    ),
    "region below its level": ("regions", "code,name,level,parent\n150700,a,prefecture,150523\n", "级别不高于"),
    "region without parent row": ("regions", "code,name,level,parent\n150700,a,prefecture,160000\n", "上级“160000”不存在"),
    "indicator in 万件": (
        "indicators",
        "code,name,unit,dimension,measure,direction\na,b,万件,创造,stock,increase\n",
        "请用基本单位“件”",
    ),
    "indicator tied to itself": (
        "indicators",
        "code,name,unit,dimension,measure,direction,same_subject\na,b,件,创造,stock,increase,a\n",
        "不能指向自己",
    ),
    "plan that ends before it begins": (
        "plans",
        "plan,title,region,first_year,last_year\np,t,150600,2025,2021\n",
        "终止年早于起始年",
    ),
    "plan of an unknown region": ("plans", "plan,title,region,first_year,last_year\np,t,1,2021,2025\n", "地区“1”不存在"),
}


@pytest.mark.parametrize("case", WRONG_TABLES)
def test_wrong_table_is_refused_with_its_place(tree, tmp_path, case):
    kind, text, sentence = WRONG_TABLES[case]
    file = tmp_path / "table.csv"
    file.write_text(text)
    with pytest.raises(CommandError, match=sentence):
        quiet(f"import_{kind}", file)
    assert Region.objects.count() == len(tree)
    assert not Indicator.objects.exists()
    assert not Plan.objects.exists()


def test_file_that_is_not_there(tree, tmp_path):
    with pytest.raises(CommandError, match="无法打开"):
        quiet("import_regions", tmp_path / "none.csv")


COLUMNS = ["name", "year", "actual", "gap", "attainment", "完成进度（1 即 100%）", "is_stale", "regions"]
ROWS = [
    ("=甲", 2024, 1234567.0, -0.040000000000000036, 0.6168224299, 1.5, True, 3),
    ("乙", 2025, None, 0.1 + 0.2, None, -0.0, False, 0),
]


def test_text_files_have_numbers_of_fifteen_digits_and_small_truths(db):
    out = io.StringIO()
    exports.write_csv(Table(COLUMNS, ROWS, "表"), out)
    assert out.getvalue().splitlines()[1:] == [
        "'=甲,2024,1234567.0,-0.04,0.6168224299,1.5,true,3",
        "乙,2025,,0.3,,0.0,false,0",
    ]


def test_sheets_have_numbers_with_formats_truths_a_fixed_head_and_wide_enough_columns(db, tmp_path):
    exports.write(Table(COLUMNS, ROWS, "表"), tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    _, first, second = sheet.iter_rows()
    assert [cell.value for cell in first] == ["=甲", 2024, 1234567, -0.04, 0.6168224299, 1.5, True, 3]
    assert [cell.value for cell in second] == ["乙", 2025, None, 0.3, None, 0, False, 0]
    assert [cell.number_format for cell in first] == [
        "General", "General", "#,##0", "#,##0.0#####", "0.0%", "0.0%", "General", "General",
    ]  # fmt: skip
    assert sheet.freeze_panes == "A2"
    widths = [sheet.column_dimensions[letter].width for letter in "ACF"]
    assert widths == sorted(widths)
    assert 24 < widths[2] < 30
