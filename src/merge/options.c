#include "merge/options.h"

#include "base/long_option.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
    OPT_KEEP_GOING = 'k',
    OPT_VERBOSE = 'v',
    OPT_HELP = 'h',
    OPT_FORMAT = 256,
    OPT_BY,
    OPT_ROWS,
    OPT_TOPN_COUNT,
    OPT_MEMORY,
    OPT_VERSION,
};

static const struct row {
    int id; // a letter where there is a short form
    const char *name;
    const char *argument;
    const char *help;
} table[] = {
    {OPT_FORMAT, "format", "FORMAT",
     "json, prometheus, openmetrics, text or sketches [default: json]"},
    {OPT_BY, "by", "WHAT[,...]", "keep apart what is merged otherwise: agent, tap"},
    {OPT_TOPN_COUNT, "topn-count", "N",
     "rows of a top list that are shown [default: what the documents say]"},
    {OPT_ROWS, "rows", "N", "the heaviest rows of a top list, in sketches; 0: all [default: 512]"},
    {OPT_MEMORY, "memory-limit", "MIB", "of what is merged; 0: none [default: 2048]"},
    {OPT_KEEP_GOING, "keep-going", NULL,
     "leave out documents that are refused; the exit code is 2 then"},
    {OPT_VERBOSE, "verbose", NULL, "say what was read on standard error"},
    {OPT_HELP, "help", NULL, "show this text"},
    {OPT_VERSION, "version", NULL, "show the version"},
};
enum { ROWS = sizeof table / sizeof *table };

void merge_options_usage(void)
{
    printf(
        "Usage: pktvisor-merge [options] FILE...\n\n"
        "Merges documents of sketches of many agents or minutes, and prints what one agent that\n"
        "saw all of it would have printed (`-` is standard input).\n\nOptions:\n");
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &table[i];
        char left[64];
        int len = row->id < 256 ? snprintf(left, sizeof left, "-%c, ", row->id) : 0;
        snprintf(left + len, sizeof left - (size_t)len, "--%s%s%s", row->name,
                 row->argument ? " " : "", row->argument ? row->argument : "");
        printf("  %-24s %s\n", left, row->help);
    }
}

static bool parse_number(const char *text, unsigned min, unsigned max, const char *name,
                         unsigned *out, struct error *err)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || *text < '0' || *text > '9' || value < min || value > max)
        return error_set(err, ERROR_INVALID, "--%s: %u to %u expected, got \"%s\"", name, min, max,
                         text);
    *out = (unsigned)value;
    return true;
}

static bool parse_format(const char *text, enum merge_format *out, struct error *err)
{
    static const char *const names[] = {[MERGE_JSON] = "json",
                                        [MERGE_PROMETHEUS] = "prometheus",
                                        [MERGE_OPENMETRICS] = "openmetrics",
                                        [MERGE_TEXT] = "text",
                                        [MERGE_SKETCHES] = "sketches"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) != 0)
            continue;
        *out = (enum merge_format)i;
        return true;
    }
    return error_set(err, ERROR_INVALID,
                     "--format: json, prometheus, openmetrics, text or sketches expected, got "
                     "\"%s\"",
                     text);
}

static bool parse_by(const char *text, unsigned *by, struct error *err)
{
    for (const char *word = text; *word;) {
        struct span name = span_of(word, strcspn(word, ","));
        if (span_equal(name, span_text("agent")))
            *by |= METRIC_MERGE_BY_AGENT;
        else if (span_equal(name, span_text("tap")))
            *by |= METRIC_MERGE_BY_TAP;
        else
            return error_set(err, ERROR_INVALID, "--by: agent or tap expected, got \"%s\"", text);
        word += name.len + (word[name.len] == ',');
    }
    return true;
}

static bool take(struct merge_options *o, int id, const char *value, struct error *err)
{
    switch (id) {
    case OPT_FORMAT:
        return parse_format(value, &o->format, err);
    case OPT_BY:
        return parse_by(value, &o->by, err);
    case OPT_ROWS:
        return parse_number(value, 0, COUNT16_VALUES, "rows", &o->rows, err);
    case OPT_TOPN_COUNT:
        return parse_number(value, 1, COUNT16_VALUES, "topn-count", &o->topn_count, err);
    case OPT_MEMORY:
        return parse_number(value, 0, 1 << 20, "memory-limit", &o->memory_mib, err);
    case OPT_KEEP_GOING:
        return o->keep_going = true;
    case OPT_VERBOSE:
        return o->verbose = true;
    case OPT_HELP:
        return o->help = true;
    case OPT_VERSION:
        return o->version = true;
    default:
        return error_set(err, ERROR_INVALID, "unknown option");
    }
}

static void build(struct option longs[static ROWS + 1], char shorts[static ROWS + 2])
{
    char *letter = shorts;
    *letter++ = ':';
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &table[i];
        longs[i] = (struct option){row->name, row->argument != NULL, NULL, row->id};
        if (row->id < 256)
            *letter++ = (char)row->id;
    }
    longs[ROWS] = (struct option){0};
    *letter = 0;
}

// getopt leaves the word in argv for long options, and the letter in optopt for short ones.
static bool unknown_option(char **argv, const struct option *longs, struct error *err)
{
    if (optopt > 0 && optopt < 256)
        return error_set(err, ERROR_INVALID, "unknown option -%c", optopt);
    return long_option_unknown(argv[optind - 1], longs, err);
}

bool merge_options_parse(struct merge_options *options, int argc, char **argv, struct error *err)
{
    struct option longs[ROWS + 1];
    char shorts[ROWS + 2];
    int id;
    *options = (struct merge_options){.rows = METRIC_SKETCHES_ROWS, .memory_mib = 2048};
    build(longs, shorts);
    opterr = 0;
    while ((id = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (id == '?')
            return unknown_option(argv, longs, err);
        if (id == ':')
            return error_set(err, ERROR_INVALID, "%s needs an argument", argv[optind - 1]);
        if (!take(options, id, optarg, err))
            return false;
    }
    options->files = argv + optind;
    options->n_files = argc - optind;
    if (options->n_files == 0 && !options->help && !options->version)
        return error_set(err, ERROR_INVALID, "no FILE given");
    return true;
}
