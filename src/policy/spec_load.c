// A policy document: one policy below visor.policies.
#include "policy/spec.h"

#include "base/memory.h"
#include "policy/document.h"

#include <errno.h>
#include <stdio.h>

enum { FIRST_ROOM = 16384 };

struct policy_spec *policy_spec_parse(struct span text, const struct policy_defaults *defaults,
                                      policy_warning_fn *warn, void *context,
                                      struct fault_list *faults)
{
    struct document document;
    struct document_place place, global;
    struct check check = {.faults = faults, .warn = warn, .context = context, .sound = true};
    if (!document_read(&document, text, DOCUMENT_RECORDING, &check))
        return NULL;
    struct policy_surroundings around = {
        .defaults = defaults,
        .global = document.global,
        .global_at = &global.map,
    };
    document_place(&global, "global_handler_config", "");
    void *entry = json_object_iter((json_t *)(uintptr_t)document.policies);
    const char *name = json_object_iter_key(entry);
    struct policy_spec *spec = policy_load(&check, &around, name, json_object_iter_value(entry),
                                           document_place(&place, "policies", name));
    document_done(&document);
    if (check.sound)
        return spec;
    policy_spec_free(spec);
    return NULL;
}

static bool refuse(const char *path, int number, struct error *err)
{
    char reason[128];
    return error_set(err, ERROR_IO, "%s: %s", path, strerror_r(number, reason, sizeof reason));
}

static bool read_file(const char *path, struct buffer *text, struct error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return refuse(path, errno, err);
    uint8_t piece[FIRST_ROOM];
    size_t got;
    errno = 0;
    while (!text->failed && (got = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_add(text, piece, got);
    bool whole = !ferror(file);
    int reason = errno;
    fclose(file);
    if (!whole)
        return refuse(path, reason, err);
    return !text->failed || error_set(err, ERROR_INVALID, "%s: longer than 1 MiB", path);
}

struct policy_spec *policy_spec_load(const char *path, const struct policy_defaults *defaults,
                                     policy_warning_fn *warn, void *context,
                                     struct fault_list *faults, struct error *err)
{
    struct policy_spec *spec = NULL;
    struct buffer text;
    buffer_init(&text, YAML_TEXT_MAX);
    if (read_file(path, &text, err)) {
        spec = policy_spec_parse(buffer_span(&text), defaults, warn, context, faults);
        if (!spec)
            fault_list_first(faults, path, err);
    }
    buffer_done(&text);
    return spec;
}
