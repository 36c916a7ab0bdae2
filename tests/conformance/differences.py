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
]


def allowed(name, path, ours, golden):
    for difference in DIFFERENCES:
        if re.fullmatch(difference.golden, name) and re.fullmatch(difference.path, path):
            return bool(difference.holds(ours, golden))
    return False
