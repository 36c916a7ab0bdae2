// A policy document: one policy below visor.policies.
#include "policy/spec.h"

#include "base/memory.h"
#include "policy/policy.h"

#include <errno.h>
#include <stdio.h>

enum { FIRST_ROOM = 16384 };

static bool check_version(struct check *check, const json_t *root)
{
    char room[CHECK_SCALAR_ROOM];
    const json_t *value = json_object_get(root, "version");
    const char *version = check_scalar(value, room);
    struct yaml_at at = yaml_key(NULL, "version");
    return !value || (version && strcmp(version, "1.0") == 0) ||
           check_fault_detail(check, &at, "\"1.0\" expected", NULL, "unsupported version");
}

// visor.policies with its one entry; NULL: faults were told.
static json_t *find_policies(struct check *check, const json_t *root)
{
    const json_t *visor = json_object_get(root, "visor");
    if (!visor) {
        check_fault(check, NULL, "invalid schema");
        return NULL;
    }
    struct yaml_at visor_at = yaml_key(NULL, "visor");
    struct yaml_at at = yaml_key(&visor_at, "policies");
    json_t *policies = json_object_get(visor, "policies");
    if (!check_version(check, root))
        return NULL;
    if (!json_is_object(policies))
        check_fault(check, policies ? &at : &visor_at, "no policies found in schema");
    else if (json_object_size(policies) != 1)
        check_fault(check, &at, "only a single policy expected but got %zu",
                    json_object_size(policies));
    else
        return policies;
    return NULL;
}

static struct policy_spec *load_document(struct check *check, const json_t *root,
                                         const struct policy_defaults *defaults)
{
    json_t *policies = find_policies(check, root);
    if (!policies)
        return NULL;
    struct yaml_at visor = yaml_key(NULL, "visor");
    struct yaml_at policies_at = yaml_key(&visor, "policies");
    struct yaml_at global_at = yaml_key(&visor, "global_handler_config");
    struct policy_surroundings around = {
        .defaults = defaults,
        .global = json_object_get(json_object_get(root, "visor"), global_at.key),
        .global_at = &global_at,
    };
    bool fine = policy_check_global(check, around.global, &global_at);
    void *entry = json_object_iter(policies);
    struct yaml_at at = yaml_key(&policies_at, json_object_iter_key(entry));
    struct policy_spec *spec =
        policy_load(check, &around, at.key, json_object_iter_value(entry), &at);
    if (spec && fine)
        return spec;
    policy_spec_free(spec);
    return NULL;
}

// Upstream has texts of its own for two places where a key must be a scalar.
static void name_the_keys(struct fault_list *faults)
{
    fault_list_reword(faults, YAML_KEY_FAULT, "visor.policies", "expecting policy identifier");
    fault_list_reword(faults, YAML_KEY_FAULT, ".handlers.modules",
                      "expecting handler module identifier");
}

struct policy_spec *policy_spec_parse(struct span text, const struct policy_defaults *defaults,
                                      policy_warning_fn *warn, void *context,
                                      struct fault_list *faults)
{
    struct yaml yaml;
    if (!yaml_read(&yaml, text, faults)) {
        name_the_keys(faults);
        return NULL;
    }
    struct check check = {
        .yaml = &yaml, .faults = faults, .warn = warn, .context = context, .sound = true};
    struct policy_spec *spec = load_document(&check, yaml.root, defaults);
    yaml_done(&yaml);
    return spec;
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
                                     policy_warning_fn *warn, void *context, struct error *err)
{
    struct policy_spec *spec = NULL;
    struct fault_list faults = {0};
    struct buffer text;
    buffer_init(&text, YAML_TEXT_MAX);
    if (read_file(path, &text, err)) {
        spec = policy_spec_parse(buffer_span(&text), defaults, warn, context, &faults);
        if (!spec)
            fault_list_first(&faults, path, err);
    }
    buffer_done(&text);
    fault_list_done(&faults);
    return spec;
}
