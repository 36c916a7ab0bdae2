// The summary for a person: a section per handler, made of its metric table, in 80 columns.
#include "reader/output.h"

#include "metric/columns.h"
#include "metric/page.h"

#include <langinfo.h>
#include <stdio.h>
#include <string.h>

enum { SECTION_NAME = 64 };

static void headline(struct metric_page *page, const struct reader_output *output)
{
    const struct replay_result *result = output->result;
    char packets[32], bytes[32];
    group_digits(result->packets, packets);
    short_number((double)result->bytes, bytes);
    buffer_printf(page->out, "%s packets, %s%s read", packets, bytes,
                  strchr(bytes, ' ') ? "B" : " bytes");
    if (result->packets) {
        double seconds = (double)(result->last - result->first) / 1e9;
        metric_page_time(page, "\nfrom ", result->first);
        metric_page_time(page, " to ", result->last);
        buffer_printf(page->out, " (%.1f s)", seconds);
    }
    buffer_add_text(page->out, result->stopped ? "\nstopped before the end\n" : "\n");
    if (output->no_hosts)
        buffer_add_text(page->out, "directions are unknown: -H says which networks are the host\n");
}

// What a handler is called: "dns 1.0", or "my-dns (dns 1.0)" where a policy has named it.
static const char *section_name(const struct reader_output *output, const struct part *part,
                                char name[static SECTION_NAME])
{
    const char *title = part->bucket->table->title;
    if (!output->naming.by_handler)
        return title;
    snprintf(name, SECTION_NAME, "%.40s (%.12s)", part->name, title);
    return name;
}

static void completeness(struct metric_page *page, const struct reader_output *output,
                         const struct parts *parts)
{
    const struct replay_result *result = output->result;
    metric_page_title(page, "completeness");
    page->complete = !result->damaged && !result->stopped;
    if (result->damaged)
        buffer_add_text(page->out, "capture: damaged, what comes after the damage is missing\n");
    if (result->stopped)
        buffer_add_text(page->out, "capture: stopped, what comes after that is missing\n");
    metric_page_missing(page, result->lost, "capture", "packets that it says it lost");
    for (unsigned e = WIRE_OK + 1; e < WIRE_EVENT_COUNT; e++)
        metric_page_missing(page, result->malformed.count[e], wire_event_name(e),
                            wire_event_help(e));
    for (size_t i = 0; i < parts->count; i++) {
        char name[SECTION_NAME];
        metric_page_missing_of(page, parts->all[i].bucket,
                               section_name(output, &parts->all[i], name));
    }
    if (page->complete)
        buffer_add_text(page->out, "nothing is missing\n");
}

static void whole_page(const struct reader_output *output, const struct parts *parts,
                       struct buffer *out)
{
    struct metric_page page;
    metric_page_init(&page, out, output->result->last, strcmp(nl_langinfo(CODESET), "UTF-8") == 0);
    headline(&page, output);
    for (size_t i = 0; i < parts->count; i++) {
        char name[SECTION_NAME];
        metric_page_handler(&page, parts->all[i].bucket,
                            section_name(output, &parts->all[i], name));
    }
    completeness(&page, output, parts);
    metric_page_done(&page);
}

bool reader_text(const struct reader_output *output, struct buffer *out, struct error *err)
{
    struct parts parts;
    bool fine = reader_parts_init(&parts, output->pipeline, output->periods, output->naming, err);
    if (fine) {
        whole_page(output, &parts, out);
        fine = !out->failed || error_set(err, ERROR_MEMORY, "no memory for the result");
    }
    parts_free(&parts);
    return fine;
}
