#include "json.h"

#include <inttypes.h>

static void put_text(struct json *json, struct span text)
{
    fputc('"', json->file);
    for (size_t i = 0; i < text.len; i++) {
        unsigned c = text.ptr[i];
        if (c == '"' || c == '\\')
            fprintf(json->file, "\\%c", (char)c);
        else if (c < 0x20)
            fprintf(json->file, "\\u%04x", c);
        else
            fputc((int)c, json->file);
    }
    fputc('"', json->file);
}

static void begin(struct json *json, const char *name)
{
    if (json->filled)
        fputc(',', json->file);
    if (json->depth)
        fprintf(json->file, "\n%*s", (int)json->depth * 2, "");
    if (name) {
        put_text(json, span_text(name));
        fputs(": ", json->file);
    }
    json->filled = true;
}

void json_open(struct json *json, const char *name, char bracket)
{
    begin(json, name);
    fputc(bracket, json->file);
    json->depth++;
    json->filled = false;
}

void json_close(struct json *json, char bracket)
{
    json->depth--;
    if (json->filled)
        fprintf(json->file, "\n%*s", (int)json->depth * 2, "");
    fputc(bracket, json->file);
    json->filled = true;
    if (json->depth == 0)
        fputc('\n', json->file);
}

void json_integer(struct json *json, const char *name, int64_t value)
{
    begin(json, name);
    fprintf(json->file, "%" PRId64, value);
}

void json_count(struct json *json, const char *name, uint64_t value)
{
    begin(json, name);
    fprintf(json->file, "%" PRIu64, value);
}

void json_real(struct json *json, const char *name, double value)
{
    begin(json, name);
    fprintf(json->file, "%.17g", value);
}

void json_text(struct json *json, const char *name, struct span text)
{
    begin(json, name);
    put_text(json, text);
}
