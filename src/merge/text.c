// The merge for a person.
#include "merge/output.h"

#include "metric/columns.h"
#include "metric/page.h"

#include <langinfo.h>
#include <stdio.h>

enum { SECTION_NAME = 80, NUMBER = 32 };

static void headline(struct metric_page *page, const struct merge_output *output)
{
    char number[NUMBER];
    int64_t start = 0, end = 0;
    for (size_t i = 0; i < output->n; i++) {
        const struct metric_cover *cover = &output->shown[i].sum->rest.cover;
        if (cover->n == 0)
            continue;
        int64_t last = cover->intervals[cover->n - 1].end;
        start = start == 0 || cover->intervals[0].start < start ? cover->intervals[0].start : start;
        end = last > end ? last : end;
    }
    group_digits(output->merge->documents, number);
    buffer_printf(page->out, "%s documents", number);
    if (end) {
        metric_page_time(page, "\nfrom ", start);
        metric_page_time(page, " to ", end);
    }
    buffer_add_char(page->out, '\n');
}

// "default dns (dns 1.0)", with the agent before it where these are kept apart.
static const char *section_name(const struct merge_output *output, const struct merge_shown *shown,
                                char name[static SECTION_NAME])
{
    bool by_agent = output->options->by & METRIC_MERGE_BY_AGENT;
    snprintf(name, SECTION_NAME, "%.20s%s%.20s %.20s (%.10s)", by_agent ? shown->agent : "",
             by_agent ? ": " : "", shown->policy, shown->name, shown->sum->bucket->table->title);
    return name;
}

static void completeness(struct metric_page *page, const struct merge_output *output)
{
    char name[SECTION_NAME];
    metric_page_title(page, "completeness");
    for (size_t i = 0; i < output->n; i++) {
        const struct metric_bucket *bucket = output->shown[i].sum->bucket;
        section_name(output, &output->shown[i], name);
        metric_page_missing(page, bucket->missed.source_lost, name,
                            "packets that sources say they lost");
        metric_page_missing_of(page, bucket, name);
    }
    if (page->complete)
        buffer_add_text(page->out, "nothing is missing\n");
}

bool merge_text(const struct merge_output *output, struct buffer *out)
{
    struct metric_page page;
    char name[SECTION_NAME];
    metric_page_init(&page, out, output->merge->written,
                     strcmp(nl_langinfo(CODESET), "UTF-8") == 0);
    headline(&page, output);
    for (size_t i = 0; i < output->n; i++)
        metric_page_handler(&page, output->shown[i].sum->bucket,
                            section_name(output, &output->shown[i], name));
    completeness(&page, output);
    metric_page_done(&page);
    return !out->failed;
}
