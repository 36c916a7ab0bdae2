// What can be wrong with bytes from the wire: one row each, counted by name. The name is the label
// of the counter and stands in docs/metrics.md; adding one is adding a row.
#pragma once

#include <stdint.h>

#define WIRE_EVENTS(EVENT)                                                                         \
    EVENT(OK, "ok", "decoded")                                                                     \
    EVENT(LINK_UNSUPPORTED, "link.unsupported", "link type that no decoder knows")                 \
    EVENT(ETHERNET_SHORT, "ethernet.short", "frame ends inside the Ethernet header")               \
    EVENT(LINK_SHORT, "link.short", "frame ends inside a link header other than Ethernet's")       \
    EVENT(LINK_TOO_DEEP, "link.too_deep", "more VLAN or MPLS headers than are followed")           \
    EVENT(IPV4_SHORT, "ipv4.short", "packet ends inside the IPv4 header")                          \
    EVENT(IPV4_VERSION, "ipv4.version", "IPv4 packet whose version field is not 4")                \
    EVENT(IPV4_HEADER_LENGTH, "ipv4.header_length", "header length below 20 or beyond the packet") \
    EVENT(IPV4_TOTAL_LENGTH, "ipv4.total_length",                                                  \
          "total length below the header or beyond the frame")                                     \
    EVENT(IPV6_SHORT, "ipv6.short", "packet ends inside the IPv6 header")                          \
    EVENT(IPV6_VERSION, "ipv6.version", "IPv6 packet whose version field is not 6")                \
    EVENT(IPV6_PAYLOAD_LENGTH, "ipv6.payload_length", "payload length beyond the frame")           \
    EVENT(IPV6_EXTENSION, "ipv6.extension", "extension header chain cut or too long")              \
    EVENT(UDP_SHORT, "udp.short", "packet ends inside the UDP header")                             \
    EVENT(UDP_LENGTH, "udp.length", "UDP length below 8 or beyond the packet")                     \
    EVENT(TCP_SHORT, "tcp.short", "packet ends inside the TCP header")                             \
    EVENT(TCP_HEADER_LENGTH, "tcp.header_length", "data offset below 5 or beyond the packet")      \
    EVENT(STREAM_GAP, "stream.gap", "bytes of a TCP stream that never came; that side ends")       \
    EVENT(STREAM_OVERLAP, "stream.overlap", "TCP segment with bytes that were already there")      \
    EVENT(STREAM_EVICTED, "stream.evicted", "TCP stream dropped because the table was full")       \
    EVENT(STREAM_MEMORY, "stream.memory", "TCP stream side ended: buffered bytes over the limit")  \
    EVENT(STREAM_FRAMING, "stream.framing", "TCP stream whose message framing makes no sense")     \
    EVENT(DNS_SHORT, "dns.short", "message ends inside header, question or record")                \
    EVENT(DNS_NAME, "dns.name", "name too long, bad label type or compression loop")               \
    EVENT(DNS_RECORDS, "dns.records", "more records than the message can hold")                    \
    EVENT(DNS_CUT, "dns.cut", "message cut off by the capture or by fragmentation")                \
    EVENT(DHCP_SHORT, "dhcp.short", "DHCP message ends inside header or option")                   \
    EVENT(DHCP_COOKIE, "dhcp.cookie", "DHCPv4 message without the magic cookie")                   \
    EVENT(DHCP_RELAY, "dhcp.relay", "relayed DHCPv6 message that holds none, or too many layers")  \
    EVENT(BGP_MARKER, "bgp.marker", "BGP message whose marker is not all ones")                    \
    EVENT(BGP_LENGTH, "bgp.length", "BGP message length beyond its bytes or wrong for its type")   \
    EVENT(BGP_TYPE, "bgp.type", "BGP message of unknown type")

enum wire_event {
#define WIRE_EVENT_ENUM(id, name, help) WIRE_##id,
    WIRE_EVENTS(WIRE_EVENT_ENUM)
#undef WIRE_EVENT_ENUM
        WIRE_EVENT_COUNT
};

const char *wire_event_name(enum wire_event event);
const char *wire_event_help(enum wire_event event);

// Single-writer counters of one worker.
struct wire_counters {
    uint64_t count[WIRE_EVENT_COUNT];
};
