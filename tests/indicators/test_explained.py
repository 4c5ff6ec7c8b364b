"""What stands below a table: why its cells are empty."""

import re

import pytest
from django.template import Context, Template

from indicators.templatetags.cells import missing

TEMPLATE = Template("{% load cells %}{% explained %}<table>{{ cells|safe }}</table>{% endexplained %}")


def explained(*whys):
    """The marks of the cells, in order, and the notes."""
    page = TEMPLATE.render(Context({"cells": "".join(f"<td>{missing(why) if why else 1}</td>" for why in whys)}))
    table, _, note = page.partition("</table>")
    marks = ["".join(re.findall("<sup[^>]*>(.)</sup>", cell)) for cell in table.split("<td>")[1:]]
    return marks, re.findall("<li>(.*?)</li>", note)


def test_a_table_without_empty_cells_is_left_alone():
    assert TEMPLATE.render(Context({"cells": "<td>1</td>"})) == "<table><td>1</td></table>"


def test_one_reason_needs_no_mark():
    assert explained("没有目标", "", "没有目标") == (["", "", ""], ["—：没有目标"])


def test_the_commonest_reason_has_no_mark_and_the_others_theirs_in_order():
    marks, notes = explained("没有基期", "没有目标", "", "没有实际值", "没有目标", "没有基期", "没有目标")
    assert marks == ["①", "", "", "②", "", "①", ""]
    assert notes == ["—：没有目标", "—①：没有基期", "—②：没有实际值"]


def test_what_people_wrote_in_a_reason_stays_text():
    _, notes = explained("<b>&")
    assert notes == ["—：&lt;b&gt;&amp;"]


def test_reasons_beyond_the_marks_are_told_at_the_cell_alone():
    whys = [f"原因 {number}" for number in range(30)]
    marks, notes = explained(*whys)
    assert marks == ["", *"①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳", *[""] * 9]
    assert len(notes) == 21


PAGES = [
    "/regions/150600/?year=2024",
    "/regions/150600/valid-trademarks/?year=2024",
    "/plans/ordos-2021-2025/",
    "/compare/?region=150600&region=150500&indicator=valid-trademarks&indicator=patents-granted&view=completion",
    "/indicators/valid-trademarks/?year=2024",
]


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_every_dash_of_a_page_is_explained_in_sight(client, bundled, address):
    page = client.get(address).content.decode()
    whys = set(re.findall('<span class="missing" title="([^"]+)">—<span class="unseen">', page))
    in_sight = re.sub('<span class="unseen">.*?</span>|<[^>]*>', "", page)
    assert whys
    assert [why for why in whys if why not in in_sight] == []
