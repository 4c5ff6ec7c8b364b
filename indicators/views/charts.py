"""Charts as pictures, for reports, mail and pages without JavaScript."""

from urllib.parse import quote

from django.http import Http404, HttpResponse

from indicators.reports import pictures as report
from indicators.views import answers

FORMS = {"png": "image/png", "svg": "image/svg+xml"}


@answers.page("region", "indicator", "plan", "year", "year_min", "year_max", "view", "page")
def picture(request, kind, form):
    sheet = report.sheet(kind, request.selection) if form in FORMS else None
    if sheet is None:
        raise Http404("没有这样的图，或者还没有可画的数值")
    from indicators import pictures  # here, because matplotlib takes a second and 50 MB, and most workers draw nothing

    try:
        content = pictures.draw(sheet, form)
    except pictures.NoPicture as error:
        text = f"{error}。\n"
        return HttpResponse(text, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "10"})
    name = quote(f"{sheet.title}.{form}", safe="")
    return HttpResponse(
        content,
        content_type=FORMS[form],
        headers={"Content-Disposition": f"inline; filename=\"chart.{form}\"; filename*=UTF-8''{name}"},
    )
