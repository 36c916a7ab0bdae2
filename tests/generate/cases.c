#include "cases.h"

#include "must.h"

// clang-format off
const struct case_row cases[] = {
    {"links", "one exchange under every link type, an interface each", case_links, .format = {.pcapng = true}, .own_interfaces = true},
    {"interfaces", "400 interfaces of several link types", case_interfaces, .format = {.pcapng = true}, .own_interfaces = true},
    {"big_endian", "classic pcap in big-endian order", case_exchanges, .format = {.big_endian = true}},
    {"big_endian_pcapng", "pcapng in big-endian order, nanoseconds", case_exchanges, .format = {.big_endian = true, .pcapng = true, .nano = true}},
    {"nanoseconds", "classic pcap with nanoseconds", case_exchanges, .format = {.nano = true}},
    {"snapped", "frames cut at 64 bytes, inside the name of most questions", case_exchanges, .format = {.snaplen = 64}},
    {"time_backwards", "steps back of up to 4 s, answers before their questions", case_time_backwards, .format = {.nano = true}},
    {"time_jump_years", "time jumps ahead by years, twice", case_time_jump_years, .format = {0}},
    {"two_minutes", "150 seconds with another load each minute", case_two_minutes, .format = {0}},
    {"same_nanosecond", "two messages of one flow at the same nanosecond", case_same_nanosecond, .format = {.nano = true}},
    {"late_answers", "answers at, around and after 5 and 10 seconds, second answers, repeated questions", case_late_answers, .format = {.nano = true}},
    {"multicast", "mDNS and LLMNR, answered and not", case_multicast, .format = {0}},
    {"port_reuse", "the same 5-tuple for one connection after the other", case_port_reuse, .format = {0}},
    {"one_packet", "one packet", case_one_packet, .format = {0}},
    {"empty", "no packet", case_empty, .format = {0}},
    {"fragments", "answers in IP fragments, in order and not", case_fragments, .format = {0}},
    {"axfr", "a zone transfer over TCP in many messages", case_axfr, .format = {0}},
    {"tcp_midstream", "DNS and BGP connections whose beginning is not in the capture", case_tcp_midstream, .format = {0}},
    {"ecs_options", "client subnets of both families, any prefix, first and behind other options", case_ecs_options, .format = {0}},
    {"extended_rcode", "BADVERS and BADCOOKIE, whose header says NOERROR and YXRRSET", case_extended_rcode, .format = {0}},
    {"hostile_names", "names with dots inside labels, control characters, UTF-8, other bytes, the longest", case_hostile_names, .format = {0}},
};
// clang-format on
const size_t n_cases = sizeof cases / sizeof *cases;

static const struct case_row *find_case(const char *name)
{
    for (size_t i = 0; i < n_cases; i++)
        if (strcmp(cases[i].name, name) == 0)
            return &cases[i];
    fail("no such case: %s (traffic --help lists all)", name);
}

void case_write(const struct settings *settings)
{
    const struct case_row *row = find_case(settings->only_case);
    struct stage stage = {.random = {settings->seed},
                          .seed = settings->seed,
                          .now = (int64_t)settings->start * SECOND};
    struct hosts hosts;
    hosts_parse(&hosts, settings->hosts);
    output_init(&stage.output, settings->capture, &row->format, &hosts, settings->truth != NULL);
    if (!row->own_interfaces)
        capture_interface(stage.output.file, LINKTYPE_ETHERNET);
    row->write(&stage);
    if (settings->truth)
        truth_write(stage.output.truth, settings->truth);
    output_done(&stage.output);
}
