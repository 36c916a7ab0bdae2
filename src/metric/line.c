#include "metric/line.h"

#include "metric/json.h"
#include "metric/sink.h"
#include "wire/text.h"

#include <math.h>

struct label_set label_set_copy(const struct label_set *set, size_t more, struct arena *arena)
{
    struct label_set copy = {arena_alloc(arena, (set->n + more + 1) * sizeof *copy.labels), set->n};
    if (copy.labels && set->n)
        memcpy(copy.labels, set->labels, set->n * sizeof *copy.labels);
    return copy;
}

void label_set_put(struct label_set *set, struct span name, struct span value)
{
    size_t at = set->n;
    while (at && span_compare(set->labels[at - 1].name, name) > 0)
        at--;
    if (at && span_equal(set->labels[at - 1].name, name)) {
        set->labels[at - 1].value = value;
        return;
    }
    memmove(&set->labels[at + 1], &set->labels[at], (set->n - at) * sizeof *set->labels);
    set->labels[at] = (struct label){name, value};
    set->n++;
}

static bool is_plain(uint8_t c, bool quotes)
{
    return c < 0x80 && c != '\\' && c != '\n' && !(quotes && c == '"');
}

// Text of a HELP line or of a label value; quotes: they are escaped as well.
static void add_escaped(struct span text, bool quotes, struct buffer *out)
{
    for (size_t i = 0, len; i < text.len; i += len) {
        for (len = 0; i + len < text.len && is_plain(text.ptr[i + len], quotes);)
            len++;
        if (len) {
            buffer_add(out, text.ptr + i, len);
            continue;
        }
        uint8_t c = text.ptr[i];
        len = c < 0x80 ? 1 : text_utf8_length(text.ptr + i, text.len - i);
        if (c < 0x80) {
            buffer_add_char(out, '\\');
            buffer_add_char(out, c == '\n' ? 'n' : (char)c);
        } else if (len) {
            buffer_add(out, text.ptr + i, len);
        } else {
            buffer_add_text(out, "\xef\xbf\xbd"); // U+FFFD
            len = 1;
        }
    }
}

static void add_label(struct span name, struct span value, bool *any, struct buffer *out)
{
    if (*any)
        buffer_add_char(out, ',');
    *any = true;
    buffer_add(out, name.ptr, name.len);
    buffer_add_text(out, "=\"");
    add_escaped(value, true, out);
    buffer_add_char(out, '"');
}

static bool set_has(const struct label_set *set, struct span name)
{
    for (size_t i = 0; i < set->n; i++)
        if (span_equal(set->labels[i].name, name))
            return true;
    return false;
}

static void add_labels(struct line_writer *w, const struct label_set *set)
{
    bool any = false;
    buffer_add_char(w->out, '{');
    for (size_t i = 0; i < w->n_static_labels; i++) {
        const struct metric_label *fixed = &w->static_labels[i];
        if (!set_has(set, span_text(fixed->name)))
            add_label(span_text(fixed->name), span_text(fixed->value), &any, w->out);
    }
    for (size_t i = 0; i < set->n; i++)
        add_label(set->labels[i].name, set->labels[i].value, &any, w->out);
    buffer_add_text(w->out, "} ");
}

static const struct {
    const char *name, *in_text, *suffix;
} types[] = {
    [METRIC_FAMILY_GAUGE] = {"gauge", "gauge", ""},
    [METRIC_FAMILY_COUNTER] = {"counter", "counter", "_total"},
    [METRIC_FAMILY_INFO] = {"info", "gauge", "_info"},
    [METRIC_FAMILY_SUMMARY] = {"summary", "summary", ""},
    [METRIC_FAMILY_HISTOGRAM] = {"histogram", "histogram", ""},
};

const char *line_type_name(enum metric_family_type type)
{
    return types[type].name;
}

const char *line_type_suffix(enum metric_family_type type)
{
    return types[type].suffix;
}

static void add_comment(struct line_writer *w, const char *what)
{
    buffer_printf(w->out, "# %s ", what);
    buffer_add(w->out, w->name.ptr, w->name.len);
    if (w->format == METRIC_FORMAT_TEXT)
        buffer_add_text(w->out, types[w->type].suffix);
    buffer_add_char(w->out, ' ');
}

static bool ends_in_unit(const struct line_writer *w)
{
    size_t len = w->unit ? strlen(w->unit) : 0;
    return len && w->name.len > len && w->name.ptr[w->name.len - len - 1] == '_' &&
           memcmp(w->name.ptr + w->name.len - len, w->unit, len) == 0;
}

static void header_to_sink(const struct line_writer *w)
{
    struct metric_sink_family family = {w->name, w->type, w->unit, w->help, w->help_rest};
    w->sink->family(w->sink->context, &family);
}

static void header_as_text(struct line_writer *w)
{
    bool openmetrics = w->format == METRIC_FORMAT_OPENMETRICS;
    if (!w->no_help) {
        add_comment(w, "HELP");
        add_escaped(span_text(w->help), openmetrics, w->out);
        if (w->help_rest)
            add_escaped(span_text(w->help_rest), openmetrics, w->out);
        buffer_add_char(w->out, '\n');
    }
    add_comment(w, "TYPE");
    buffer_printf(w->out, "%s\n", openmetrics ? types[w->type].name : types[w->type].in_text);
    if (openmetrics && ends_in_unit(w)) {
        add_comment(w, "UNIT");
        buffer_printf(w->out, "%s\n", w->unit);
    }
}

void line_begin(struct line_writer *w)
{
    if (w->begun)
        return;
    w->begun = true;
    if (w->sink)
        header_to_sink(w);
    else
        header_as_text(w);
}

static void to_sink(struct line_writer *w, const struct metric_sample *sample)
{
    line_begin(w);
    w->sink->sample(w->sink->context, sample);
}

static void begin_line(struct line_writer *w, const char *suffix, const struct label_set *labels)
{
    line_begin(w);
    buffer_add(w->out, w->name.ptr, w->name.len);
    buffer_add_text(w->out, types[w->type].suffix);
    buffer_add_text(w->out, suffix);
    add_labels(w, labels);
}

void line_integer(struct line_writer *w, const char *suffix, const struct label_set *labels,
                  uint64_t value)
{
    if (w->sink) {
        to_sink(w, &(struct metric_sample){.suffix = suffix, .labels = labels, .integer = value});
        return;
    }
    begin_line(w, suffix, labels);
    buffer_add_u64(w->out, value);
    buffer_add_char(w->out, '\n');
}

static void real_to_sink(struct line_writer *w, const char *suffix, const struct label_set *labels,
                         double value)
{
    struct metric_sample sample = {suffix, labels, true, {.number = value}};
    to_sink(w, &sample);
}

static bool add_not_finite(double value, struct buffer *out)
{
    if (isfinite(value))
        return false;
    buffer_add_text(out, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
    return true;
}

void line_real(struct line_writer *w, const char *suffix, const struct label_set *labels,
               double value)
{
    if (w->sink) {
        real_to_sink(w, suffix, labels, value);
        return;
    }
    begin_line(w, suffix, labels);
    if (!add_not_finite(value, w->out))
        metric_json_double(value, w->out);
    buffer_add_char(w->out, '\n');
}

void line_real_short(struct line_writer *w, const char *suffix, const struct label_set *labels,
                     double value)
{
    if (w->sink) {
        real_to_sink(w, suffix, labels, value);
        return;
    }
    begin_line(w, suffix, labels);
    if (!add_not_finite(value, w->out))
        buffer_printf(w->out, "%g", value);
    buffer_add_char(w->out, '\n');
}
