// Reading what the three sources say. Values stay texts here; options_resolve.c types them.
#include "agent/options.h"

#include "agent/options_table.h"
#include "agent/options_value.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

static const char flag_on[] = "true";

static const char **layer_text(struct option_layers *layers, enum option_source source,
                               const struct option_row *row)
{
    return &layers->text[source][row - option_rows];
}

static const struct option_row *row_of_name(const char *name, size_t len)
{
    for (size_t i = 0; i < option_rows_count; i++) {
        const char *known = option_rows[i].name;
        if (known && strlen(known) == len && memcmp(known, name, len) == 0)
            return &option_rows[i];
    }
    return NULL;
}

static const struct option_row *row_of_letter(char letter)
{
    for (size_t i = 0; i < option_rows_count; i++)
        if (option_rows[i].letter && option_rows[i].letter == letter)
            return &option_rows[i];
    return NULL;
}

static const struct option_row *row_of_key(const char *key)
{
    for (size_t i = 0; i < option_rows_count; i++)
        if (option_rows[i].key && strcmp(option_rows[i].key, key) == 0)
            return &option_rows[i];
    return NULL;
}

// The words of the command line that are left.
struct words {
    char **next; // ends with NULL
    struct option_layers *layers;
    struct error *err;
};

// `given` is the value that came in the same word, or NULL.
static bool take(struct words *words, const struct option_row *row, const char *given)
{
    if (row->kind != OPTION_FLAG && !given) {
        char label[OPTION_LABEL];
        if (!*words->next)
            return error_set(words->err, ERROR_INVALID, "%s requires argument",
                             option_label(row, SOURCE_COMMAND, label));
        given = *words->next++;
    }
    *layer_text(words->layers, SOURCE_COMMAND, row) = row->kind == OPTION_FLAG ? flag_on : given;
    return true;
}

static bool unknown_long(const char *word, size_t len, struct error *err)
{
    char name[SUGGEST_LONGEST + 1] = "", text[SUGGEST_TEXT], letter[2] = "";
    if (len < sizeof name)
        memcpy(name, word, len);
    struct suggestion near = suggestion_for(name);
    for (size_t i = 0; *name && i < option_rows_count; i++)
        if (option_rows[i].name && !option_rows[i].hidden)
            suggestion_try(&near, option_rows[i].name);
    // What has only a letter here is known by its key in the file: --port.
    const struct option_row *row = row_of_key(name);
    if (row && !row->name && row->letter) {
        *letter = row->letter;
        near.best = letter;
    }
    return error_set(err, ERROR_INVALID, "unknown option --%.*s%s", (int)(len < 100 ? len : 100),
                     word, suggestion_text(&near, *letter ? "-" : "--", text));
}

static bool take_long(struct words *words, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const struct option_row *row = row_of_name(word, len);
    if (!row)
        return unknown_long(word, len, words->err);
    if (row->kind == OPTION_FLAG && equals)
        return error_set(words->err, ERROR_INVALID, "--%s must not have an argument", row->name);
    return take(words, row, equals ? equals + 1 : NULL);
}

// "-dv", "-p80", "-dp80".
static bool take_letters(struct words *words, const char *word)
{
    for (; *word; word++) {
        const struct option_row *row = row_of_letter(*word);
        if (!row)
            return error_set(words->err, ERROR_INVALID, "unknown option -%c", *word);
        if (row->kind != OPTION_FLAG)
            return take(words, row, word[1] ? word + 1 : NULL);
        take(words, row, NULL);
    }
    return true;
}

static bool take_argument(struct words *words, const char *word)
{
    const struct option_row *row = option_rows;
    while (!option_is_argument(row))
        row++;
    const char **text = layer_text(words->layers, SOURCE_COMMAND, row);
    if (*text)
        return error_set(words->err, ERROR_INVALID, "one %s expected, got %s and %s", row->argument,
                         *text, word);
    *text = word;
    return true;
}

bool options_read_command(struct option_layers *layers, int argc, char **argv, struct error *err)
{
    struct words words = {.next = argc > 0 ? argv + 1 : argv, .layers = layers, .err = err};
    bool fine = true, ended = false;
    while (fine && *words.next) {
        const char *word = *words.next++;
        if (ended || word[0] != '-' || !word[1])
            fine = take_argument(&words, word);
        else if (strcmp(word, "--") == 0)
            ended = true;
        else if (word[1] == '-')
            fine = take_long(&words, word + 2);
        else
            fine = take_letters(&words, word + 1);
    }
    return fine;
}

static const char prefix[] = OPTION_VARIABLE_PREFIX;

static void warn_of_variable(struct agent_options *options, const char *name, size_t len)
{
    char word[SUGGEST_LONGEST + 1];
    if (len >= sizeof word)
        return;
    memcpy(word, name, len);
    word[len] = 0;
    struct suggestion near = suggestion_for(word);
    for (size_t i = 0; i < option_rows_count; i++)
        if (option_rows[i].variable)
            suggestion_try(&near, option_rows[i].variable);
    if (near.best)
        options_warn(options, "%s%s is not known, did you mean %s%s?", prefix, word, prefix,
                     near.best);
}

static void take_variable(struct option_layers *layers, struct agent_options *options,
                          const char *name, size_t len)
{
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (!row->variable || strlen(row->variable) != len || memcmp(row->variable, name, len) != 0)
            continue;
        const char *value = name + len + 1;
        if (strncmp(name, "PORT=tcp://", 11) == 0)
            options_warn(options, "%s%s is left alone: it is Kubernetes' address of a service",
                         prefix, name);
        else if (*value)
            *layer_text(layers, SOURCE_ENVIRONMENT, row) = value;
        return;
    }
    warn_of_variable(options, name, len);
}

void options_read_environment(struct option_layers *layers, struct agent_options *options,
                              char *const *environment)
{
    for (; *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        const char *name = *environment + sizeof prefix - 1;
        if (equals && equals >= name && memcmp(*environment, prefix, sizeof prefix - 1) == 0)
            take_variable(layers, options, name, (size_t)(equals - name));
    }
}

static const char *const kind_expected[] = {
    [OPTION_FLAG] = "true or false expected", [OPTION_NUMBER] = "a number expected",
    [OPTION_TEXT] = "a text expected",        [OPTION_FILE] = "a file name expected",
    [OPTION_CHOICE] = "a word expected",
};

static bool has_type(const struct option_row *row, const json_t *value)
{
    if (row->kind == OPTION_FLAG)
        return json_is_boolean(value);
    if (row->kind == OPTION_NUMBER)
        return json_is_integer(value);
    return json_is_string(value);
}

static const char *arena_number(struct arena *arena, json_int_t number)
{
    char *text = arena_alloc(arena, 24);
    if (text)
        snprintf(text, 24, "%lld", (long long)number);
    return text;
}

static const char *arena_text(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_alloc(arena, size);
    return copy ? memcpy(copy, text, size) : NULL;
}

static void take_value(struct option_layers *layers, struct agent_options *options,
                       struct config_file *file, const struct option_row *row, const json_t *value)
{
    if (!has_type(row, value)) {
        char text[128];
        snprintf(text, sizeof text, "wrong type for key: %s", row->key);
        config_file_fault(file, row->key, text, kind_expected[row->kind]);
        return;
    }
    const char **text = layer_text(layers, SOURCE_FILE, row);
    struct error err;
    if (row->kind == OPTION_FLAG) {
        *text = json_is_true(value) ? flag_on : NULL;
        return;
    }
    *text = row->kind == OPTION_NUMBER ? arena_number(&options->texts, json_integer_value(value))
                                       : arena_text(&options->texts, json_string_value(value));
    if (!*text)
        fault_list_no_memory(&file->faults);
    else if (!option_value_check(row, SOURCE_FILE, *text, &err))
        config_file_fault(file, row->key, err.text, NULL);
}

// Keys with lists of maps, which are read elsewhere (agent/pushing.h).
static const char *const list_keys[] = {"remote_write", "otlp"};
enum { LIST_KEYS = sizeof list_keys / sizeof *list_keys };

static bool is_list_key(const char *key)
{
    for (size_t i = 0; i < LIST_KEYS; i++)
        if (strcmp(list_keys[i], key) == 0)
            return true;
    return false;
}

static void warn_of_key(struct agent_options *options, const char *key)
{
    struct suggestion near = suggestion_for(key);
    for (size_t i = 0; i < LIST_KEYS; i++)
        suggestion_try(&near, list_keys[i]);
    for (size_t i = 0; i < option_rows_count; i++)
        if (option_rows[i].key)
            suggestion_try(&near, option_rows[i].key);
    options_warn(options, "visor.config.%s: unknown key, ignored%s%s%s", key,
                 near.best ? "; did you mean '" : "", near.best ? near.best : "",
                 near.best ? "'?" : "");
}

bool options_read_config(struct option_layers *layers, struct agent_options *options,
                         struct config_file *file)
{
    bool ignored;
    json_t *map = (json_t *)(uintptr_t)config_file_options(file, &ignored), *value;
    if (ignored)
        options_warn(options, "visor.config: not a map, ignored");
    const char *key;
    json_object_foreach(map, key, value)
    {
        const struct option_row *row = row_of_key(key);
        if (row)
            take_value(layers, options, file, row, value);
        else if (!is_list_key(key))
            warn_of_key(options, key);
    }
    return fault_list_empty(&file->faults);
}
