"""Where our output is meant to differ from upstream's recorded one. Every row is listed by its id in
docs/compatibility.md; `holds` asserts the difference itself, so that it stays what it is said to be."""
import re
from collections import namedtuple

Difference = namedtuple("Difference", "id golden path holds")

DIFFERENCES = [
    # Rates come from packet time; upstream's come from the wall clock, so a file that is read within
    # a second has none.
    Difference("rates-of-recordings", r".*", r"(.*\.)?(rates|xact_rates)(\..*)?",
               lambda ours, golden: golden is None),
    # _sum is a sum; upstream writes the maximum.
    Difference("sum-is-a-sum", r".*", r".*_sum", lambda ours, golden: ours >= golden),
    # Both versions of DHCP count in the total.
    Difference("dhcp-total", r"dhcpv6\.dhcp", r"wire_packets\.total|dhcp_wire_packets_total",
               lambda ours, golden: (ours, golden) == (6, 0)),
    # Open queries time out when packet time passes the ttl: here those between two hosts of the
    # network (waiting where no response can match) and those whose answers a filter has rejected.
    Difference("timeouts-by-packet-time", r"dns_udp_mixed_rcode\.dns2", r"in",
               lambda ours, golden: golden is None and ours["xacts"] == 0 and
               ours["timeout_queries"] == 2),
    # … and those of which the answer is a first fragment, left out here (see below).
    Difference("timeouts-by-packet-time", r"ecs\.dns[12]",
               r"xact\.counts\.timed_out|dns_xact_counts_timed_out|(in\.|unknown\.)?timeout_queries|"
               r"dns_timeout_queries", lambda ours, golden: ours in (0, 8) and golden == 0),
    Difference("timeouts-by-packet-time", r"dns_udp_mixed_rcode\.dns1\.answer_count-0",
               r"xact\.counts\.timed_out|dns_xact_counts_timed_out",
               lambda ours, golden: (ours, golden) == (6, 0)),
]

# First fragments have ports and a DNS header: ours counts their messages, upstream's does not. So
# upstream's numbers are ours without them (and test_first_fragments counts them).
FIRST_FRAGMENTS = "first-fragments"
NO_FRAGMENTS = {"ecs": "not (ip[6:2] & 0x3fff != 0) and not (ip6 and ip6[6] == 44)"}


def options_for(capture):
    """Command line options that take the listed difference of a capture away."""
    return ["-b", NO_FRAGMENTS[capture]] if capture in NO_FRAGMENTS else []


def allowed(name, path, ours, golden):
    for difference in DIFFERENCES:
        if re.fullmatch(difference.golden, name) and re.fullmatch(difference.path, path):
            return bool(difference.holds(ours, golden))
    return False
