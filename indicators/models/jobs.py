"""Work done outside a request, and the record of what people did."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from indicators.calculation.vocabulary import JobKind, JobState
from indicators.models.fields import known


class Job(models.Model):
    """A piece of work; this row is the truth about it, a message to a worker only wakes one sooner."""

    kind = models.CharField("种类", max_length=40, choices=JobKind.choices())
    state = models.CharField("状态", max_length=10, choices=JobState.choices(), default=JobState.QUEUED.value)
    payload = models.JSONField("内容", default=dict)
    done = models.PositiveIntegerField("已做", default=0)
    total = models.PositiveIntegerField("总数", default=0)
    attempt = models.PositiveSmallIntegerField("次数", default=0)
    lease_until = models.DateTimeField("占用至", null=True)
    idempotency_key = models.CharField("幂等键", max_length=100, null=True, unique=True)
    result = models.JSONField("结果", default=dict)
    error = models.TextField("错误", blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="jobs", verbose_name="发起人"
    )
    created_at = models.DateTimeField("建立时间")
    finished_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "任务"
        constraints = [
            known("job", "state", JobState),
            known("job", "kind", JobKind),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="job_done_within_total"),
        ]

    def __str__(self):
        return f"{self.kind} {self.pk}"


class AuditEvent(models.Model):
    """Who did or saw what, when, from where, and whether it went well. Never changed, never removed."""

    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="audit_events", verbose_name="操作人"
    )
    username = models.CharField("用户名", max_length=150, blank=True)
    act = models.CharField("动作", max_length=60)
    subject = models.CharField("对象", max_length=200, blank=True)
    detail = models.JSONField("详情", default=dict)
    succeeded = models.BooleanField("成功", default=True)
    address = models.GenericIPAddressField("地址", null=True)
    request_id = models.CharField("请求编号", max_length=32, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        indexes = [models.Index(fields=["at"], name="audit_event_by_time")]

    def __str__(self):
        return f"{self.username} {self.act} {self.subject}"


class AnsweredRequest(models.Model):
    """What a write with an Idempotency-Key was answered, so that the same request sent again changes nothing."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="用户")
    key = models.CharField("幂等键", max_length=100)
    request_hash = models.CharField("请求摘要", max_length=64)
    status = models.PositiveSmallIntegerField("答复状态")
    body = models.TextField("答复")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "已答复的请求"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="answered_request_once")]
        indexes = [models.Index(fields=["at"], name="answered_request_by_time")]

    def __str__(self):
        return self.key
