"""The dashboard of what agents cost, and of what they talk to."""
from grafana.board import Board, label, link
from grafana.fleet import RATE
from grafana.panel import Panel, Row
from grafana.shapes import share

AGENT, POLICY, TARGET = "{{instance}}", "{{instance}} {{policy}}", "{{instance}} {{target}}"
TO_AGENT = [link("pktvisor-agent", "Agent ${__field.labels.instance}", instance=label("instance"))]
TO_POLICY = [link("pktvisor-health", "Health of ${__field.labels.policy}", instance=label("instance"),
                  policy=label("policy"))]
BY_TARGET = "sum by (instance, target)"


def own(name):
    """Of the agents' processes alone: other programs have families of these names, too."""
    return f"({name} and on (instance, job) pktvisor_build_info)"


def of_process(title, name, **more):
    return Panel(title, {AGENT: f"max by (instance) {own(name)}"}, links=TO_AGENT, **more)


PROCESS = Row("Process", [
    Panel("CPU", {AGENT: f"sum by (instance) {own(f'rate(process_cpu_seconds_total{RATE})')}"}, links=TO_AGENT,
          note="Of one processor."),
    of_process("Resident memory", "process_resident_memory_bytes"),
    Panel("Memory of sketches", {
        "{{instance}} used": "max by (instance) (pktvisor_sketch_memory_bytes)",
        "{{instance}} limit": "max by (instance) (pktvisor_sketch_memory_limit_bytes)"}),
    of_process("Threads", "process_threads"),
    Panel("Files open", {AGENT: share(f"max by (instance) {own('process_open_fds')}",
                                      f"max by (instance) {own('process_max_fds')}")}, unit="percentunit",
          note="Share of those that may be open."),
    of_process("Virtual memory", "process_virtual_memory_bytes"),
])

POLICIES = Row("Policies", [
    Panel("CPU, by policy", {POLICY: f"sum by (instance, policy) (rate(pktvisor_policy_cpu_seconds_total{RATE}))"},
          links=TO_POLICY, note="Of one processor."),
    Panel("CPU of a packet, by policy", {POLICY: share(
        f"sum by (instance, policy) (rate(pktvisor_policy_cpu_seconds_total{RATE}))",
        f"sum by (instance, policy) (rate(pktvisor_policy_packets_total{RATE}))")}, unit="s", links=TO_POLICY),
    Panel("Memory, by policy", {POLICY: "sum by (instance, policy) (pktvisor_policy_memory_bytes)"}, links=TO_POLICY),
    Panel("CPU of a worker", {"{{instance}} {{handler}} {{quantile}}":
                              "max by (instance, handler, quantile) (resources_cpu_usage)"},
          note="As the policies of resources see it, of one input."),
    Panel("Policies and handlers of an input", {
        "{{instance}} {{handler}} policies": "sum by (instance, handler) (resources_policy_count)",
        "{{instance}} {{handler}} handlers": "sum by (instance, handler) (resources_handler_count)"}, unit="none"),
    Panel("Cache of places and networks", {"{{instance}} {{database}}": share(
        f"sum by (instance, database) (rate(pktvisor_geo_cache_hits_total{RATE}))",
        f"(sum by (instance, database) (rate(pktvisor_geo_cache_hits_total{RATE})) + "
        f"sum by (instance, database) (rate(pktvisor_geo_cache_misses_total{RATE})))")},
        unit="percentunit", maximum=1,
        note="Share of addresses that were found in it. Needs `--geo-city`, `--geo-asn`."),
])

HTTP = Row("HTTP", [
    Panel("Requests", {"{{instance}} {{code}}": f"sum by (instance, code) (rate(pktvisor_http_requests_total{RATE}))"}),
    Panel("Bytes of answers", {AGENT: f"sum by (instance) (rate(pktvisor_http_sent_bytes_total{RATE}))"}),
    Panel("Connections open", {AGENT: "sum by (instance) (pktvisor_http_open_connections)"}),
    Panel("Connections that went wrong", {
        "{{instance}} made room": f"sum by (instance) (rate(pktvisor_http_evicted_connections_total{RATE}))",
        "{{instance}} too slow": f"sum by (instance) (rate(pktvisor_http_timeouts_total{RATE}))",
        "{{instance}} broken": f"sum by (instance) (rate(pktvisor_http_broken_connections_total{RATE}))"}),
    Panel("Requests refused", {
        "{{instance}} token": f"sum by (instance) (rate(pktvisor_http_failed_authentications_total{RATE}))",
        "{{instance}} Host": f"sum by (instance) (rate(pktvisor_http_foreign_hosts_total{RATE}))",
        "{{instance}} size": f"sum by (instance) (rate(pktvisor_http_bodies_too_large_total{RATE}))"}),
])

PUSH = Row("Receivers (remote write, OTLP)", [
    Panel("Minutes that wait", {TARGET: f"{BY_TARGET} (pktvisor_push_queue_minutes)"}),
    Panel("Queue", {TARGET: share(f"{BY_TARGET} (pktvisor_push_queue_bytes)",
                                  f"{BY_TARGET} (pktvisor_push_queue_max_bytes)")}, unit="percentunit",
          note="Share of what may wait before the oldest minutes go."),
    Panel("Since the last success", {TARGET: "time() - min by (instance, target) "
                                     "(pktvisor_push_last_success_timestamp_seconds > 0)"}),
    Panel("Samples sent", {TARGET: f"{BY_TARGET} (rate(pktvisor_push_sent_samples_total{RATE}))"}),
    Panel("Requests tried again, or dropped", {
        "{{instance}} {{target}} {{reason}}":
            f"sum by (instance, target, reason) (rate(pktvisor_push_retries_total{RATE}))",
        "{{instance}} {{target}} dropped: {{reason}}":
            f"sum by (instance, target, reason) (rate(pktvisor_push_dropped_requests_total{RATE}))"}),
    Panel("Minutes lost", {
        "{{instance}} {{target}} {{reason}}":
            f"sum by (instance, target, reason) (increase(pktvisor_push_dropped_minutes_total{RATE}))",
        "{{instance}} {{target}} not queued: {{reason}}":
            f"sum by (instance, target, reason) (increase(pktvisor_push_missed_minutes_total{RATE}))"}, unit="short"),
], collapsed=True)

BOARD = Board("pktvisor-resources", "What agents use: processors, memory, requests, receivers.",
              [PROCESS, POLICIES, HTTP, PUSH])
