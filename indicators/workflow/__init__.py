"""The only writer of entries, actuals, interim figures, statements and revisions: who may, from which version, and why."""

from indicators.workflow.batches import WITHDRAWABLE_DAYS, refusal_to_withdraw, start_batch, withdraw
from indicators.workflow.entries import discard, save_draft, submit, submit_draft
from indicators.workflow.many import INCOMING, apply_many, decimal
from indicators.workflow.plausible import warnings
from indicators.workflow.reviews import approve, send_back
from indicators.workflow.small import put_interims, put_statements

__all__ = [
    "INCOMING",
    "WITHDRAWABLE_DAYS",
    "apply_many",
    "approve",
    "decimal",
    "discard",
    "put_interims",
    "put_statements",
    "refusal_to_withdraw",
    "save_draft",
    "send_back",
    "start_batch",
    "submit",
    "submit_draft",
    "warnings",
    "withdraw",
]
