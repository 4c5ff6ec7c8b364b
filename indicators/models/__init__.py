"""The stored facts (plans, figures), what is computed from them, and the record of who did what."""

from indicators.models.actuals import Actual, Entry, Interim, Revision, Statement, YearLock
from indicators.models.jobs import AuditEvent, Job
from indicators.models.plans import Indicator, Plan, PlanIndicator, Series, Target
from indicators.models.progress import DataVersion, Progress, QualityFinding, StaleMark

__all__ = [
    "Actual",
    "AuditEvent",
    "DataVersion",
    "Entry",
    "Indicator",
    "Interim",
    "Job",
    "Plan",
    "PlanIndicator",
    "Progress",
    "QualityFinding",
    "Revision",
    "Series",
    "StaleMark",
    "Statement",
    "Target",
    "YearLock",
]
