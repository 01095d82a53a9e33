"""``/metrics`` is Prometheus text, and counting needs no Prometheus."""

from __future__ import annotations

import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import Metrics


def test_what_was_counted_is_shown() -> None:
    metrics = Metrics()
    metrics.acks.add("dingtalk")
    metrics.acks.add("dingtalk")
    metrics.refused.add("dingtalk", "bad_signature")
    metrics.sends.add("dingtalk", "/robot/sendBySession", "sent", amount=3)
    metrics.ack_seconds.observe(0.004)
    metrics.ack_seconds.observe(30.0)
    metrics.loop_lag_seconds.set(0.25)
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }
    assert samples["classbridge_acks_total", "dingtalk"] == 2
    assert samples["classbridge_refused_total", "bad_signature", "dingtalk"] == 1
    assert samples["classbridge_sends_total", "/robot/sendBySession", "dingtalk", "sent"] == 3
    assert samples["classbridge_ack_seconds_bucket", "0.002"] == 0
    assert samples["classbridge_ack_seconds_bucket", "0.005"] == 1
    assert samples["classbridge_ack_seconds_bucket", "+Inf"] == 2
    assert samples["classbridge_ack_seconds_count",] == 2
    assert samples["classbridge_ack_seconds_sum",] == pytest.approx(30.004)
    assert samples["classbridge_loop_lag_seconds",] == 0.25
    assert samples["classbridge_outbox_due",] == 0
    assert metrics.acks.value("dingtalk") == 2
    assert metrics.ack_seconds.count == 2


def test_two_processes_in_one_do_not_share_counts() -> None:
    first, second = Metrics(), Metrics()
    first.handled.add("digest")
    assert second.handled.value("digest") == 0


def test_labels_are_checked() -> None:
    with pytest.raises(ValueError, match="classbridge_sends"):
        Metrics().sends.add("dingtalk")


def test_counting_loads_no_library() -> None:
    program = (
        "import sys, bot.metrics as m; m.Metrics().acks.add('dingtalk');"
        "sys.exit('prometheus_client' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
