"""The five plans, held against a second copy of their tables typed from the documents."""

import csv
import io
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from indicators.calculation import numbers
from indicators.models import Actual, DataVersion, Interim, Plan, PlanIndicator, Revision, Series, Statement, Target
from regions.models import Region, User

pytestmark = pytest.mark.django_db

# Category, number, name, unit, 2021 … 2025: the annex of the autonomous region's plan, row by row.
INNER_MONGOLIA = """
知识产权发展|1|每万人口高价值发明专利拥有量|件|1.17 1.44 1.77 2.17 2.6
知识产权发展|2|有效注册商标拥有量|万件|29.5 35 40 45 50
知识产权发展|3|地理标志数量|件|352 363 375 388 400
知识产权发展|4|版权登记数量|万件|1.18 1.43 1.73 2.08 2.48
知识产权发展|5|中小学知识产权教育试点示范基地|个|40 50 60 70 80
知识产权发展|6|知识产权质押融资金额|亿元|15.8 40 60 80 100
知识产权保护|7|区域公用品牌|个|5 10 22 35 50
知识产权保护|8|国家级知识产权保护中心|家|- 1 2 3 3
知识产权保护|9|国家级知识产权快速维权中心|家|- 1 2 3 3
知识产权保护|10|知识产权维权援助工作站|家|38 50 70 90 100
知识产权试点示范|11|国家知识产权强市建设试点示范城市|个|- 1 2 3 3
知识产权试点示范|12|国家知识产权强县建设试点示范县|个|- 3 6 9 10
知识产权试点示范|13|国家知识产权强国建设试点示范园区|个|- 1 - 2 2
知识产权试点示范|14|国家知识产权示范企业|家|- 5 10 15 20
区域公用品牌|15|国家知识产权优势企业|家|- 10 20 30 45
区域公用品牌|16|商标品牌指导站|家|3 9 18 27 36
区域公用品牌|17|地理标志工作站|家|3 10 20 30 36
区域公用品牌|18|国家地理标志产品保护示范区|家|1 2 3 4 4
知识产权服务|19|技术与创新支持中心(TISC)|家|2 - 3 4 4
知识产权服务|20|高校知识产权信息服务中心|家|- 1 2 3 3
知识产权服务|21|知识产权信息公共服务网点|家|3 6 9 10 10
知识产权服务|22|知识产权社会服务组织|家|- 5 10 15 20
"""
# Category, number, name, unit, 2020, 2025, printed growth.
ORDOS = """
创造质量|1|每万人口高价值发明专利拥有量|件|0.93 2 115%
创造质量|2|商标注册量|万件|3.1219 5 60%
创造质量|3|地理标志数量|件|23 30 30%
创造质量|4|版权登记数量|件|790 3290 316%
运用|5|知识产权质押融资金额|亿元|44.6 70 57%
保护|6|知识产权维权援助和调解案件量|件|39 150 285%
服务|8|知识产权从业人员数量|人|48 96 100%
"""
# Category, name, unit, 2025.
TONGLIAO = """
知识产权产出|万人高价值专利拥有量|件|0.6
知识产权产出|有效注册商标总量|件|20000
知识产权产出|新增地理标志证明商标和集体商标|件|10
知识产权运用|专利商标质押融资金额|亿元|1.5
知识产权运用|千亿级知识产权密集型绿色农畜产品产业集群|个|1
知识产权运用|新增知识产权许可、转让合同|项|20
知识产权保护|新增知识产权保护中心|家|1
知识产权保护|新增产业知识产权保护联盟|个|1~2
知识产权保护|新增国家或区知识产权保护规范化（培育）市场|个|1~2
知识产权保护|知识产权保护权利人满意度|分|80
知识产权治理|申报或建设知识产权强国建设试点城市、强县|个|1~2
知识产权治理|新增知识产权示范试点园区|个|1~2
知识产权治理|新增知识产权贯标企业|家|5~10
知识产权服务|知识产权服务机构总数|家|4
知识产权服务|新增知识产权公共服务平台|个|1
知识产权服务|新增专利代理师|人|3
知识产权人才|知识产权业务培训|人次|2000
知识产权人才|新增通过专利代理师资格考试人员数量|人|2
知识产权人才|新增知识产权智库|个|1
"""


def lines(table):
    return [line.split("|") for line in table.strip().splitlines()]


def printed(value, row):
    """A stored value as the plan prints it."""
    return numbers.to_printed(value, row.unit, row.series.indicator.unit)


def table_rows(slug):
    rows = PlanIndicator.objects.filter(plan__slug=slug).exclude(category="").order_by("position")
    return list(rows.select_related("series__indicator", "series__region").prefetch_related("targets"))


@pytest.fixture(scope="module")
def module_bundled(django_db_setup, django_db_blocker):
    """Loaded once for this module, in a transaction that is taken back."""
    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        call_command("load_plans", stdout=io.StringIO())
        yield
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def _loaded(module_bundled, db):
    pass


def test_five_plans_say_who_issued_them_and_leave_unsaid_what_the_document_does_not_say():
    facts = {plan.slug: plan for plan in Plan.objects.select_related("region")}
    assert {slug: (plan.region.code, plan.first_year, plan.last_year) for slug, plan in facts.items()} == {
        "inner-mongolia-2021-2025": ("150000", 2021, 2025),
        "ordos-2021-2025": ("150600", 2021, 2025),
        "tongliao-2021-2025": ("150500", 2021, 2025),
        "xingan-2022-2025": ("152200", 2022, 2025),
        "pilot-counties": ("150000", 2021, 2025),
    }
    assert facts["ordos-2021-2025"].document_number == "鄂府发〔2022〕28号"
    assert str(facts["ordos-2021-2025"].issued_on) == "2022-03-15"
    assert facts["tongliao-2021-2025"].document_number == "通政办发〔2023〕26号"
    assert facts["xingan-2022-2025"].document_number == "兴署办发[2022]47号"
    for slug in ("inner-mongolia-2021-2025", "pilot-counties"):
        assert facts[slug].document_number is None
        assert facts[slug].issued_on is None
    assert facts["pilot-counties"].issued_by is None
    assert {slug for slug, plan in facts.items() if plan.period_assumed} == {"pilot-counties"}


@pytest.mark.parametrize(
    ("slug", "table", "text", "targets", "baselines"),
    [
        ("inner-mongolia-2021-2025", 22, 4, 90, 13),
        ("ordos-2021-2025", 8, 8, 16, 9),
        ("tongliao-2021-2025", 19, 29, 64, 1),
        ("xingan-2022-2025", 0, 13, 22, 1),
        ("pilot-counties", 0, 14, 18, 0),
    ],
)
def test_counts_per_plan(slug, table, text, targets, baselines):
    rows = PlanIndicator.objects.filter(plan__slug=slug)
    assert rows.exclude(category="").count() == table
    assert rows.filter(category="").count() == text
    assert Target.objects.filter(plan_indicator__plan__slug=slug).count() == targets
    assert rows.filter(baseline_value__isnull=False).count() == baselines


def test_every_cell_of_the_regions_table():
    figures = dashes = 0
    for (category, number, name, unit, cells), row in zip(
        lines(INNER_MONGOLIA), table_rows("inner-mongolia-2021-2025"), strict=True
    ):
        assert (row.category, row.number, row.unit, row.nature) == (category, number, unit, "expected")
        assert row.name.replace("（", "(").replace("）", ")") == name
        targets = {target.year: target for target in row.targets.all()}
        for year, cell in zip(range(2021, 2026), cells.split(), strict=True):
            if cell == "-":
                dashes += 1
                assert year not in targets
                assert year != 2021 or row.baseline_value is None
                continue
            figures += 1
            if year == 2021:
                assert (row.baseline_year, printed(row.baseline_value, row)) == (2021, Decimal(cell))
            else:
                assert (targets[year].kind, printed(targets[year].lower, row)) == ("at_least", Decimal(cell))
    assert (figures, dashes) == (99, 11)


def test_category_slips_while_dimension_goes_by_meaning():
    row = PlanIndicator.objects.get(plan__slug="inner-mongolia-2021-2025", number="15")
    assert row.category == "区域公用品牌"
    assert row.series.indicator.name == "国家知识产权优势企业"
    brands = PlanIndicator.objects.get(plan__slug="inner-mongolia-2021-2025", number="7")
    assert brands.category == "知识产权保护"
    assert brands.series.indicator.dimension != "保护"


def test_every_cell_of_the_ordos_table():
    rows = {row.number: row for row in table_rows("ordos-2021-2025")}
    assert sorted(rows) == list("12345678")
    for category, number, name, unit, cells in lines(ORDOS):
        row, (start, goal, growth) = rows[number], cells.split()
        assert (row.category, row.name, row.unit, row.nature) == (category, name, unit, "expected")
        assert (row.baseline_year, printed(row.baseline_value, row)) == (2020, Decimal(start))
        assert row.printed_growth == Decimal(growth.rstrip("%")) / 100
        [target] = row.targets.all()
        assert (target.year, target.kind, printed(target.lower, row)) == (2025, "at_least", Decimal(goal))
    [target] = rows["7"].targets.all()
    assert (target.year, target.kind, target.reference_region.code) == (2025, "above_region", "150000")
    assert rows["7"].baseline_value is None


def test_printed_growths_come_out_of_the_stored_values():
    rows = [row for row in table_rows("ordos-2021-2025") if row.printed_growth is not None]
    assert len(rows) == 7
    for row in rows:
        [target] = row.targets.all()
        growth = target.lower / row.baseline_value - 1
        assert round(growth * 100) == row.printed_growth * 100, row.name


@pytest.mark.parametrize(
    ("code", "start", "end", "average"),
    [
        ("patents-granted", 550, 2748, "38.0"),
        ("trademark-applications", 867, 9742, "62.2"),
        ("trademark-registrations", 1723, 5210, "24.8"),
    ],
)
def test_history_of_ordos_and_its_printed_averages(code, start, end, average):
    series = Series.objects.get(region__code="150600", indicator__code=code)
    assert Actual.objects.get(series=series, year=2015).value == start
    assert Actual.objects.get(series=series, year=2020).value == end
    statement = Statement.objects.get(series=series, about="average_growth")
    assert (statement.since_year, statement.year, statement.value, statement.unit) == (2015, 2020, Decimal(average), "%")
    assert round(((end / start) ** (1 / 5) - 1) * 100, 1) == float(average)


def test_every_cell_of_the_tongliao_table():
    for (category, name, unit, cell), row in zip(lines(TONGLIAO), table_rows("tongliao-2021-2025"), strict=True):
        assert (row.category, row.name, row.unit) == (category, name, unit)
        [target] = row.targets.all()
        bounds = [Decimal(part) for part in cell.split("~")]
        assert target.year == 2025
        assert target.kind == ("range" if len(bounds) == 2 else "at_least")
        assert printed(target.lower, row) == bounds[0]
        assert (printed(target.upper, row) if target.upper is not None else None) == (bounds[1] if len(bounds) == 2 else None)
    start = PlanIndicator.objects.get(plan__slug="tongliao-2021-2025", baseline_value__isnull=False)
    assert (start.series.indicator.code, start.baseline_year, start.baseline_value) == ("valid-trademarks", 2020, 15100)


# Plan, indicator, kind, lower, upper (in the printed unit), years: the goals that only the text states.
ANNUAL = "2021 2022 2023 2024 2025"
TEXT_GOALS = f"""
inner-mongolia-2021-2025|patent-intensive-gdp-share|at_least|6||2025
inner-mongolia-2021-2025|protection-satisfaction|at_least|83||2025
inner-mongolia-2021-2025|fee-reduction-approval-days|at_most||5|2025
inner-mongolia-2021-2025|risk-compensation-fund|at_least|2||2025
ordos-2021-2025|patents-granted|growth_per_year|0.15||2025
ordos-2021-2025|pct-applications|growth_per_year|0.15||2025
ordos-2021-2025|well-known-trademarks|at_least|10||2025
ordos-2021-2025|advantage-and-demonstration-enterprises|at_least|10||2025
ordos-2021-2025|ip-operation-agencies|at_least|1||2025
ordos-2021-2025|trusteeship-enterprises|at_least|100||2025
ordos-2021-2025|new-service-agencies|at_least|5||2025
ordos-2021-2025|national-protection-centres|milestone|||2025
tongliao-2021-2025|high-value-patents|at_least|175||2025
tongliao-2021-2025|valid-invention-patents|growth_over_baseline|0.2||2025
tongliao-2021-2025|annual-training|at_least|600||{ANNUAL}
tongliao-2021-2025|patent-agencies|range|1|2|2025
tongliao-2021-2025|regional-public-brands|at_least|10||2025
xingan-2022-2025|high-value-patent-centres|at_least|1||2025
xingan-2022-2025|high-value-patent-portfolios|at_least|1||2025
xingan-2022-2025|high-value-patents|at_least|50||2025
xingan-2022-2025|patent-navigation-projects|at_least|1||2025
xingan-2022-2025|pledge-financing|at_least|2||2025
xingan-2022-2025|ip-insurance|milestone|||2025
xingan-2022-2025|patent-awards|milestone|||2025
xingan-2022-2025|invention-patents-granted|at_least|30||2022 2023 2024 2025
xingan-2022-2025|mediation-cases|at_least|10||2022 2023 2024 2025
xingan-2022-2025|standard-certified-units|at_least|2||2025
xingan-2022-2025|key-enterprise-pool|at_least|40||2025
xingan-2022-2025|key-enterprises-added|at_least|10||2022 2023 2024 2025
xingan-2022-2025|patent-agencies|milestone|||2025
pilot-counties|hi-tech-patent-conversion|at_least|50||2025
pilot-counties|industrial-patent-conversion|at_least|30||2025
pilot-counties|proprietary-output-share|at_least|25||2025
pilot-counties|county-advantage-enterprises|at_least|1||2025
pilot-counties|annual-training|at_least|100||{ANNUAL}
pilot-counties|invention-patents-per-10k|increasing|||2025
pilot-counties|valid-trademarks|increasing|||2025
pilot-counties|gi-trademarks|increasing|||2025
pilot-counties|gi-products|increasing|||2025
pilot-counties|copyright-registrations|increasing|||2025
"""


@pytest.mark.parametrize("line", lines(TEXT_GOALS), ids=lambda line: f"{line[0]} {line[1]}")
def test_goal_of_the_text(line):
    slug, code, kind, lower, upper, years = line
    row = PlanIndicator.objects.get(plan__slug=slug, series__indicator__code=code)
    assert (row.category, row.number) == ("", "")
    targets = list(row.targets.order_by("year"))
    assert [target.year for target in targets] == [int(year) for year in years.split()]
    for target in targets:
        assert target.kind == kind
        for bound, expected in ((target.lower, lower), (target.upper, upper)):
            shown = bound if bound is None or kind.startswith("growth") else printed(bound, row)
            assert shown == (Decimal(expected) if expected else None)


# What else the Tongliao text asks for: kind, bounds; each is one plan indicator of its own.
TONGLIAO_TEXT = [
    ("at_least", 1000, None),  # 农牧产品和乡村企业商标
    ("at_least", 75, None),  # 调解撤诉率
    ("at_least", 50, None),  # 优势示范培育
    ("range", 2, 3),  # 保护试点示范街道或园区
    ("range", 2, 3),  # 培训基地
    ("at_least", 20, None),  # 课程
    ("at_least", 3, None),  # 产业园
    ("range", 1, 2),  # 中欧地标
]


def test_further_goals_of_the_tongliao_text():
    rows = PlanIndicator.objects.filter(plan__slug="tongliao-2021-2025", category="")
    found = Counter((t.kind, t.lower, t.upper) for row in rows for t in row.targets.filter(year=2025))
    wanted = Counter((kind, Decimal(lower), upper if upper is None else Decimal(upper)) for kind, lower, upper in TONGLIAO_TEXT)
    assert not wanted - found


def test_xingan_names_its_responsible_bodies():
    rows = PlanIndicator.objects.filter(plan__slug="xingan-2022-2025")
    assert rows.exclude(responsible="").count() >= 10
    cases = rows.get(series__indicator__code="mediation-cases")
    assert cases.responsible.startswith("盟中级人民法院牵头")
    patents = rows.get(series__indicator__code="high-value-patents")
    assert (patents.baseline_year, patents.baseline_value) == (2021, 25)


def test_county_programme_applies_to_kailu():
    assert set(PlanIndicator.objects.filter(plan__slug="pilot-counties").values_list("series__region__code", flat=True)) == {
        "150523"
    }


def test_one_indicator_where_plans_mean_the_same_two_where_they_do_not():
    def codes(slug, word):
        return set(
            PlanIndicator.objects.filter(plan__slug=slug, name__contains=word).values_list("series__indicator__code", flat=True)
        )

    assert (
        codes("tongliao-2021-2025", "万人高价值") == codes("ordos-2021-2025", "万人口高价值") == {"high-value-patents-per-10k"}
    )
    assert codes("ordos-2021-2025", "社会满意度") == {"protection-satisfaction"}
    assert codes("tongliao-2021-2025", "权利人满意度") == {"rights-holder-satisfaction"}
    assert codes("inner-mongolia-2021-2025", "维权援助工作站") == {"aid-workstations"}
    assert codes("ordos-2021-2025", "维权援助和调解") == {"aid-and-mediation-cases"}


def test_every_target_and_baseline_says_where_it_stands_and_every_choice_its_reason():
    assert not Target.objects.filter(locator="").exists()
    assert not PlanIndicator.objects.filter(locator="").exists()
    assert not PlanIndicator.objects.filter(baseline_value__isnull=False, baseline_locator="").exists()
    assert not PlanIndicator.objects.filter(note="").exists()
    for row in PlanIndicator.objects.select_related("series__indicator"):
        assert row.series.indicator.definition, row


def test_goals_file_names_every_number_to_be_reached():
    with (Path(settings.BASE_DIR) / "fixtures" / "goals.csv").open(encoding="utf-8") as file:
        goals = list(csv.DictReader(file))
    assert Counter(goal["plan"] for goal in goals) == {
        "inner-mongolia-2021-2025": 116,
        "ordos-2021-2025": 28,
        "tongliao-2021-2025": 76,
        "xingan-2022-2025": 14,
        "pilot-counties": 14,
    }
    named = set(PlanIndicator.objects.values_list("plan__slug", "series__indicator__code"))
    for goal in goals:
        assert goal["place"] and goal["goal"], goal
        if goal["indicator"]:
            assert (goal["plan"], goal["indicator"]) in named, goal
        else:
            assert goal["reason"], goal
    # And the other way round: no plan indicator without a number or a wording in a document.
    assert named == {(goal["plan"], goal["indicator"]) for goal in goals if goal["indicator"]}
    cells = [goal for goal in goals if goal["plan"] == "inner-mongolia-2021-2025" and "表" in goal["place"]]
    assert len(cells) == 86


CONFLICTS = [
    ("150600", "copyright-registrations", 2020, "633"),
    ("150600", "geographical-indications", 2020, "11"),
    ("150600", "pledge-financing", 2020, "6.214"),
    ("150500", "pilot-cities-and-counties", 2025, "3~5"),
    ("150500", "rights-holder-satisfaction", 2025, "80%"),
    ("150500", "ip-training", 2025, "600"),
    ("150500", "new-patent-attorneys", 2025, "3~5"),
    ("150500", "new-gi-trademarks", 2025, "10个左右"),
    ("150500", "new-gi-trademarks", 2025, "10件以上"),
]


@pytest.mark.parametrize(("region", "code", "year", "said"), CONFLICTS)
def test_passages_that_disagree_are_statements(region, code, year, said):
    statements = Statement.objects.filter(series__region__code=region, series__indicator__code=code, year=year)
    assert any(said in statement.printed for statement in statements), [statement.printed for statement in statements]


def test_regions_are_the_tree_of_the_autonomous_region():
    assert Counter(Region.objects.values_list("level", flat=True)) == {
        "country": 1,
        "province": 1,
        "prefecture": 12,
        "county": 103,
    }
    assert Region.objects.get(code="150523").name == "开鲁县"
    assert Region.objects.get(code="150523").parent.parent.parent.code == "100000"


def test_published_values_keep_their_source():
    trademarks = Actual.objects.get(series__region__code="150000", series__indicator__code="valid-trademarks")
    assert (trademarks.year, trademarks.value) == (2021, 295100)
    assert trademarks.source_url.startswith("http://nmgips.cn/")
    assert not Actual.objects.filter(source="").exists()
    assert not Interim.objects.filter(source_url="").exists()
    september = Interim.objects.get(
        series__region__code="150600", series__indicator__code="patents-granted", period_end="2024-09-30"
    )
    assert (str(september.period_start), september.value) == ("2024-01-01", 3398)
    late = Interim.objects.get(series__region__code="150000", series__indicator__code="pledge-financing")
    assert (late.is_latest_possible_day, str(late.period_end), late.value) == (True, "2023-04-26", 282_000)
    assert Actual.objects.get(series__region__code="100000", series__indicator__code="valid-trademarks").value == 46_150_000


def test_every_published_row_is_used_once():
    folder = Path(settings.BASE_DIR) / "fixtures" / "actuals"
    counts = {}
    for name in ("published", "interim", "unused"):
        with (folder / f"{name}.csv").open(encoding="utf-8") as file:
            counts[name] = sum(1 for _ in csv.DictReader(file))
    assert counts == {"published": 24, "interim": 117, "unused": 0}
    assert Interim.objects.count() == 117


def test_bundled_figures_are_marked_as_such():
    assert set(Revision.objects.values_list("through", "by__username")) == {("bundled", "bundled")}
    assert Revision.objects.count() == Actual.objects.count() == 30


def test_loading_again_changes_nothing():
    def state():
        return DataVersion.objects.get().number, Revision.objects.count(), list(Target.objects.order_by("pk").values())

    before = state()
    call_command("load_plans", stdout=io.StringIO())
    assert state() == before
    bundled = User.objects.get(username="bundled")
    assert not bundled.is_active
    assert not bundled.has_usable_password()
