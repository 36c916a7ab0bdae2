#include "metric/family.h"

#include "metric/line.h"

const char *metric_content_type(enum metric_format format)
{
    return format == METRIC_FORMAT_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

void metric_family_begin(struct metric_family_writer *writer, const struct metric_family *family)
{
    writer->family = family;
    writer->begun = false;
}

static struct line_writer line_of(struct metric_family_writer *writer)
{
    struct line_writer line = {
        .out = writer->out,
        .sink = writer->sink,
        .format = writer->format,
        .static_labels = writer->static_labels,
        .n_static_labels = writer->n_static_labels,
        .no_help = writer->no_help,
        .name = span_text(writer->family->name),
        .type = writer->family->type,
        .unit = writer->family->unit,
        .help = writer->family->help,
        .begun = writer->begun,
    };
    writer->begun = true;
    return line;
}

// room: of METRIC_FAMILY_LABELS_MAX labels.
static struct label_set set_of(const struct metric_label *labels, size_t n, struct label *room)
{
    struct label_set set = {room, 0};
    for (size_t i = 0; i < n && set.n < METRIC_FAMILY_LABELS_MAX; i++)
        label_set_put(&set, span_text(labels[i].name), span_text(labels[i].value));
    return set;
}

void metric_family_integer(struct metric_family_writer *writer, const struct metric_label *labels,
                           size_t n_labels, uint64_t value)
{
    struct label room[METRIC_FAMILY_LABELS_MAX];
    struct label_set set = set_of(labels, n_labels, room);
    struct line_writer line = line_of(writer);
    line_integer(&line, "", &set, value);
}

void metric_family_real(struct metric_family_writer *writer, const struct metric_label *labels,
                        size_t n_labels, double value)
{
    struct label room[METRIC_FAMILY_LABELS_MAX];
    struct label_set set = set_of(labels, n_labels, room);
    struct line_writer line = line_of(writer);
    line_real(&line, "", &set, value);
}

void metric_exposition_end(enum metric_format format, struct buffer *out)
{
    if (format == METRIC_FORMAT_OPENMETRICS)
        buffer_add_text(out, "# EOF\n");
}
