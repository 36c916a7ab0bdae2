// Lines of Prometheus text: the header of a family, and its samples; or the same for a sink
// (metric/sink.h). For the writers of this floor.
#pragma once

#include "base/arena.h"
#include "base/span.h"
#include "metric/family.h"

struct label {
    struct span name, value;
};

// Labels of a series but for the static ones, sorted by name, each name once.
struct label_set {
    struct label *labels; // NULL: no memory was left
    size_t n;
};

// A copy with room for `more` labels.
struct label_set label_set_copy(const struct label_set *set, size_t more, struct arena *arena);
// The later one of two labels with one name counts.
void label_set_put(struct label_set *set, struct span name, struct span value);

struct metric_sink;

struct line_writer {
    struct buffer *out;             // of text; of a sink only for its `failed`
    const struct metric_sink *sink; // NULL: text
    enum metric_format format;
    const struct metric_label *static_labels;
    size_t n_static_labels;
    bool no_help;
    // Of the family at hand:
    struct span name;
    enum metric_family_type type;
    const char *unit, *help;
    const char *help_rest; // goes behind help; may be NULL
    bool begun;            // it has its header
};

const char *line_type_name(enum metric_family_type type);   // "gauge", …
const char *line_type_suffix(enum metric_family_type type); // "_total", "_info" or ""

// The family's header, if it is still to come.
void line_begin(struct line_writer *w);

void line_integer(struct line_writer *w, const char *suffix, const struct label_set *labels,
                  uint64_t value);
// As short as the value round-trips.
void line_real(struct line_writer *w, const char *suffix, const struct label_set *labels,
               double value);
// Six significant digits, as upstream.
void line_real_short(struct line_writer *w, const char *suffix, const struct label_set *labels,
                     double value);
