#include "reader/options.h"

#include "base/long_option.h"
#include "metric/sketches.h"
#include "sketch/count16.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
    OPT_INPUT = 'i',
    OPT_BPF = 'b',
    OPT_HOSTS = 'H',
    OPT_VERBOSE = 'v',
    OPT_HELP = 'h',
    OPT_DEEP_SAMPLE = 256,
    OPT_PERIODS,
    OPT_GEO_CITY,
    OPT_GEO_ASN,
    OPT_CONFIG,
    OPT_ENABLE,
    OPT_FORMAT,
    OPT_NAMES,
    OPT_INSTANCE,
    OPT_ROWS,
    OPT_WORKERS,
    OPT_VERSION,
    OPT_LIST_METRICS,
};

struct row {
    int id;           // a letter where there is a short form
    const char *name; // NULL: no long form
    const char *argument;
    const char *help;
};

static const struct row table[] = {
    {OPT_INPUT, NULL, "INPUT", "kind of file: pcap (also pcapng, gzip, zstd) [default: pcap]"},
    {OPT_DEEP_SAMPLE, "max-deep-sample", "N",
     "percent of records looked at in full [default: 100]"},
    {OPT_PERIODS, "periods", "P",
     "minutes kept and merged; 1: everything in one bucket [default: 5]"},
    {OPT_BPF, NULL, "BPF", "filter packets with this expression"},
    {OPT_HOSTS, NULL, "HOSTSPEC", "what is the host: comma separated CIDR, for direction"},
    {OPT_GEO_CITY, "geo-city", "FILE", "MaxMind city database"},
    {OPT_GEO_ASN, "geo-asn", "FILE", "MaxMind ASN database"},
    {OPT_CONFIG, "config", "FILE",
     "take handlers, and -b and -H where not given, from this policy"},
    {OPT_ENABLE, "enable", "GROUP[,...]", "switch metric groups on, wherever a handler knows them"},
    {OPT_FORMAT, "format", "FORMAT",
     "json, prometheus, openmetrics, text or sketches [default: json]"},
    {OPT_NAMES, "prometheus-names", "NAMES", "upstream, native or both [default: upstream]"},
    {OPT_INSTANCE, "instance", "NAME", "name of the agent, in sketches [default: the host's]"},
    {OPT_ROWS, "rows", "N", "the heaviest rows of a top list, in sketches; 0: all [default: 512]"},
    {OPT_WORKERS, "workers", "N", "threads, 1 to 64 [default: 1]"},
    {OPT_LIST_METRICS, "list-metrics", NULL, "print the reference of all metrics and exit"},
    {OPT_VERBOSE, NULL, NULL, "say more on standard error"},
    {OPT_HELP, "help", NULL, "show this text"},
    {OPT_VERSION, "version", NULL, "show the version"},
};
enum { ROWS = sizeof table / sizeof *table };

void reader_options_usage(void)
{
    printf("Usage: pktvisor-reader [options] FILE\n\n"
           "Summarises the traffic in a capture file (`-` is standard input).\n\nOptions:\n");
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &table[i];
        char left[64];
        int len = row->id < 256 ? snprintf(left, sizeof left, "-%c", row->id) : 0;
        if (row->name)
            len += snprintf(left + len, sizeof left - (size_t)len, "%s--%s", len ? ", " : "",
                            row->name);
        if (row->argument)
            snprintf(left + len, sizeof left - (size_t)len, " %s", row->argument);
        printf("  %-26s %s\n", left, row->help);
    }
}

static bool parse_number(const char *text, unsigned min, unsigned max, const char *name,
                         unsigned *out, struct error *err)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || !*text || *text == '-' || value < min || value > max)
        return error_set(err, ERROR_INVALID, "--%s: %u to %u expected, got \"%s\"", name, min, max,
                         text);
    *out = (unsigned)value;
    return true;
}

// The index of a text among `names`; -1 when it is none of them.
static int find_name(const char *text, const char *const *names, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (strcmp(text, names[i]) == 0)
            return (int)i;
    return -1;
}

static bool parse_format(const char *text, enum output_format *out, struct error *err)
{
    static const char *const names[] = {[OUTPUT_JSON] = "json",
                                        [OUTPUT_PROMETHEUS] = "prometheus",
                                        [OUTPUT_OPENMETRICS] = "openmetrics",
                                        [OUTPUT_TEXT] = "text",
                                        [OUTPUT_SKETCHES] = "sketches"};
    int found = find_name(text, names, sizeof names / sizeof *names);
    if (found < 0)
        return error_set(err, ERROR_INVALID,
                         "--format: json, prometheus, openmetrics, text or sketches expected, got "
                         "\"%s\"",
                         text);
    *out = (enum output_format)found;
    return true;
}

static bool parse_names(const char *text, enum metric_names *out, struct error *err)
{
    static const char *const names[] = {[METRIC_NAMES_UPSTREAM] = "upstream",
                                        [METRIC_NAMES_NATIVE] = "native",
                                        [METRIC_NAMES_BOTH] = "both"};
    int found = find_name(text, names, sizeof names / sizeof *names);
    if (found < 0)
        return error_set(err, ERROR_INVALID,
                         "--prometheus-names: upstream, native or both expected, got \"%s\"", text);
    *out = (enum metric_names)found;
    return true;
}

// Periods and sampling are clamped, as upstream does; only what is no number is refused here.
static bool take(struct reader_options *o, int id, const char *value, struct error *err)
{
    switch (id) {
    case OPT_INPUT:
        o->input = value;
        return true;
    case OPT_BPF:
        o->bpf = value;
        return true;
    case OPT_HOSTS:
        o->hosts = value;
        return true;
    case OPT_GEO_CITY:
        o->geo_city = value;
        return true;
    case OPT_GEO_ASN:
        o->geo_asn = value;
        return true;
    case OPT_CONFIG:
        o->config = value;
        return true;
    case OPT_ENABLE:
        o->enable = value;
        return true;
    case OPT_VERBOSE:
        return o->verbose = true;
    case OPT_HELP:
        return o->help = true;
    case OPT_VERSION:
        return o->version = true;
    case OPT_LIST_METRICS:
        return o->list_metrics = true;
    case OPT_DEEP_SAMPLE:
        return parse_number(value, 0, 1000000, "max-deep-sample", &o->max_deep_sample, err);
    case OPT_PERIODS:
        return parse_number(value, 0, 1000000, "periods", &o->periods, err);
    case OPT_INSTANCE:
        o->instance = value;
        return true;
    case OPT_ROWS:
        return parse_number(value, 0, COUNT16_VALUES, "rows", &o->rows, err);
    case OPT_WORKERS:
        return parse_number(value, 1, 64, "workers", &o->workers, err);
    case OPT_FORMAT:
        return parse_format(value, &o->format, err);
    case OPT_NAMES:
        return parse_names(value, &o->names, err);
    default:
        return error_set(err, ERROR_INVALID, "unknown option");
    }
}

static void build(struct option longs[static ROWS + 1], char shorts[static 3 * ROWS])
{
    size_t n_longs = 0;
    char *letter = shorts;
    *letter++ = ':';
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &table[i];
        if (row->name)
            longs[n_longs++] = (struct option){row->name, row->argument != NULL, NULL, row->id};
        if (row->id < 256) {
            *letter++ = (char)row->id;
            if (row->argument)
                *letter++ = ':';
        }
    }
    longs[n_longs] = (struct option){0};
    *letter = 0;
}

// getopt leaves the word in argv for long options and the letter in optopt for short ones, which
// may stand in the middle of a word. A letter of the table there is a long option's.
static bool unknown_option(char **argv, const struct option *longs, struct error *err)
{
    bool known = optopt == 0;
    for (size_t i = 0; i < ROWS; i++)
        known |= table[i].id == optopt;
    if (known)
        return long_option_unknown(argv[optind - 1], longs, err);
    return error_set(err, ERROR_INVALID, "unknown option -%c", optopt);
}

bool reader_options_parse(struct reader_options *options, int argc, char **argv, struct error *err)
{
    struct option longs[ROWS + 1];
    char shorts[3 * ROWS];
    *options = (struct reader_options){.input = "pcap",
                                       .max_deep_sample = 100,
                                       .periods = 5,
                                       .workers = 1,
                                       .rows = METRIC_SKETCHES_ROWS};
    build(longs, shorts);
    opterr = 0;
    optind = 1;
    int id;
    while ((id = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (id == '?')
            return unknown_option(argv, longs, err);
        if (id == ':')
            return error_set(err, ERROR_INVALID, "%s needs an argument", argv[optind - 1]);
        if (!take(options, id, optarg, err))
            return false;
    }
    if (options->help || options->version || options->list_metrics)
        return true;
    if (optind + 1 != argc)
        return error_set(err, ERROR_INVALID,
                         optind == argc ? "no FILE given" : "one FILE expected");
    options->file = argv[optind];
    return true;
}
