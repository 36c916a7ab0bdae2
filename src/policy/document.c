#include "policy/document.h"

static bool check_version(struct check *check, const json_t *root)
{
    char room[CHECK_SCALAR_ROOM];
    const json_t *value = json_object_get(root, "version");
    const char *version = check_scalar(value, room);
    struct yaml_at at = yaml_key(NULL, "version");
    return !value || (version && strcmp(version, "1.0") == 0) ||
           check_fault_detail(check, &at, "\"1.0\" expected", NULL, "unsupported version");
}

const struct yaml_at *document_place(struct document_place *place, const char *map,
                                     const char *name)
{
    place->visor = yaml_key(NULL, "visor");
    place->map = yaml_key(&place->visor, map);
    place->entry = yaml_key(&place->map, name);
    return &place->entry;
}

// Upstream takes what is no map for nothing, without a word.
static void warn_of_no_map(struct check *check, const json_t *value, const struct yaml_at *at)
{
    if (value && !json_is_null(value) && !json_is_object(value))
        check_warn(check, at, "not a map, ignored");
}

// A map of entries with names. A file may do without (NULL), a request has exactly one.
static bool find_entries(struct check *check, const json_t *visor, const char *key, bool single,
                         const json_t **entries)
{
    struct yaml_at visor_at = yaml_key(NULL, "visor");
    struct yaml_at at = yaml_key(&visor_at, key);
    const json_t *value = json_object_get(visor, key);
    size_t count = json_object_size(value);
    const char *one = key[0] == 't' ? "tap" : "policy";
    if (!single && !json_is_object(value)) {
        warn_of_no_map(check, value, &at);
        return true;
    }
    if (!json_is_object(value))
        return check_fault(check, value ? &at : &visor_at, "no %s found in schema", key);
    if (single && count != 1)
        return check_fault(check, &at, "only a single %s expected but got %zu", one, count);
    *entries = value;
    return true;
}

static bool find_maps(struct document *document, struct check *check)
{
    const json_t *root = document->yaml.root, *visor = json_object_get(root, "visor");
    bool file = document->kind == DOCUMENT_FILE, fine = true;
    if (!visor)
        return check_fault(check, NULL, "invalid schema");
    if (!check_version(check, root))
        return false;
    if (document->kind == DOCUMENT_TAP || file)
        fine &= find_entries(check, visor, "taps", !file, &document->taps);
    if (document->kind != DOCUMENT_TAP)
        fine &= find_entries(check, visor, "policies", !file, &document->policies);
    struct yaml_at visor_at = yaml_key(NULL, "visor");
    struct yaml_at global_at = yaml_key(&visor_at, "global_handler_config");
    if (document->kind != DOCUMENT_TAP)
        document->global = json_object_get(visor, global_at.key);
    warn_of_no_map(check, document->global, &global_at);
    policy_check_global(check, document->global, &global_at);
    return fine;
}

// Only a file has all sections; what a request brings beside its own has no effect.
static void warn_of_ignored(const struct document *document, struct check *check)
{
    static const char *const of_root[] = {"version", "visor", NULL};
    static const char *const of_visor[][5] = {
        [DOCUMENT_TAP] = {"taps"},
        [DOCUMENT_POLICY] = {"policies", "global_handler_config"},
        [DOCUMENT_RECORDING] = {"taps", "policies", "global_handler_config", "config"},
        [DOCUMENT_FILE] = {"taps", "policies", "global_handler_config", "config"},
    };
    const json_t *root = document->yaml.root, *visor = json_object_get(root, "visor");
    struct yaml_at at = yaml_key(NULL, "visor");
    if (json_is_object(root))
        check_ignored_keys(check, root, NULL, of_root);
    if (json_is_object(visor))
        check_ignored_keys(check, visor, &at, of_visor[document->kind]);
}

// Upstream has texts of its own for places where a key must be a scalar.
static void name_the_keys(struct fault_list *faults)
{
    fault_list_reword(faults, YAML_KEY_FAULT, "visor.taps", "expecting tap identifier");
    fault_list_reword(faults, YAML_KEY_FAULT, "visor.policies", "expecting policy identifier");
    fault_list_reword(faults, YAML_KEY_FAULT, ".handlers.modules",
                      "expecting handler module identifier");
}

bool document_read(struct document *document, struct span text, enum document_kind kind,
                   struct check *check)
{
    *document = (struct document){.kind = kind};
    if (!yaml_read(&document->yaml, text, check->faults)) {
        name_the_keys(check->faults);
        check->sound = false;
        return false;
    }
    check->yaml = &document->yaml;
    if (find_maps(document, check)) {
        warn_of_ignored(document, check);
        return true;
    }
    document_done(document);
    return false;
}

void document_done(struct document *document)
{
    yaml_done(&document->yaml);
    *document = (struct document){0};
}
