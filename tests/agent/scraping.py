"""Agents of made traffic, and their Prometheus text (judged by tests/conformance/prometheus_text.py)."""
import sys
from pathlib import Path

from running import tap, wait_for

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
from product import prometheus  # noqa: E402, F401
from prometheus_text import (OPENMETRICS, check_histograms, check_strict, findings,  # noqa: E402, F401
                             samples, series, unexpected)

EVERYTHING = "/api/v1/policies/__all/metrics/prometheus"
FORMS = ["/metrics", "/api/v1/policies/default/metrics/prometheus", EVERYTHING]


def made(rate=1000):
    return tap("made", pcap_source="mock", mock_rate=rate)


def document(*policies, taps=None):
    """One configuration of several documents."""
    visor = {"taps": (taps or made())["visor"]["taps"], "policies": {}}
    for one in policies:
        visor["policies"].update(one["visor"]["policies"])
    return {"version": "1.0", "visor": visor}


def scrape(agent, path=EVERYTHING, **headers):
    answer = agent.get(path, headers=headers)
    assert answer.status == 200, answer
    return answer.text


def closed_periods(agent):
    """{policy: start and length of its newest closed period}; they close one after the other."""
    answer = agent.get("/api/v1/policies/__all/metrics/bucket/1")
    document = answer.json if answer.status == 200 else {}
    found = {}
    for name, handlers in document.items():
        for handler in handlers.values():
            found[name] = next(value for key, value in handler.items() if key != "completeness")["period"]
    return found


def within_a_period(agent, work):
    """What work() gives when no period of any policy ends in the meantime."""
    before = wait_for(lambda: closed_periods(agent))
    for _ in range(10):
        result = work()
        after = closed_periods(agent)
        if after == before:
            return result
        # The next attempt begins with a period: it has most of it.
        before = wait_for(lambda: (now := closed_periods(agent)) != after and now)
    raise AssertionError("a period ended every time")
