"""The dashboard of whether what is shown is the whole truth."""
from grafana.board import Board, label, link
from grafana.fleet import DROPPED, RATE, SEEN, UNSEEN, dropped
from grafana.panel import Panel, Row
from grafana.shapes import either, share, stat

INPUT = "{{instance}} {{input}}"
TO_RESOURCES = [link("pktvisor-resources", "Resources of ${__field.labels.instance}", instance=label("instance"))]
BY_INPUT = "sum by (instance, input)"
BY_HANDLER = "sum by (instance, handler)"

NOW = Row("Now", [
    stat("Inputs that wait", "count (pktvisor_input_running == 0) or vector(0)", unit="none", bad=(1,),
         note="For their interface."),
    stat("Packets dropped", dropped(""), unit="percentunit", bad=(0.0001, 0.01), note="For each packet seen."),
    stat("Handlers that missed something", f"count ({BY_HANDLER} ({UNSEEN}) > 0) or vector(0)", unit="none", bad=(1,),
         note="In the last minute; deep sampling, which is on purpose, does not count."),
    stat("Series left out", "sum (pktvisor_policy_series_left_out)", bad=(1,)),
    stat("Memory of sketches in use", "max (pktvisor_sketch_memory_bytes / (pktvisor_sketch_memory_limit_bytes > 0))",
         unit="percentunit", bad=(0.8, 0.95)),
    stat("Lines of the log lost", "sum (increase(pktvisor_log_lost_lines_total[$__range]))", unit="short", bad=(1,),
         note="In the time range."),
])

CAPTURE = Row("Capture", [
    Panel("Packets seen", {INPUT: f"{BY_INPUT} (rate({SEEN}{RATE}))"}, links=TO_RESOURCES),
    Panel("Packets matched", {INPUT: f"{BY_INPUT} (rate(pktvisor_input_matched_packets_total{RATE}))"},
          note="By the filter of the input."),
    Panel("Share of packets dropped", {INPUT: share(
        f"{BY_INPUT} (rate({DROPPED}{RATE}))", f"{BY_INPUT} (rate({SEEN}{RATE}))")}, unit="percentunit",
        note="For each packet seen. A larger `ring_size` of the tap, more `workers`, or a narrower filter helps.",
        links=TO_RESOURCES),
    Panel("Packets dropped by the ring and by the interface", {
        INPUT + " ring": f"{BY_INPUT} (rate({DROPPED}{RATE}))",
        INPUT + " interface": f"{BY_INPUT} (rate(pktvisor_input_interface_dropped_packets_total{RATE}))"}),
    Panel("Inputs that run", {INPUT: "min by (instance, input) (pktvisor_input_running)"}, unit="none", maximum=1),
    Panel("What could not be decoded", {"{{instance}} {{reason}}":
                                        f"sum by (instance, reason) (rate(pktvisor_input_malformed_total{RATE}))"},
          note="The reasons are listed in docs/metrics.md."),
    Panel("TCP streams", {INPUT: f"{BY_INPUT} (pktvisor_input_tcp_streams)"}),
    Panel("Bytes that wait for the rest of a message", {INPUT: f"{BY_INPUT} (pktvisor_input_tcp_buffer_bytes)"}),
    Panel("As the handler pcap counts", {
        "{{instance}} dropped by the system": "sum by (instance) (pcap_os_drops) / 60",
        "{{instance}} dropped by the interface": "sum by (instance) (pcap_if_drops) / 60",
        "{{instance}} streams that could not be put together":
            "sum by (instance) (pcap_tcp_reassembly_errors) / 60"}, unit="cps"),
])

ANSWERS = Row("Answers", [
    Panel("What was not seen, by reason", {"{{instance}} {{reason}}":
                                           "sum by (instance, reason) (pktvisor_completeness)"}, unit="short"),
    Panel("What was not seen, by handler", {"{{instance}} {{handler}}": f"{BY_HANDLER} ({UNSEEN})"}, unit="short"),
    Panel("Looked at in full", {
        "{{instance}} {{handler}}": share(
            BY_HANDLER + " (" + either("dns_wire_packets_deep_samples", "packets_deep_samples",
                                       "dns_deep_sampled_packets", "net_deep_sampled_packets") + ")",
            BY_HANDLER + " (" + either("dns_wire_packets_events", "packets_events", "dns_observed_packets",
                                       "net_observed_packets") + ")")}, unit="percentunit", maximum=1,
        note="Less than all where `deep_sample_rate` says so, or where a filter lets less through."),
    Panel("Series", {"{{instance}} {{policy}}": "sum by (instance, policy) (pktvisor_policy_series)"}),
    Panel("Series left out, by policy", {
        "{{instance}} {{policy}}": "sum by (instance, policy) (pktvisor_policy_series_left_out)"},
        note="A larger `max_series` of the policy, a smaller `topn_count` or fewer groups help."),
    Panel("Sketches that found no memory", {
        "{{instance}}": f"sum by (instance) (rate(pktvisor_sketch_memory_refusals_total{RATE}))"},
        links=TO_RESOURCES),
])

BOARD = Board("pktvisor-health", "Whether agents see everything: drops, faults, limits, budgets.",
              [NOW, CAPTURE, ANSWERS])
