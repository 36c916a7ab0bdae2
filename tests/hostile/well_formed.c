#include "well_formed.h"

#include <ctype.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 80 };

const char *json_fault(struct span text)
{
    static json_error_t error;
    json_t *document = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    bool object = json_is_object(document);
    json_decref(document);
    return object ? NULL : document ? "JSON, but no object" : error.text;
}

static bool is_utf8(struct span text)
{
    json_t *string = json_stringn((const char *)text.ptr, text.len);
    json_decref(string);
    return string != NULL;
}

// The parsers below take what they know from the front of a line that ends with a zero byte.
static bool take_text(const char **at, const char *text)
{
    size_t len = strlen(text);
    bool there = strncmp(*at, text, len) == 0;
    *at += there ? len : 0;
    return there;
}

static bool take_name(const char **at, bool colon)
{
    const char *begin = *at;
    while (isalpha((unsigned char)**at) || **at == '_' || (colon && **at == ':') ||
           (*at > begin && isdigit((unsigned char)**at)))
        ++*at;
    return *at > begin;
}

// A label value without its quotes: of `\`, `"` and line feed only the escaped forms.
static bool take_value(const char **at)
{
    while (**at && **at != '"') {
        if ((unsigned char)**at < ' ' || **at == 0x7f)
            return false;
        if (*(*at)++ == '\\' && !(**at && strchr("\\\"n", *(*at)++)))
            return false;
    }
    return true;
}

static const char *series_fault(const char *at)
{
    if (!take_name(&at, true) || !take_text(&at, "{"))
        return "a series without a name";
    while (!take_text(&at, "}"))
        if (!take_name(&at, false) || !take_text(&at, "=\"") || !take_value(&at) ||
            !take_text(&at, "\"") || !(take_text(&at, ",") || *at == '}'))
            return "bad labels";
    char *end;
    if (!take_text(&at, " ") || !*at || isspace((unsigned char)*at))
        return "no value";
    strtod(at, &end);
    return *end ? "a value that is no number" : NULL;
}

static bool is_kind(const char *at)
{
    static const char *const kinds[] = {"gauge", "summary", "histogram"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(at, kinds[i]) == 0)
            return true;
    return false;
}

static const char *prometheus_line_fault(const char *at, size_t len)
{
    if (strlen(at) != len)
        return "a zero byte";
    bool help = take_text(&at, "# HELP ");
    if (!help && !take_text(&at, "# TYPE "))
        return series_fault(at);
    if (!take_name(&at, true) || !take_text(&at, " "))
        return "HELP or TYPE without a name";
    return help || is_kind(at) ? NULL : "unknown TYPE";
}

static const char *text_line_fault(const char *line, size_t len)
{
    unsigned columns = 0;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            return "a control character";
        columns += (line[i] & 0xc0) != 0x80;
    }
    return columns > COLUMNS ? "a line of more than 80 columns" : NULL;
}

typedef const char *line_fault_fn(const char *line, size_t len);

static const char *lines_fault(struct span text, line_fault_fn *line_fault)
{
    static char fault[512];
    char line[16384];
    if (!is_utf8(text))
        return "not UTF-8";
    while (text.len > 0) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : 0;
        if (!end || len >= sizeof line)
            return end ? "a line too long for this test" : "the last line has no end";
        memcpy(line, text.ptr, len);
        line[len] = 0;
        const char *what = line_fault(line, len);
        if (what) {
            snprintf(fault, sizeof fault, "%s: %.400s", what, line);
            return fault;
        }
        text = span_of(end + 1, text.len - len - 1);
    }
    return NULL;
}

const char *prometheus_fault(struct span text)
{
    return lines_fault(text, prometheus_line_fault);
}

const char *text_fault(struct span text)
{
    return lines_fault(text, text_line_fault);
}
