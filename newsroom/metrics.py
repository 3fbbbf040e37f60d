"""Prometheus figures: requests as they are answered, and the state of the comments as it is when somebody asks. Nothing personal.

The counters live in the web process. Granian runs one (`up` starts it so), which makes them exact; whoever runs several gets one
process's counters with each scrape, which Prometheus sees as resets. The gauges come from the database and are right in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.module_loading import import_string
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from newsroom.probes import InBackground

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

registry = CollectorRegistry(auto_describe=False)
REQUESTS = Counter("balasan_requests", "Answered requests.", ["route", "method", "status"], registry=registry)
LATENCY = Histogram(
    "balasan_request_seconds",
    "Time from the first middleware to the answer.",
    ["route", "method"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=registry,
)


KEPT_MADE = Counter("balasan_kept_made", "Kept bytes made, for the first time or anew.", ["route"], registry=registry)
KEPT_ANSWERS = Counter("balasan_kept_answers", "Requests answered from kept bytes, before Django.", ["route", "status"], registry=registry)


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure of settings.METRICS_PROBES. `values`: one value for each tuple of label values."""

    name: str
    about: str
    labels: tuple[str, ...] = ()
    values: dict[tuple[str, ...], float] = field(default_factory=dict)


def count_request(route: str, method: str | None, status: int, seconds: float) -> None:
    """Called for every request. A method that nobody knows is one label value: readers can send any word."""
    known = method if method in METHODS else "other"
    REQUESTS.labels(route or "none", known, str(status)).inc()
    LATENCY.labels(route or "none", known).observe(seconds)


def count_answers(route: str, status: int, count: int) -> None:
    """So many answers that did not take Django's way: counted now and then, for many at once, and without their times."""
    REQUESTS.labels(route or "none", "GET", str(status)).inc(count)
    KEPT_ANSWERS.labels(route or "none", str(status)).inc(count)


def gather() -> list[Gauge]:
    return [gauge for path in settings.METRICS_PROBES for gauge in import_string(path)()]


_gauges = InBackground(gather)


class FromDatabase(Collector):
    """The gauges. While the database does not answer in time, the last ones known are given, with their age."""

    def collect(self) -> Iterator[Metric]:
        answer, age = _gauges.ask(settings.READY_SECONDS)
        known = isinstance(answer, list)
        yield GaugeMetricFamily("balasan_figures_known", "1 where the figures from the database could be read.", value=float(known))
        if not isinstance(answer, list):
            return
        yield GaugeMetricFamily("balasan_figures_age_seconds", "Age of the figures from the database.", value=age)
        for gauge in answer:
            family = GaugeMetricFamily(gauge.name, gauge.about, labels=gauge.labels)
            for labels, value in gauge.values.items():
                family.add_metric(labels, value)
            yield family


registry.register(FromDatabase())


# What is counted in passing and must be added up before somebody looks.
before_scrape: list[Callable[[], None]] = []


def render() -> bytes:
    for add_up in before_scrape:
        add_up()
    return generate_latest(registry)
