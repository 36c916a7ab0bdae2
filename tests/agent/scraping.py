"""Agents of made traffic, and their Prometheus text (judged by tests/conformance/prometheus_text.py)."""
import sys
from pathlib import Path

from running import tap

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
