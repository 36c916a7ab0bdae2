#include "push/labels.h"

#include "base/memory.h"
#include "base/text.h"

#include <ctype.h>

bool push_label_is_name(const char *name)
{
    if (!(isalpha((unsigned char)*name) || *name == '_') || strncmp(name, "__", 2) == 0)
        return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return !*name;
}

static bool set_value(struct push_label *label, const char *value)
{
    char *copy = mem_strdup(value);
    if (!copy)
        return false;
    mem_free(label->value);
    label->value = copy;
    return true;
}

bool push_labels_put(struct push_labels *labels, const char *name, const char *value)
{
    for (size_t i = 0; i < labels->n; i++)
        if (strcmp(labels->labels[i].name, name) == 0)
            return set_value(&labels->labels[i], value);
    struct push_label *more = mem_realloc(labels->labels, (labels->n + 1) * sizeof *labels->labels);
    if (!more)
        return false;
    labels->labels = more;
    struct push_label label = {mem_strdup(name), mem_strdup(value)};
    if (!label.name || !label.value) {
        mem_free(label.name);
        mem_free(label.value);
        return false;
    }
    labels->labels[labels->n++] = label;
    return true;
}

void push_labels_done(struct push_labels *labels)
{
    for (size_t i = 0; i < labels->n; i++) {
        mem_free(labels->labels[i].name);
        mem_free(labels->labels[i].value);
    }
    mem_free(labels->labels);
    *labels = (struct push_labels){0};
}

static bool make_room(struct push_label_room *room, size_t wanted)
{
    if (wanted <= room->size)
        return true;
    struct label *more = mem_realloc(room->room, wanted * sizeof *more);
    if (!more)
        return false;
    *room = (struct push_label_room){more, wanted};
    return true;
}

struct label_set push_labels_merge(struct push_label_room *room, const struct push_labels *fixed,
                                   const struct label_set *own, struct span name)
{
    struct label_set set = {NULL, 0};
    if (!make_room(room, fixed->n + own->n + 1))
        return set;
    set.labels = room->room;
    for (size_t i = 0; i < fixed->n; i++)
        label_set_put(&set, span_text(fixed->labels[i].name), span_text(fixed->labels[i].value));
    for (size_t i = 0; i < own->n; i++)
        label_set_put(&set, own->labels[i].name, own->labels[i].value);
    if (name.len)
        label_set_put(&set, span_text("__name__"), name);
    return set;
}

void push_label_room_done(struct push_label_room *room)
{
    mem_free(room->room);
    *room = (struct push_label_room){0};
}

static size_t valid_length(struct span text, size_t from)
{
    size_t at = from, len;
    while (at < text.len &&
           (len = text.ptr[at] < 0x80 ? 1 : text_utf8_length(text.ptr + at, text.len - at)) > 0)
        at += len;
    return at - from;
}

void push_add_utf8(struct buffer *out, struct span text)
{
    for (size_t at = 0; at < text.len;) {
        size_t len = valid_length(text, at);
        buffer_add(out, text.ptr + at, len);
        at += len;
        if (at < text.len) {
            buffer_add_text(out, "\xef\xbf\xbd");
            at++;
        }
    }
}
