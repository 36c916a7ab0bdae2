// The small documents.
#include "tui/parse.h"

#include "tui/parse_parts.h"

#include <stdio.h>
#include <stdlib.h>

// A printable copy of a JSON string in a room of the caller.
static bool copy_text(const json_t *string, char *out, size_t size)
{
    struct arena arena;
    arena_init(&arena, 1 << 12, 0);
    const char *text = parse_text(string, true, &arena);
    if (text)
        snprintf(out, size, "%s", text);
    arena_done(&arena);
    return text != NULL;
}

bool parse_app(struct span body, char version[static 64], struct error *err)
{
    json_t *root = parse_object(body, err);
    if (!root)
        return false;
    bool found = copy_text(parse_member(root, "app.version"), version, 64);
    json_decref(root);
    return found ||
           error_set(err, ERROR_FORMAT, "the answer has no app.version: not an agent of pktvisor");
}

bool parse_error_text(struct span body, char text[static 512])
{
    json_t *root = parse_object(body, NULL);
    bool found = copy_text(json_object_get(root, "error"), text, 512);
    json_decref(root);
    return found;
}

unsigned parse_period_most(const char *text)
{
    static const char before[] = "invalid metrics period, specify [";
    const char *found = strstr(text, before);
    if (!found)
        return 0;
    char *end;
    strtoul(found + sizeof before - 1, &end, 10);
    if (*end != ',')
        return 0;
    unsigned long most = strtoul(end + 1, &end, 10);
    return *end == ']' && most <= PERIODS_MOST ? (unsigned)most : 0;
}
