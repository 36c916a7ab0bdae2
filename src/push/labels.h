// Labels of the series of a target: what every series has (instance, job, external labels), and
// what is its own, sorted by name.
#pragma once

#include "base/buffer.h"
#include "metric/line.h"

enum { PUSH_LABELS_MAX = 64 }; // of all targets; a configuration with more is refused

struct push_label {
    char *name, *value;
};

struct push_labels {
    struct push_label *labels; // names differ
    size_t n;
};

// `[a-zA-Z_][a-zA-Z0-9_]*`, and not for internal use ("__…").
bool push_label_is_name(const char *name);

// False: no memory. A label of that name gets another value.
bool push_labels_put(struct push_labels *labels, const char *name, const char *value);
void push_labels_done(struct push_labels *labels);

// A series' labels while they are put together.
struct push_label_room {
    struct label *room;
    size_t size;
};

// The fixed labels, over them those of the series, over them (a name) `__name__`, in `room`, which
// grows. Labels of NULL: no memory.
struct label_set push_labels_merge(struct push_label_room *room, const struct push_labels *fixed,
                                   const struct label_set *own, struct span name);
void push_label_room_done(struct push_label_room *room);

// Appends UTF-8: what is none becomes U+FFFD, as in Prometheus text.
void push_add_utf8(struct buffer *out, struct span text);
