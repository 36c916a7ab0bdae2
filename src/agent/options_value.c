#include "agent/options_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static void *field_of(const struct option_row *row, struct agent_options *options)
{
    return (char *)options + row->field;
}

// Digits alone, as upstream's file has them.
static bool read_number(const char *text, uint64_t *number)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return !errno && !*end;
}

static int flag_value(const char *text)
{
    static const char *const words[][4] = {{"false", "no", "off", "0"}, {"true", "yes", "on", "1"}};
    for (int value = 0; value < 2; value++)
        for (size_t i = 0; i < 4; i++)
            if (strcasecmp(text, words[value][i]) == 0)
                return value;
    return -1;
}

static int choice_value(const struct option_row *row, const char *text)
{
    for (int i = 0; row->choices[i]; i++)
        if (strcmp(row->choices[i], text) == 0)
            return i;
    return -1;
}

// "a, b or c"
static void choices_text(const struct option_row *row, char *out, size_t size)
{
    size_t used = 0;
    *out = 0;
    for (size_t i = 0; row->choices[i] && used < size; i++) {
        const char *between = i == 0 ? "" : row->choices[i + 1] ? ", " : " or ";
        int len = snprintf(out + used, size - used, "%s%s", between, row->choices[i]);
        used += len > 0 ? (size_t)len : 0;
    }
}

bool option_value_check(const struct option_row *row, enum option_source source, const char *text,
                        struct error *err)
{
    char label[OPTION_LABEL], words[128];
    uint64_t number;
    option_label(row, source, label);
    switch (row->kind) {
    case OPTION_FLAG:
        return flag_value(text) >= 0 ||
               error_set(err, ERROR_INVALID, "%s: true or false expected, got \"%s\"", label, text);
    case OPTION_NUMBER:
        if (read_number(text, &number) &&
            (row->clamped || (number >= row->least && number <= row->most)))
            return true;
        return error_set(err, ERROR_INVALID, "%s: %llu to %llu expected, got \"%s\"", label,
                         (unsigned long long)row->least, (unsigned long long)row->most, text);
    case OPTION_CHOICE:
        choices_text(row, words, sizeof words);
        return choice_value(row, text) >= 0 ||
               error_set(err, ERROR_INVALID, "%s: %s expected, got \"%s\"", label, words, text);
    case OPTION_TEXT:
    case OPTION_FILE:
        break;
    }
    return true;
}

static uint64_t clamp(const struct option_row *row, uint64_t number, struct agent_options *options)
{
    uint64_t clamped = number < row->least ? row->least : number > row->most ? row->most : number;
    char label[OPTION_LABEL];
    if (clamped != number)
        options_warn(options, "%s %llu is outside %llu to %llu, using %llu",
                     option_label(row, SOURCE_COMMAND, label), (unsigned long long)number,
                     (unsigned long long)row->least, (unsigned long long)row->most,
                     (unsigned long long)clamped);
    return clamped;
}

void option_value_store(const struct option_row *row, const char *text,
                        struct agent_options *options)
{
    void *field = field_of(row, options);
    uint64_t number = 0;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)field |= flag_value(text) == 1;
        break;
    case OPTION_NUMBER:
        read_number(text, &number);
        *(uint64_t *)field = clamp(row, number, options);
        break;
    case OPTION_CHOICE:
        *(unsigned *)field = (unsigned)choice_value(row, text);
        break;
    case OPTION_TEXT:
    case OPTION_FILE:
        *(const char **)field = *text ? text : NULL;
        break;
    }
}

const char *option_value_text(const struct option_row *row, const struct agent_options *options,
                              char room[static OPTION_VALUE_ROOM])
{
    const void *field = (const char *)options + row->field;
    switch (row->kind) {
    case OPTION_FLAG:
        return *(const bool *)field ? "true" : "false";
    case OPTION_NUMBER:
        snprintf(room, OPTION_VALUE_ROOM, "%llu", (unsigned long long)*(const uint64_t *)field);
        return room;
    case OPTION_CHOICE:
        return row->choices[*(const unsigned *)field];
    case OPTION_TEXT:
    case OPTION_FILE:
        break;
    }
    return *(const char *const *)field;
}
