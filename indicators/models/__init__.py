"""The stored facts (plans, figures), what is computed from them, and the record of who did what."""

from indicators.models.actuals import Actual, Entry, Evidence, Interim, LockException, Revision, Statement, YearLock
from indicators.models.jobs import AnsweredRequest, AuditEvent, Job
from indicators.models.plans import Amendment, Indicator, Plan, PlanIndicator, Series, Target
from indicators.models.progress import (
    Change,
    DataVersion,
    FindingTally,
    FindingTotal,
    IndicatorTally,
    LeastReported,
    PlanTally,
    Progress,
    QualityFinding,
    StaleMark,
    YearTally,
    YearTotal,
)

__all__ = [
    "Actual",
    "Amendment",
    "AnsweredRequest",
    "AuditEvent",
    "Change",
    "DataVersion",
    "Entry",
    "Evidence",
    "FindingTally",
    "FindingTotal",
    "Indicator",
    "IndicatorTally",
    "Interim",
    "Job",
    "LeastReported",
    "LockException",
    "Plan",
    "PlanIndicator",
    "PlanTally",
    "Progress",
    "QualityFinding",
    "Revision",
    "Series",
    "StaleMark",
    "Statement",
    "Target",
    "YearLock",
    "YearTally",
    "YearTotal",
]
