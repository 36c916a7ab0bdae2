#include "settings.h"

#include "cases.h"
#include "must.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_kind { OPTION_FLAG, OPTION_COUNT, OPTION_REAL, OPTION_TEXT };

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t offset; // of the field in struct settings
    double min, max;
    const char *preset; // value when nothing is said
    const char *help;
};

#define AT(field) offsetof(struct settings, field)

// clang-format off
static const struct option_row options[] = {
    {"truth", OPTION_TEXT, AT(truth), .help = "write the truth to this file (JSON)"},
    {"preset", OPTION_TEXT, AT(preset), .help = "start from one of the presets below"},
    {"case", OPTION_TEXT, AT(only_case), .help = "write one of the cases below instead of a mix"},
    {"nano", OPTION_FLAG, AT(nano), .help = "times in nanoseconds"},
    {"pcapng", OPTION_FLAG, AT(pcapng), .help = "write pcapng"},
    {"big-endian", OPTION_FLAG, AT(big_endian), .help = "file in big-endian order"},
    {"seed", OPTION_COUNT, AT(seed), 0, 1e18, "1", "same seed, same file"},
    {"packets", OPTION_COUNT, AT(packets), 1, 1e12, "100000", "packets in the file"},
    {"start", OPTION_COUNT, AT(start), 0, 4e9, "1767225600", "time of the first packet, epoch seconds"},
    {"seconds", OPTION_REAL, AT(seconds), 0.001, 1e8, "60", "time that the packets span"},
    {"rate", OPTION_REAL, AT(rate), 0, 1e9, "0", "packets per second, instead of seconds"},
    {"host", OPTION_TEXT, AT(hosts), .preset = "198.51.100.0/24,2001:db8:53::/48",
     .help = "networks of the observed host"},
    {"server-share", OPTION_REAL, AT(server_share), 0, 1, "0.8", "of conversations: host is asked"},
    {"client-share", OPTION_REAL, AT(client_share), 0, 1, "0.14", "of conversations: host asks"},
    {"inside-share", OPTION_REAL, AT(inside_share), 0, 1, "0.02", "of conversations: both ends; the rest is passing by"},
    {"ipv6-share", OPTION_REAL, AT(ipv6_share), 0, 1, "0.2", "of packets"},
    {"names", OPTION_COUNT, AT(names), 1, 1e9, "10000", "different names that are asked for"},
    {"name-exponent", OPTION_REAL, AT(name_exponent), 0, 5, "1", "of Zipf's law for names"},
    {"clients", OPTION_COUNT, AT(clients), 1, 4e6, "5000", "different remote clients"},
    {"client-exponent", OPTION_REAL, AT(client_exponent), 0, 5, "1", "of Zipf's law for clients"},
    {"dns-share", OPTION_REAL, AT(dns_share), 0, 1, "0.6", "of packets, DNS over UDP and TCP"},
    {"multicast-share", OPTION_REAL, AT(multicast_share), 0, 1, "0", "of packets, mDNS and LLMNR, within dns-share"},
    {"tcp-share", OPTION_REAL, AT(tcp_share), 0, 1, "0.05", "of DNS conversations"},
    {"dhcp-share", OPTION_REAL, AT(dhcp_share), 0, 1, "0", "of packets, DHCP v4 and v6"},
    {"bgp", OPTION_COUNT, AT(bgp_sessions), 0, 1000, "0", "BGP sessions"},
    {"other-tcp", OPTION_REAL, AT(other_tcp), 0, 1e6, "0.7", "weight of web traffic in the rest"},
    {"other-udp", OPTION_REAL, AT(other_udp), 0, 1e6, "0.25", "weight of other UDP in the rest"},
    {"other-icmp", OPTION_REAL, AT(other_icmp), 0, 1e6, "0.04", "weight of echoes in the rest"},
    {"other-arp", OPTION_REAL, AT(other_arp), 0, 1e6, "0.01", "weight of ARP in the rest"},
    {"page-bytes", OPTION_REAL, AT(page_bytes), 1, 1e6, "3000", "mean bytes of a web answer"},
    {"datagram-bytes", OPTION_REAL, AT(datagram_bytes), 1, 1400, "300", "mean bytes of other UDP"},
    {"loss", OPTION_REAL, AT(loss), 0, 0.9, "0", "of packets, half of them before the capture"},
    {"reorder", OPTION_REAL, AT(reorder), 0, 1, "0", "of TCP segments, overtaken by later ones"},
    {"displace", OPTION_REAL, AT(displace), 0, 1, "0", "of datagrams, in the file up to 2 ms late"},
    {"duplicates", OPTION_REAL, AT(duplicates), 0, 1, "0", "of datagrams, seen twice"},
    {"timeouts", OPTION_REAL, AT(timeouts), 0, 1, "0", "of questions, answered after 5 s or never"},
    {"latency", OPTION_REAL, AT(latency), 1e-6, 4, "0.012", "median of answers, seconds (log-normal)"},
    {"latency-sigma", OPTION_REAL, AT(latency_sigma), 0, 5, "0.8", "spread of the log-normal"},
    {"latency-tail", OPTION_REAL, AT(latency_tail), 0, 1, "0.03", "of answers, from a Pareto tail"},
    {"nodata", OPTION_REAL, AT(nodata), 0, 1, "0.05", "of answers, NOERROR without a record"},
    {"nxdomain", OPTION_REAL, AT(nxdomain), 0, 1, "0.1", "of answers"},
    {"servfail", OPTION_REAL, AT(servfail), 0, 1, "0.02", "of answers"},
    {"refused", OPTION_REAL, AT(refused), 0, 1, "0.01", "of answers"},
    {"edns", OPTION_REAL, AT(edns), 0, 1, "0.7", "of questions, with EDNS"},
    {"ecs", OPTION_REAL, AT(ecs), 0, 1, "0.05", "of questions with EDNS, with a client subnet"},
    {"mixed-case", OPTION_REAL, AT(mixed_case), 0, 1, "0.02", "of questions, letters in either case"},
};

// A preset is a list of options as they would be given.
static const struct {
    const char *name, *help, *options;
} presets[] = {
    {"speed", "2 million packets in 80 seconds, about 490 MB: the capture of the speed benchmark",
     "packets=2000000 seconds=80 names=100000 clients=50000 dns-share=0.6 ipv6-share=0.2"
     " tcp-share=0.002 page-bytes=3840 datagram-bytes=400"},
    {"truth", "600,000 packets with losses, reordering, time-outs and heavy-tailed latency",
     "packets=600000 seconds=60 names=50000 clients=20000 dns-share=0.7 ipv6-share=0.3 tcp-share=0.12"
     " loss=0.02 reorder=0.03 displace=0.002 duplicates=0.003 timeouts=0.01 multicast-share=0.005"
     " dhcp-share=0.002 bgp=2 page-bytes=2600 latency-sigma=1.2 latency-tail=0.08 ecs=0.1"},
    {"small", "2,000 packets of all protocols in two and a half minutes, to look at",
     "packets=2000 seconds=150 names=300 clients=120 dns-share=0.6 ipv6-share=0.25 tcp-share=0.1"
     " loss=0.01 timeouts=0.01 duplicates=0.002 multicast-share=0.02 dhcp-share=0.03 bgp=1"
     " page-bytes=4000 nxdomain=0.14 latency-tail=0.08 ecs=0.1"},
};
// clang-format on

enum { OPTIONS = sizeof options / sizeof *options, PRESETS = sizeof presets / sizeof *presets };

_Noreturn static void refuse(const char *what, const char *which)
{
    fprintf(stderr, "traffic: %s: %s (traffic --help lists all)\n", what, which);
    exit(2);
}

static double parse_number(const struct option_row *row, const char *text)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end || errno || !(value >= row->min && value <= row->max))
        refuse(row->name, text);
    return value;
}

static void set_option(struct settings *settings, const struct option_row *row, const char *value)
{
    void *field = (char *)settings + row->offset;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        break;
    case OPTION_COUNT:
        *(uint64_t *)field = (uint64_t)parse_number(row, value);
        break;
    case OPTION_REAL:
        *(double *)field = parse_number(row, value);
        break;
    case OPTION_TEXT:
        *(const char **)field = value;
        break;
    }
}

static const struct option_row *find_option(const char *name)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    refuse("no such option", name);
}

static void set_preset(struct settings *settings, const char *name)
{
    for (size_t i = 0; i < PRESETS; i++) {
        if (strcmp(presets[i].name, name) != 0)
            continue;
        char text[1024], *rest = NULL;
        snprintf(text, sizeof text, "%s", presets[i].options);
        for (char *pair = strtok_r(text, " ", &rest); pair; pair = strtok_r(NULL, " ", &rest)) {
            char *value = strchr(pair, '=');
            *value++ = '\0';
            set_option(settings, find_option(pair), value);
        }
        return;
    }
    refuse("no such preset", name);
}

_Noreturn static void help(void)
{
    puts("usage: traffic [OPTION ...] FILE\n\nWrites a capture (FILE - is standard output), and "
         "with --truth what is in it.\n\noptions");
    for (size_t i = 0; i < OPTIONS; i++)
        printf("  --%-16s %s%s%s%s\n", options[i].name, options[i].help,
               options[i].preset ? " [" : "", options[i].preset ? options[i].preset : "",
               options[i].preset ? "]" : "");
    puts("\npresets");
    for (size_t i = 0; i < PRESETS; i++)
        printf("  %-18s %s\n", presets[i].name, presets[i].help);
    puts("\ncases");
    for (size_t i = 0; i < n_cases; i++)
        printf("  %-18s %s\n", cases[i].name, cases[i].help);
    exit(0);
}

// Calls `set` for each option of the arguments, with its value (NULL for a flag).
static void each_argument(struct settings *settings, int argc, char **argv,
                          void (*set)(struct settings *, const struct option_row *, const char *))
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            settings->capture = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--help") == 0)
            help();
        char name[32];
        size_t len = strcspn(argv[i] + 2, "=");
        const char *value = argv[i][2 + len] ? argv[i] + 3 + len : NULL;
        snprintf(name, sizeof name, "%.*s", (int)len, argv[i] + 2);
        const struct option_row *row = find_option(name);
        if (row->kind != OPTION_FLAG && !value && ++i < argc)
            value = argv[i];
        if ((row->kind == OPTION_FLAG) != !value)
            refuse("an option needs a value, or takes none", row->name);
        set(settings, row, value);
    }
}

static void apply_preset(struct settings *settings, const struct option_row *row, const char *value)
{
    if (row->offset == AT(preset))
        set_preset(settings, value);
}

void settings_read(struct settings *settings, int argc, char **argv)
{
    *settings = (struct settings){0};
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].preset)
            set_option(settings, &options[i], options[i].preset);
    // The preset first, wherever it stands; what is given beside it holds.
    each_argument(settings, argc, argv, apply_preset);
    each_argument(settings, argc, argv, set_option);
    if (!settings->capture)
        refuse("which file is to be written", "FILE is missing");
    if (settings->rate > 0)
        settings->seconds = (double)settings->packets / settings->rate;
}
