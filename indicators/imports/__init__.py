"""Files to rows, rows to a check, a check to planning and workflow. Nothing is changed unless every row is clean."""

from indicators.imports.actuals import import_actuals, import_statements
from indicators.imports.plan import import_plan
from indicators.imports.problems import Problem, Refused
from indicators.imports.tables import import_indicators, import_plans, import_regions

__all__ = [
    "Problem",
    "Refused",
    "import_actuals",
    "import_indicators",
    "import_plan",
    "import_plans",
    "import_regions",
    "import_statements",
]
