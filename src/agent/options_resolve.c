// From what the sources say to what holds.
#include "agent/options_value.h"

#include <stdio.h>
#include <string.h>

enum { TEXTS_BLOCK = 4096, TEXTS_MAX = 4 << 20, WARNING_MAX = 1024 };

void options_init(struct agent_options *options)
{
    *options = (struct agent_options){0};
    arena_init(&options->texts, TEXTS_BLOCK, TEXTS_MAX);
    for (size_t i = 0; i < option_rows_count; i++)
        if (option_rows[i].standard)
            option_value_store(&option_rows[i], option_rows[i].standard, options);
}

void options_done(struct agent_options *options)
{
    arena_done(&options->texts);
    *options = (struct agent_options){0};
}

void options_warn(struct agent_options *options, const char *format, ...)
{
    char text[WARNING_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t size = strlen(text) + 1;
    char *copy =
        options->n_warnings < OPTIONS_WARNINGS_MAX ? arena_alloc(&options->texts, size) : NULL;
    if (!copy)
        return;
    memcpy(copy, text, size);
    options->warnings[options->n_warnings++] = copy;
}

static size_t row_named(const char *name)
{
    size_t i = 0;
    while (!option_rows[i].name || strcmp(option_rows[i].name, name) != 0)
        i++;
    return i;
}

// The strongest source that says something about a row; OPTION_SOURCES: none does.
static enum option_source strongest(const struct option_layers *layers, size_t row)
{
    enum option_source source = SOURCE_COMMAND;
    while (source < OPTION_SOURCES && !layers->text[source][row])
        source++;
    return source;
}

static bool resolve_flag(struct agent_options *options, const struct option_layers *layers,
                         size_t index, struct error *err)
{
    const struct option_row *row = &option_rows[index];
    for (enum option_source source = 0; source < OPTION_SOURCES; source++) {
        const char *text = layers->text[source][index];
        if (text && !option_value_check(row, source, text, err))
            return false;
        if (text)
            option_value_store(row, text, options);
    }
    return true;
}

static bool resolve_value(struct agent_options *options, const struct option_layers *layers,
                          size_t index, struct error *err)
{
    const struct option_row *row = &option_rows[index];
    enum option_source source = strongest(layers, index);
    if (source == OPTION_SOURCES && row->fallback) {
        index = row_named(row->fallback);
        source = strongest(layers, index);
    }
    const char *text = source == OPTION_SOURCES ? row->standard : layers->text[source][index];
    if (!text)
        return true;
    if (source != OPTION_SOURCES && !option_value_check(row, source, text, err))
        return false;
    option_value_store(row, text, options);
    return true;
}

bool options_resolve(struct agent_options *options, const struct option_layers *layers,
                     struct error *err)
{
    for (size_t i = 0; i < option_rows_count; i++) {
        bool flag = option_rows[i].kind == OPTION_FLAG;
        if (!(flag ? resolve_flag : resolve_value)(options, layers, i, err))
            return false;
    }
    return true;
}

static bool some_but_not_all(const char *a, const char *b, const char *c)
{
    int given = (a != NULL) + (b != NULL) + (c != NULL);
    return given > 0 && given < 3;
}

bool options_agree(const struct agent_options *o, struct error *err)
{
    if (!o->cp_disable && some_but_not_all(o->cp_token, o->cp_url, o->cp_path))
        return error_set(err, ERROR_INVALID, "missing information to setup crashpad");
    if (o->tls && !(o->tls_cert && o->tls_key))
        return error_set(err, ERROR_INVALID,
                         "you must specify --tls-key and --tls-cert to use --tls");
    if (o->otel_tls && !(o->otel_tls_cert && o->otel_tls_key))
        return error_set(err, ERROR_INVALID,
                         "you must specify --otel-tls-key and --otel-tls-cert to use --otel-tls");
    return true;
}

void options_difference(const struct agent_options *a, const struct agent_options *b,
                        struct buffer *names)
{
    for (size_t i = 0; i < option_rows_count; i++) {
        char room_a[OPTION_VALUE_ROOM], room_b[OPTION_VALUE_ROOM], label[OPTION_LABEL];
        const char *text_a = option_value_text(&option_rows[i], a, room_a);
        const char *text_b = option_value_text(&option_rows[i], b, room_b);
        if (strcmp(text_a ? text_a : "", text_b ? text_b : "") == 0)
            continue;
        if (names->len)
            buffer_add_text(names, ", ");
        buffer_add_text(names, option_label(&option_rows[i], SOURCE_COMMAND, label));
    }
}
