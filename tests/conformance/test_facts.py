"""What upstream's own tests assert (specification, section 10), fact by fact. `expect` maps paths of the
last handler (or of the handler named before a colon) to values; `absent` paths must not be there;
`first` maps a top list to the name and weight of its first row. Facts that upstream's sketches alone
produce are in docs/compatibility.md: 2036 for 1,999 names, orders of ties, 2,310 events."""
from dataclasses import dataclass, field

import pytest

from differences import options_for
from product import CAPTURES, module, policy, refusal, schema_of, summary

RANDOM = "dns_udp_tcp_random"
MIXED = "dns_udp_mixed_rcode"
LAN = "192.168.0.0/24"


@dataclass
class Fact:
    name: str
    capture: str
    modules: list
    expect: dict = field(default_factory=dict)
    first: dict = field(default_factory=dict)
    lists: dict = field(default_factory=dict)
    absent: list = field(default_factory=list)
    hosts: str = None
    databases: bool = False
    window: dict = None
    chain: bool = True


def net1(**more):
    return module("net1", **more)


def net2(**more):
    return module("net2", **more)


def dns1(**more):
    return module("dns1", **more)


def dns2(**more):
    return module("dns2", **more)


def wire(**values):
    return {f"wire_packets.{key}": value for key, value in values.items()}


def under(scope, **values):
    return {f"{scope}.{key}": value for key, value in values.items()}


PERIODS = {"dns_ipv4_udp": (1567706414, 6), "dns_ipv4_tcp": (1567706433, 6),
           "dns_ipv6_udp": (1567706365, 6), "dns_ipv6_tcp": (1567706308, 6)}

NET1 = [
    Fact("udp4", "dns_ipv4_udp", [net1()], {"events": 140, "udp": 140, "ipv4": 140, "ipv6": 0,
         "period.start_ts": 1567706414, "period.length": 6}),
    Fact("tcp4", "dns_ipv4_tcp", [net1()], {"events": 2100, "tcp": 2100, "protocol.tcp.syn": 420,
         "ipv4": 2100, "ipv6": 0, "period.start_ts": 1567706433}),
    Fact("udp6", "dns_ipv6_udp", [net1()], {"events": 140, "udp": 140, "ipv4": 0, "ipv6": 140,
         "period.start_ts": 1567706365}),
    Fact("tcp6", "dns_ipv6_tcp", [net1()], {"events": 1800, "tcp": 1800, "protocol.tcp.syn": 360,
         "ipv6": 1800, "period.start_ts": 1567706308}),
    Fact("random", RANDOM, [net1()], {"events": 16147, "deep_samples": 16147, "tcp": 13176,
         "protocol.tcp.syn": 2846, "udp": 2971, "ipv4": 16147, "ipv6": 0, "other_l4": 0, "in": 6648,
         "out": 9499, "unknown_dir": 0, "cardinality.dst_ips_out": 1, "cardinality.src_ips_in": 1,
         "period.start_ts": 1614874231},
         first={"top_ipv4": ("8.8.8.8", 16147)}, hosts=LAN),
    Fact("behind dns", MIXED, [dns1(filter={"only_qname_suffix": ["google.com"]}), net1()],
         {"dns1:wire_packets.udp": 10, "dns1:wire_packets.ipv4": 10, "events": 10, "tcp": 0, "udp": 10,
          "ipv4": 10, "cardinality.dst_ips_out": 3, "cardinality.src_ips_in": 5},
         first={"top_ipv4": ("216.239.38.10", 4)}, hosts=LAN),
    Fact("before dns", MIXED, [net1(filter={"geoloc_notfound": True}), dns1()],
         {"net1:events": 24, "net1:tcp": 0, "net1:udp": 24, "net1:ipv4": 24, **wire(udp=24, ipv4=24)},
         hosts=LAN, databases=True),
    Fact("long chain", "dns_ipv4_tcp", [net1(filter={"geoloc_notfound": True}), dns1(),
         net2(), dns2()],
         {"net1:events": 2100, "net1:tcp": 2100, "net1:ipv4": 2100, "dns1:wire_packets.tcp": 420,
          "net2:in.tcp_packets": 420, "in.tcp_xacts": 0}, hosts="127.0.0.0/24", databases=True),
    Fact("counters off", RANDOM, [net1(disable=["cardinality", "counters"])],
         {"events": 16147, "deep_samples": 16147}, first={"top_ipv4": ("8.8.8.8", 16147)},
         absent=["cardinality", "tcp", "udp", "total"], hosts=LAN),
    Fact("tops off", RANDOM, [net1(disable=["top_ips", "top_geo"])],
         {"tcp": 13176, "udp": 2971, "ipv4": 16147, "in": 6648, "out": 9499,
          "cardinality.dst_ips_out": 1, "cardinality.src_ips_in": 1}, absent=["top_ipv4"], hosts=LAN),
    Fact("place not found", MIXED, [net1(filter={"geoloc_notfound": True})],
         first={"top_geoLoc": ("Unknown", 24), "top_ipv4": (None, 4)}, hosts=LAN, databases=True),
    Fact("network not found", MIXED, [net1(filter={"asn_notfound": True})],
         first={"top_ASN": ("Unknown", 24), "top_ipv4": (None, 4)}, hosts=LAN, databases=True),
    Fact("neither found", MIXED, [net1(filter={"geoloc_notfound": True, "asn_notfound": True})],
         first={"top_ASN": ("Unknown", 24), "top_geoLoc": ("Unknown", 24)}, hosts=LAN,
         databases=True),
    Fact("place prefix", MIXED, [net1(filter={"only_geoloc_prefix": ["NA/United States"]})],
         {"filtered": 24}, lists={"top_geoLoc": []}, hosts=LAN, databases=True),
    Fact("AS numbers", MIXED, [net1(filter={"only_asn_number": ["16509", "22131"]})],
         {"filtered": 24}, lists={"top_ASN": []}, hosts=LAN, databases=True),
]

NET2 = [
    Fact("udp4", "dns_ipv4_udp", [net2()], {"observed_packets": 140,
         **under("unknown", udp_packets=140, ipv4_packets=140, ipv6_packets=0)}),
    Fact("tcp4", "dns_ipv4_tcp", [net2()], {"observed_packets": 2100, "unknown.tcp.syn_packets": 420,
         **under("unknown", tcp_packets=2100, ipv4_packets=2100)}),
    Fact("udp6", "dns_ipv6_udp", [net2()], under("unknown", udp_packets=140, ipv6_packets=140)),
    Fact("tcp6", "dns_ipv6_tcp", [net2()], {"unknown.tcp.syn_packets": 360,
         **under("unknown", tcp_packets=1800, ipv6_packets=1800)}),
    Fact("random", RANDOM, [net2()], {"observed_packets": 16147, "deep_sampled_packets": 16147,
         "in.tcp_packets": 5167, "out.tcp_packets": 8009, "in.tcp.syn_packets": 1423,
         "out.tcp.syn_packets": 1423, "in.total_packets": 6648, "out.total_packets": 9499,
         "out.cardinality.ips": 1}, first={"out.top_ipv4_packets": ("8.8.8.8", 9499)}, hosts=LAN),
    Fact("behind dns", MIXED, [dns2(filter={"only_qname_suffix": ["google.com"]}), net2()],
         {"dns2:out.udp_xacts": 4, "dns2:out.ipv4_xacts": 4, "observed_packets": 17,
          "in.tcp_packets": 0, "in.udp_packets": 13, "in.ipv4_packets": 13, "in.cardinality.ips": 8},
         first={"in.top_ipv4_packets": ("192.168.0.54", 3)}, hosts=LAN),
    Fact("before dns", MIXED, [net2(filter={"geoloc_notfound": True}), dns2()],
         {"net2:observed_packets": 24, "net2:in.udp_packets": 15, "net2:in.ipv4_packets": 15,
          "out.udp_xacts": 9, "out.ipv4_xacts": 9}, hosts=LAN, databases=True),
    Fact("long chain", "dns_ipv4_tcp", [net2(name="a"), dns2(name="b"), net2(name="c"),
         dns2(name="d")], {"a:observed_packets": 2100, "a:unknown.tcp_packets": 2100,
         "b:unknown.tcp_xacts": 210, "c:unknown.tcp_packets": 420, "unknown.tcp_xacts": 210},
         databases=True),
    Fact("counters off", RANDOM, [net2(disable=["cardinality", "counters"])],
         {"observed_packets": 16147, "deep_sampled_packets": 16147},
         first={"in.top_ipv4_packets": ("8.8.8.8", 6648)}, absent=["in.tcp_packets"], hosts=LAN),
    Fact("tops off", RANDOM, [net2(disable=["top_ips", "top_geo"])], {"in.cardinality.ips": 1},
         absent=["in.top_ipv4_packets"], hosts=LAN),
    Fact("not found", MIXED, [net2(filter={"geoloc_notfound": True, "asn_notfound": True})],
         first={"in.top_ipv4_packets": ("192.168.0.54", 3), "in.top_geo_loc_packets": ("Unknown", 15),
                "in.top_asn_packets": ("Unknown", 15)}, hosts=LAN, databases=True),
    Fact("place prefix", MIXED, [net2(filter={"only_geoloc_prefix": ["NA/United States"]})],
         {"filtered_packets": 24}, hosts=LAN, databases=True),
    Fact("AS numbers", MIXED, [net2(filter={"only_asn_number": ["16509", "22131"]})],
         {"filtered_packets": 24}, hosts=LAN, databases=True),
]

RANDOM_QTYPES1 = [("AAAA", 1476), ("CNAME", 825), ("SOA", 794), ("MX", 757), ("A", 717), ("NS", 662),
                  ("TXT", 620)]
RANDOM_QTYPES2 = [("AAAA", 737), ("CNAME", 412), ("SOA", 397), ("MX", 377), ("A", 358), ("NS", 331),
                  ("TXT", 309)]
LONGEST = "82gdxvz5vp.mmyv7ma0jn.rxst40swe.tcbgtnfa.test.com"

DNS1 = [
    *[Fact(capture, capture, [dns1()], {**wire(events=n, **{proto: n, family: n, other: 0},
           queries=n // 2, replies=n // 2), "period.start_ts": PERIODS[capture][0]},
           first={"top_qname2": (".test.com", n)})
      for capture, n, proto, family, other in [
          ("dns_ipv4_udp", 140, "udp", "ipv4", "ipv6"), ("dns_ipv4_tcp", 420, "tcp", "ipv4", "ipv6"),
          ("dns_ipv6_udp", 140, "udp", "ipv6", "ipv4"), ("dns_ipv6_tcp", 360, "tcp", "ipv6", "ipv4")]],
    Fact("random", RANDOM, [dns1(enable=["top_qnames_details"])],
         {**wire(events=5851, deep_samples=5851, tcp=2880, udp=2971, ipv4=5851, queries=2930,
                 replies=2921, nodata=2254, noerror=2921, nxdomain=0, refused=0, srvfail=0),
          "xact.counts.total": 2921, "xact.in.total": 0, "xact.out.total": 2921},
         first={"top_qname2": (".test.com", 5851), "top_rcode": ("NOERROR", 2921),
                "top_udp_ports": ("57975", 302), "top_qname_by_resp_bytes": (LONGEST, 290)},
         lists={"top_qtype": RANDOM_QTYPES1}, hosts=LAN),
    Fact("exclude_noerror", MIXED, [dns1(filter={"exclude_noerror": True})],
         wire(noerror=0, srvfail=0, refused=1, nxdomain=1, nodata=0, filtered=22), hosts=LAN),
    Fact("only_rcode 3", MIXED, [dns1(filter={"only_rcode": 3})],
         wire(noerror=0, srvfail=0, refused=0, nodata=0, nxdomain=1, filtered=0), hosts=LAN),
    Fact("only_rcode list", MIXED, [dns1(filter={"only_rcode": ["nxdomain", 5]})],
         wire(noerror=0, srvfail=0, refused=1, nodata=0, nxdomain=1, filtered=0), hosts=LAN),
    Fact("only_qtype", RANDOM, [dns1(filter={"only_qtype": ["AAAA", "TxT"]})],
         wire(events=5851, deep_samples=5851, ipv4=2096, queries=1050, replies=1046, nodata=737,
              noerror=1046), lists={"top_qtype": [("AAAA", 1476), ("TXT", 620)]}, hosts=LAN),
    Fact("topn_count", RANDOM, [dns1()], lists={"top_qtype": RANDOM_QTYPES1[:3]}, hosts=LAN,
         window={"topn_count": 3}),
    Fact("only_qname", MIXED, [dns1(filter={"only_qname": ["play.GooGle.com",
                                                           "nonexistent.google.com"]})],
         wire(udp=6, noerror=2, nxdomain=1, nodata=2, total=6, filtered=0),
         first={"top_qname2": (".google.com", None), "top_qname3": ("play.google.com", None)},
         hosts=LAN),
    Fact("only_qname_suffix", MIXED, [dns1(filter={"only_qname_suffix": ["GooGle.com"]})],
         wire(udp=10, noerror=4, nxdomain=1, nodata=2, total=10, filtered=14),
         lists={"top_qname3": []}, hosts=LAN),
    Fact("answer_count", MIXED, [dns1(filter={"only_rcode": 0, "answer_count": 0})],
         wire(udp=4, noerror=4, nodata=4, nxdomain=0, refused=0, srvfail=0, filtered=6), hosts=LAN),
    Fact("only_dnssec_response", "dnssec", [dns1(filter={"only_dnssec_response": True})],
         {**wire(events=14, deep_samples=14, udp=6, ipv4=6, queries=0, replies=6, noerror=6),
          "cardinality.qname": 3}, lists={"top_qtype": [("DNSKEY", 3), ("DS", 2), ("A", 1)]},
         hosts=LAN),
    Fact("public_suffix_list", MIXED, [dns1(filter={"public_suffix_list": True})],
         wire(udp=24, noerror=10, refused=1, nxdomain=1, srvfail=0, filtered=0),
         first={"top_qname2": (".mwbsys.com", None), "top_qname3": ("sirius.mwbsys.com", None)},
         hosts=LAN),
    Fact("only_queries", MIXED, [dns1(filter={"only_queries": True})],
         wire(udp=12, noerror=0, refused=0, nxdomain=0, srvfail=0, filtered=12), hosts=LAN),
    Fact("only_responses", MIXED, [dns1(filter={"only_responses": True})],
         wire(udp=12, noerror=10, refused=1, nxdomain=1, filtered=12), hosts=LAN),
    Fact("ecs", "ecs", [dns1(enable=["top_ecs"])],
         {**wire(events=36, deep_samples=36, tcp=4, udp=32, ipv4=6, ipv6=30, queries=22, replies=14,
                 filtered=0, query_ecs=5), "cardinality.qname": 9},
         lists={"top_query_ecs": [("2001:470:1f0b:1600::", 5)], "top_geoLoc_ecs": [("Unknown", 5)],
                "top_asn_ecs": [("Unknown", 5)]}, hosts=LAN, databases=True),
    *[Fact(f"ecs {key}", "ecs", [dns1(enable=["top_ecs"], filter={key: True})],
           {**wire(events=36, deep_samples=36, tcp=0, udp=5, ipv4=1, ipv6=4, queries=5, replies=0,
                   filtered=31, query_ecs=5), "cardinality.qname": 2},
           first={"top_query_ecs": ("2001:470:1f0b:1600::", 5), table: ("Unknown", 5)}, hosts=LAN,
           databases=True)
      for key, table in (("geoloc_notfound", "top_geoLoc_ecs"), ("asn_notfound", "top_asn_ecs"))],
    Fact("counters off", RANDOM, [dns1(disable=["cardinality", "counters"], enable=["histograms"])],
         {**wire(events=5851, deep_samples=5851), "xact.counts.total": 2921, "xact.in.total": 0,
          "xact.out.total": 2921}, first={"top_qname2": (".test.com", None)},
         absent=["cardinality", "wire_packets.tcp"], hosts=LAN),
    Fact("transactions off", RANDOM, [dns1(disable=["top_qnames", "dns_transaction"])],
         wire(tcp=2880, udp=2971, ipv4=5851, queries=2930, replies=2921),
         absent=["xact", "top_qname2"], hosts=LAN),
    Fact("two handlers", MIXED, [dns1(name="two", filter={"only_rcode": 2}),
                                 dns1(name="three", filter={"only_rcode": 3})],
         {"two:wire_packets.events": 0, "two:wire_packets.deep_samples": 0,
          "three:wire_packets.events": 1, "three:wire_packets.deep_samples": 1}, hosts=LAN,
         chain=False),
]

DNS2 = [
    *[Fact(capture, capture, [dns2()], {"observed_packets": 2 * n, **under(
           "unknown", **{f"{proto}_xacts": n, f"{family}_xacts": n}, xacts=n, timeout_queries=0,
           orphan_responses=0)}, first={"unknown.top_qname2_xacts": (".test.com", n)})
      for capture, n, proto, family in [
          ("dns_ipv4_udp", 70, "udp", "ipv4"), ("dns_ipv4_tcp", 210, "tcp", "ipv4"),
          ("dns_ipv6_udp", 70, "udp", "ipv6"), ("dns_ipv6_tcp", 180, "tcp", "ipv6")]],
    Fact("random", RANDOM, [dns2(enable=["top_size", "top_ports"])],
         {"observed_packets": 5851, "deep_sampled_packets": 5851,
          **under("out", tcp_xacts=1440, udp_xacts=1481, ipv4_xacts=2921, xacts=2921,
                  orphan_responses=0, nodata_xacts=2254, noerror_xacts=2921, nxdomain_xacts=0,
                  refused_xacts=0, srvfail_xacts=0)},
         first={"out.top_qname2_xacts": (".test.com", 2921), "out.top_rcode_xacts": ("NOERROR", 2921),
                "out.top_udp_ports_xacts": ("57975", 151), "out.top_response_bytes": (LONGEST, 290)},
         lists={"out.top_qtype_xacts": RANDOM_QTYPES2}, hosts=LAN),
    Fact("exclude_noerror", MIXED, [dns2(filter={"exclude_noerror": True})],
         {"filtered_packets": 17, **under("out", noerror_xacts=0, refused_xacts=1, nxdomain_xacts=1,
                                          nodata_xacts=0)}, hosts=LAN),
    Fact("only_rcode 3", MIXED, [dns2(filter={"only_rcode": 3})],
         {"filtered_packets": 19, "out.nxdomain_xacts": 1, "out.refused_xacts": 0}, hosts=LAN),
    Fact("only_rcode list", MIXED, [dns2(filter={"only_rcode": ["nxdomain", 5]})],
         {"filtered_packets": 17, "out.nxdomain_xacts": 1, "out.refused_xacts": 1}, hosts=LAN),
    Fact("only_qtype", RANDOM, [dns2(filter={"only_qtype": ["AAAA", "TxT"]})],
         {"observed_packets": 5851, **under("out", ipv4_xacts=1046, xacts=1046, orphan_responses=0,
                                            nodata_xacts=737, noerror_xacts=1046)},
         lists={"out.top_qtype_xacts": [("AAAA", 737), ("TXT", 309)]}, hosts=LAN),
    Fact("topn_count", RANDOM, [dns2()], lists={"out.top_qtype_xacts": RANDOM_QTYPES2[:3]}, hosts=LAN,
         window={"topn_count": 3}),
    Fact("only_qname", MIXED, [dns2(filter={"only_qname": ["play.GooGle.com",
                                                           "nonexistent.google.com"]})],
         under("out", udp_xacts=2, noerror_xacts=1, nxdomain_xacts=1, nodata_xacts=1, xacts=2,
               timeout_queries=0, orphan_responses=3),
         first={"out.top_qname2_xacts": (".google.com", None)}, hosts=LAN),
    Fact("only_qname_suffix", MIXED, [dns2(filter={"only_qname_suffix": ["GooGle.com"]})],
         {"filtered_packets": 12, **under("out", udp_xacts=4, noerror_xacts=3, nxdomain_xacts=1,
          nodata_xacts=1, xacts=4, timeout_queries=0, orphan_responses=3)}, hosts=LAN),
    Fact("answer_count", MIXED, [dns2(filter={"only_rcode": 0, "answer_count": 0})],
         {"filtered_packets": 16, **under("out", udp_xacts=2, noerror_xacts=2, nodata_xacts=2,
          nxdomain_xacts=0, refused_xacts=0, srvfail_xacts=0)},
         first={"out.top_qname2_xacts": (None, 1)}, hosts="192.168.0.0/26"),
    Fact("only_dnssec_response", "dnssec", [dns2(filter={"only_dnssec_response": True})],
         {"observed_packets": 14, "unknown.cardinality.qname": 3, **under(
          "unknown", udp_xacts=6, ipv4_xacts=6, xacts=6, checking_disabled_xacts=0,
          authenticated_data_xacts=6, authoritative_answer_xacts=0, timeout_queries=0,
          orphan_responses=0, noerror_xacts=6)},
         lists={"unknown.top_qtype_xacts": [("DNSKEY", 3), ("DS", 2), ("A", 1)]}, hosts=LAN),
    Fact("public_suffix_list", MIXED, [dns2(filter={"public_suffix_list": True})],
         {"filtered_packets": 0, **under("out", udp_xacts=9, noerror_xacts=7, refused_xacts=1,
                                         nxdomain_xacts=1)},
         first={"out.top_qname2_xacts": (None, 2)}, hosts="192.168.0.0/26"),
    # Upstream: no timeouts, see timeouts-by-packet-time (here the fragmented answers are left out).
    Fact("ecs", "ecs", [dns2(enable=["top_ecs"])],
         {"observed_packets": 36, "filtered_packets": 0, "unknown.cardinality.qname": 8, **under(
          "unknown", tcp_xacts=2, udp_xacts=12, ipv4_xacts=1, ipv6_xacts=13, xacts=14,
          timeout_queries=8, orphan_responses=0, ecs_xacts=2)},
         first={"unknown.top_ecs_xacts": ("2001:470:1f0b:1600::", 2),
                "unknown.top_geo_loc_ecs_xacts": ("Unknown", 2),
                "unknown.top_asn_ecs_xacts": ("Unknown", 2)}, hosts=LAN, databases=True),
    # Upstream: 27 filtered and 2 orphans, because marks of filtered queries over TCP never match.
    *[Fact(f"ecs {key}", "ecs", [dns2(enable=["top_ecs"], filter={key: True})],
           {"observed_packets": 36, "filtered_packets": 29, "unknown.cardinality.qname": 1, **under(
            "unknown", tcp_xacts=0, udp_xacts=2, ipv4_xacts=0, ipv6_xacts=2, xacts=2,
            orphan_responses=0, ecs_xacts=2)}, hosts=LAN, databases=True)
      for key in ("geoloc_notfound", "asn_notfound")],
    Fact("counters off", RANDOM, [dns2(disable=["cardinality", "counters"],
                                       enable=["top_size", "xact_times"])],
         {"observed_packets": 5851}, first={"out.top_qname2_xacts": (".test.com", None)},
         absent=["out.xacts", "out.cardinality"], hosts=LAN),
    Fact("names off", RANDOM, [dns2(disable=["top_qnames"])],
         under("out", tcp_xacts=1440, udp_xacts=1481, ipv4_xacts=2921, xacts=2921),
         absent=["out.top_qname2_xacts"], hosts=LAN),
]

OTHERS = [
    Fact("dhcp", "dhcp-flow", [module("dhcp")],
         {**wire(events=8, filtered=0, discover=1, offer=1, request=3, ack=3),
          "period.start_ts": 1634851620, "period.length": 30},
         lists={"top_clients": [("78:4f:43:78:19:bc/Shannons-MBP/192.168.2.205", 2),
                                ("32:47:73:53:0e:3d/Zenfone-8/192.168.2.248", 1)]},
         first={"top_servers": ("b8:27:eb:0c:b3:e2/192.168.2.1", None)}),
    Fact("dhcpv6", "dhcpv6", [module("dhcp")],
         {**wire(events=6, solicit=1, advertise=1, request_v6=1, reply=2),
          "period.start_ts": 1420235556, "period.length": 13}, lists={"top_clients": []},
         first={"top_servers": ("08:00:27:d4:10:bb/fe80::a00:27ff:fed4:10bb", None)}),
    Fact("bgp", "bgp", [module("bgp")],
         {**wire(events=9, open=2, update=4, notification=0, keepalive=3, routerefresh=0, filtered=0,
                 total=9), "period.start_ts": 1453594491, "period.length": 4}),
    Fact("pcap", RANDOM, [module("pcap")],
         {"tcp_reassembly_errors": 0, "os_drops": 0, "if_drops": 0, "period.start_ts": 1614874231},
         hosts=LAN),
]


def get(data, path):
    for part in path.split("."):
        data = data[part]
    return data


def has(data, path):
    try:
        get(data, path)
    except KeyError:
        return False
    return True


def parts(prefix, facts):
    return [pytest.param(fact, id=f"{prefix}-{fact.name}") for fact in facts]


@pytest.mark.parametrize("fact", parts("net1", NET1) + parts("net2", NET2) + parts("dns1", DNS1) +
                         parts("dns2", DNS2) + parts("other", OTHERS))
def test_fact(fact):
    document = policy(*fact.modules, chain=fact.chain, window=fact.window)
    output = summary(document, CAPTURES / f"{fact.capture}.pcap", *options_for(fact.capture),
                     hosts=fact.hosts, databases=fact.databases)
    last = list(fact.modules[-1])[0]
    data = schema_of(output[last])
    found = {}
    for path in fact.expect:
        handler, _, below = path.rpartition(":")
        where = schema_of(output[handler]) if handler else data
        found[path] = get(where, below) if has(where, below) else 0
    assert found == fact.expect
    for path, (name, weight) in fact.first.items():
        row = get(data, path)[0]
        assert name is None or row["name"] == name, path
        assert weight is None or row["estimate"] == weight, path
    for path, rows in fact.lists.items():
        assert [(r["name"], r["estimate"]) for r in get(data, path)] == rows, path
    assert [path for path in fact.absent if has(data, path)] == []


WINDOW_KEYS = "deep_sample_rate, num_periods, topn_count, topn_percentile_threshold"
NET_KEYS = "geoloc_notfound, asn_notfound, only_geoloc_prefix, only_asn_number, recorded_stream"
DNS1_KEYS = ("exclude_noerror, only_rcode, only_queries, only_responses, only_dnssec_response, "
             "answer_count, only_qtype, only_qname, only_qname_suffix, geoloc_notfound, asn_notfound, "
             "dnstap_msg_type, public_suffix_list, recorded_stream, xact_ttl_secs, xact_ttl_ms")
DNS2_KEYS = DNS1_KEYS.replace("only_queries, only_responses, ", "") + ", only_xact_directions"
DNS1_GROUPS = ("all, cardinality, counters, dns_transaction, histograms, quantiles, top_ecs, top_ports, "
               "top_qnames, top_qnames_details, sizes, top_clients")
DNS2_GROUPS = ("all, cardinality, counters, quantiles, top_ecs, top_ports, top_qnames, top_qtypes, "
               "top_rcodes, top_size, xact_times, sizes, top_clients")
BAD_GROUP = " is an invalid/unsupported metric group. The valid groups are: "
BAD_KEY = "invalid_config is an invalid/unsupported config or filter. The valid configs/filters are: "

REFUSALS = [
    (net1(enable=["top_ips", "rates"]), "rates" + BAD_GROUP + "all, cardinality, counters, top_geo, top_ips"),
    (net2(enable=["top_ips", "rates"]),
     "rates" + BAD_GROUP + "all, cardinality, counters, quantiles, top_geo, top_ips"),
    (dns1(enable=["dns_top_wired"]), "dns_top_wired" + BAD_GROUP + DNS1_GROUPS),
    (dns2(enable=["dns_top_wired"]), "dns_top_wired" + BAD_GROUP + DNS2_GROUPS),
    (net1(config={"invalid_config": True}), f"{BAD_KEY}{NET_KEYS}, {WINDOW_KEYS}"),
    (net2(config={"invalid_config": True}), f"{BAD_KEY}{NET_KEYS}, {WINDOW_KEYS}"),
    (dns1(config={"invalid_config": True}), f"{BAD_KEY}{DNS1_KEYS}, {WINDOW_KEYS}"),
    (dns2(config={"invalid_config": True}), f"{BAD_KEY}{DNS2_KEYS}, {WINDOW_KEYS}"),
    (net1(filter={"only_asn_number": ["16509/Amazon"]}),
     "NetStreamHandler: only_asn_number filter contained an invalid/unsupported value: 16509/Amazon"),
    (dns1(filter={"only_rcode": "x"}), "DnsStreamHandler: wrong value type for only_rcode filter. It "
     "should be an integer or an array"),
    (dns1(filter={"only_rcode": 133}),
     "DnsStreamHandler: only_rcode filter contained an invalid/unsupported rcode"),
    (dns1(filter={"only_qtype": ["AAAA", "TEXT"]}),
     "DnsStreamHandler: only_qtype filter contained an invalid/unsupported qtype: TEXT"),
    (dns1(filter={"only_qtype": ["AAAA", 270]}),
     "DnsStreamHandler: only_qtype filter contained an invalid/unsupported qtype: 270"),
    (dns1(filter={"answer_count": "x"}), "DnsStreamHandler: wrong value type for answer_count filter. "
     "It should be an integer"),
    (dns1(filter={"dnstap_msg_type": "sender"}), "DnsStreamHandler: dnstap_msg_type contained an "
     "invalid/unsupported type. Valid types: auth, client, forwarder, resolver, stub, tool, update"),
]


@pytest.mark.parametrize("handler,text", REFUSALS)
def test_refusal(handler, text):
    assert refusal(policy(handler)).endswith(text)


def test_limit_of_streams():
    """More connections than may be tracked at once: upstream's 140 messages."""
    document = policy(dns2())
    document["visor"]["policies"]["default"]["input"]["config"] = {"tcp_packet_reassembly_cache_limit": 10}
    found = schema_of(summary(document, CAPTURES / "dns_ipv4_tcp.pcap")["dns2"])
    assert found["observed_packets"] == 140
    expected = {"tcp_xacts": 70, "ipv4_xacts": 70, "xacts": 70, "timeout_queries": 0, "orphan_responses": 0}
    assert {key: found["unknown"][key] for key in expected} == expected
    assert found["unknown"]["top_qname2_xacts"][0] == {"name": ".test.com", "estimate": 70}


def test_ttl_key_is_accepted():
    document = policy(dns1(config={"xact_ttl_secs": 2}))
    assert summary(document, CAPTURES / f"{MIXED}.pcap", hosts=LAN)
