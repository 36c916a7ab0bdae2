"""Prometheus text, judged: by promtool, by the strict OpenMetrics reader of prometheus_client, and
by what two texts of the same counts must have in common. Used for the reader and for the agent."""
import re
import subprocess

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from product import prometheus

OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}

# Family (of upstream's names): what promtool says. docs/compatibility.md has the same list; it finds
# nothing in native names.
TOTAL = 'non-counter metrics should not have "_total" suffix'
COUNT = 'non-histogram and non-summary metrics should not have "_count" suffix'
ABBREVIATED = "metric names should not contain abbreviated units"
CAMEL = "metric names should be written in 'snake_case' not 'camelCase'"
TYPE = "metric name should not include type 'histogram'"
FINDINGS = {
    r".*_total": {TOTAL},
    r".*_us": {ABBREVIATED, TYPE},
    r".*_geoLoc(_ecs)?": {CAMEL},
    r"dns_sizes_.*_histogram_bytes": {TYPE},
    r"resources_(policy|handler)_count": {COUNT},
}


def findings(text):
    """[[family, what promtool says]]; a text that it cannot read is a failure."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode in (0, 3), done.stderr  # 3: findings alone, 1: cannot be read
    return [line.split(" ", 1) for line in done.stderr.splitlines()]


def unexpected(text):
    """The findings that upstream's names do not explain."""
    def known(family):
        return set().union(*(texts for pattern, texts in FINDINGS.items()
                             if re.fullmatch(pattern, family)))
    return [(family, what) for family, what in findings(text) if what not in known(family)]


def samples(text):
    """The lines that are samples: both formats have the same."""
    return [line for line in text.splitlines() if not line.startswith("#")]


def series(text):
    """{(name, labels): value}; asserts that none is there twice."""
    return prometheus(text)[1]


def check_strict(text):
    """OpenMetrics as its specification wants it."""
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    assert text.endswith("\n# EOF\n")
    for family in families:
        assert not family.unit or family.name.endswith("_" + family.unit)
    return families


def check_native(text):
    """Where a text has both sets of names: counters of both agree, histograms are sound. Only for a
    text whose only period is all there is."""
    types, values = prometheus(text)
    for (name, labels), value in values.items():
        native = f"pktvisor_{name}_total"
        if types.get(name) == "gauge" and types.get(native) == "counter":
            assert values[native, labels] == value
    check_histograms(types, values)


def check_histograms(types, values):
    for name, kind in types.items():
        if kind != "histogram" or not name.startswith("pktvisor_"):
            continue
        counts = {key[1]: value for key, value in values.items() if key[0] == f"{name}_count"}
        buckets = {labels: [] for labels in counts}
        for (family, labels), value in values.items():
            if family == f"{name}_bucket":
                bound = dict(labels)["le"]
                buckets[labels - {("le", bound)}].append((float(bound), value))
        for labels, count in counts.items():
            ordered = [value for _, value in sorted(buckets[labels])]
            assert ordered == sorted(ordered) and ordered[-1] == count
            assert max(buckets[labels])[0] == float("inf")
