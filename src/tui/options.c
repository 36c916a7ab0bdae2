#include "tui/options.h"

#include "base/suggest.h"
#include "tui/options_table.h"
#include "tui/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_row *row_of(const char *name, size_t length)
{
    for (size_t i = 0; i < cli_rows_count; i++) {
        const char *const names[] = {cli_rows[i].name, cli_rows[i].other};
        for (size_t k = 0; k < 2; k++)
            if (names[k] && strlen(names[k]) == length && memcmp(names[k], name, length) == 0)
                return &cli_rows[i];
    }
    return NULL;
}

static bool take_number(const struct cli_row *row, const char *text, uint64_t *number,
                        struct error *err)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    bool digits = *text >= '0' && *text <= '9' && !*end && !errno;
    return (digits && *number >= row->least && *number <= row->most) ||
           error_set(err, ERROR_INVALID, "-%s: %llu to %llu expected, got \"%s\"", row->name,
                     (unsigned long long)row->least, (unsigned long long)row->most, text);
}

static bool take_flag(const struct cli_row *row, const char *text, bool *flag, struct error *err)
{
    bool on = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    bool off = strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
    *flag = on;
    return on || off ||
           error_set(err, ERROR_INVALID, "-%s: true or false expected, got \"%s\"", row->name,
                     text);
}

static bool take_choice(const struct cli_row *row, const char *text, struct error *err)
{
    char words[128] = "";
    size_t used = 0;
    for (size_t i = 0; row->choices[i]; i++) {
        if (strcmp(row->choices[i], text) == 0)
            return true;
        const char *between = i == 0 ? "" : row->choices[i + 1] ? ", " : " or ";
        used +=
            (size_t)snprintf(words + used, sizeof words - used, "%s%s", between, row->choices[i]);
    }
    return error_set(err, ERROR_INVALID, "-%s: %s expected, got \"%s\"", row->name, words, text);
}

static bool take(struct cli_options *options, const struct cli_row *row, const char *text,
                 struct error *err)
{
    void *field = (char *)options + row->field;
    switch (row->kind) {
    case CLI_FLAG:
        return take_flag(row, text, field, err);
    case CLI_NUMBER:
        return take_number(row, text, field, err);
    case CLI_CHOICE:
        if (!take_choice(row, text, err))
            return false;
        break;
    case CLI_TEXT:
    case CLI_FILE:
        if (!*text)
            return error_set(err, ERROR_INVALID, "-%s: a value expected, got \"\"", row->name);
        break;
    }
    *(const char **)field = text;
    return true;
}

static bool unknown(const char *word, const char *name, struct error *err)
{
    char text[SUGGEST_TEXT];
    struct suggestion near = suggestion_for(name);
    for (size_t i = 0; i < cli_rows_count; i++)
        suggestion_try(&near, cli_rows[i].name);
    return error_set(err, ERROR_INVALID, "unknown option %s%s", word,
                     suggestion_text(&near, "-", text));
}

// One word that begins with a dash, and the next one if it is its value.
static bool take_word(struct cli_options *options, char ***next, struct error *err)
{
    const char *word = *(*next)++;
    const char *name = word + (word[1] == '-' ? 2 : 1), *equals = strchr(name, '=');
    const struct cli_row *row = row_of(name, equals ? (size_t)(equals - name) : strlen(name));
    if (!row)
        return unknown(word, name, err);
    if (equals)
        return take(options, row, equals + 1, err);
    if (row->kind == CLI_FLAG)
        return take(options, row, "true", err);
    if (!**next)
        return error_set(err, ERROR_INVALID, "-%s needs an argument: %s", row->name, row->argument);
    return take(options, row, *(*next)++, err);
}

bool cli_options_parse(struct cli_options *options, int argc, char **argv, struct error *err)
{
    *options = (struct cli_options){
        .host = "localhost", .port = 10853, .page = "overview", .window = 5, .interval = 1};
    char **next = argc > 0 ? argv + 1 : argv;
    while (*next && **next == '-' && (*next)[1] && strcmp(*next, "--") != 0)
        if (!take_word(options, &next, err))
            return false;
    if (*next && strcmp(*next, "--") == 0)
        next++;
    options->tls |= options->tls_noverify || options->ca;
    return !*next || error_set(err, ERROR_INVALID, "an option expected, got \"%s\"", *next);
}

enum page cli_options_page(const struct cli_options *options)
{
    unsigned page = 0;
    while (page_words[page + 1] && strcmp(page_words[page], options->page) != 0)
        page++;
    return (enum page)page;
}
