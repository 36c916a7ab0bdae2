#include "policy/tap.h"

#include "base/memory.h"
#include "base/suggest.h"
#include "policy/input.h"
#include "policy/options.h"

#include <stdlib.h>

void tap_spec_free(struct tap_spec *tap)
{
    if (!tap)
        return;
    mem_free(tap->name);
    mem_free(tap->input_type);
    json_decref(tap->config);
    json_decref(tap->tags);
    mem_free(tap);
}

static bool load_type(struct check *check, const json_t *map, const struct yaml_at *at,
                      struct tap_spec *tap)
{
    static const char key[] = "input_type";
    char room[CHECK_SCALAR_ROOM];
    const json_t *value = json_object_get(map, key);
    const char *type = check_scalar(value, room);
    struct yaml_at here = yaml_key(at, key);
    if (!type)
        return check_fault(check, value ? &here : at,
                           "missing or invalid tap type key 'input_type'");
    struct suggestion near = suggestion_for(type);
    if (!input_kind_find(type, &tap->kind, &near))
        return check_fault_detail(check, &here, NULL, near.best,
                                  "Tap '%s' requires input stream type '%s' which is not available",
                                  tap->name, type);
    tap->input_type = mem_strdup(type);
    return tap->input_type || check_no_memory(check);
}

// A map of the tap; absent is fine.
static bool load_map(struct check *check, const json_t *map, const struct yaml_at *at,
                     const char *key, const char *not_a_map, json_t **to)
{
    json_t *value = json_object_get(map, key);
    struct yaml_at here = yaml_key(at, key);
    if (!value)
        return true;
    if (!json_is_object(value))
        return check_fault(check, &here, "%s", not_a_map);
    *to = json_incref(value);
    return options_form(check, value, &here, "");
}

static void warn_of_type(struct check *check, const struct tap_spec *tap, const struct yaml_at *at)
{
    struct yaml_at here = yaml_key(at, "input_type");
    if (input_is_absent(tap->input_type))
        check_warn(check, &here,
                   "no policy can use this tap: input type '%s' is not in this version",
                   tap->input_type);
}

// Upstream looks at the keys when a policy uses the tap, and refuses that policy then.
static void warn_of_config(struct check *check, const struct tap_spec *tap,
                           const struct yaml_at *at)
{
    struct yaml_at config = yaml_key(at, "config");
    const char *key;
    json_t *value;
    json_object_foreach(tap->config, key, value)
    {
        char text[SUGGEST_TEXT];
        struct suggestion near = suggestion_for(key);
        struct yaml_at here = yaml_key(&config, key);
        if (!input_knows(tap->input_type, key, &near))
            check_warn(check, &here, "no policy can use this tap: %s has no such key%s",
                       tap->input_type, suggestion_text(&near, "", text));
    }
}

struct tap_spec *tap_load(struct check *check, const char *name, const json_t *map,
                          const struct yaml_at *at)
{
    static const char *const known[] = {"input_type", "config", "tags", NULL};
    if (!json_is_object(map)) {
        check_fault(check, at, "expecting tap configuration map");
        return NULL;
    }
    struct tap_spec *tap = mem_zalloc(sizeof *tap);
    if (!tap || !(tap->name = mem_strdup(name))) {
        check_no_memory(check);
        tap_spec_free(tap);
        return NULL;
    }
    bool fine = check_is_name(name) || check_fault(check, at, "invalid module name: %s", name);
    check_ignored_keys(check, map, at, known);
    fine &= load_type(check, map, at, tap);
    fine &= load_map(check, map, at, "config", "tap configuration is not a map", &tap->config);
    if (fine)
        warn_of_type(check, tap, at);
    if (fine && tap->config)
        warn_of_config(check, tap, at);
    fine &= load_map(check, map, at, "tags", "tap tags is not a map", &tap->tags);
    if (fine)
        return tap;
    tap_spec_free(tap);
    return NULL;
}

static bool equal_maps(const json_t *a, const json_t *b)
{
    return a == b || (a && b && json_equal(a, b));
}

bool tap_spec_equal(const struct tap_spec *a, const struct tap_spec *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->input_type, b->input_type) == 0 &&
           equal_maps(a->config, b->config) && equal_maps(a->tags, b->tags);
}

json_t *tap_spec_info(const struct tap_spec *tap)
{
    return json_pack("{s:s, s:s, s:o?, s:o?}", "input_type", tap->input_type, "interface",
                     "visor.module.input/1.0", "config", json_deep_copy(tap->config), "tags",
                     json_deep_copy(tap->tags));
}

static int by_name(const void *name, const void *tap)
{
    return strcmp(name, (*(const struct tap_spec *const *)tap)->name);
}

const struct tap_spec *tap_list_find(const struct tap_list *list, const char *name)
{
    const struct tap_spec *const *found =
        list->count ? bsearch(name, list->taps, list->count, sizeof *list->taps, by_name) : NULL;
    return found ? *found : NULL;
}

enum match { MATCH_YES, MATCH_NO, MATCH_MISSING, MATCH_FAULT };

// Numbers and booleans must be of the tag's own type; a text asks for a text.
static enum match match_tag(struct check *check, const struct yaml_at *at,
                            const struct tap_spec *tap, const char *key, const json_t *wanted)
{
    const json_t *tag = json_object_get(tap->tags, key);
    if (!tag)
        return MATCH_MISSING;
    bool alike = (json_is_string(wanted) && json_is_string(tag)) ||
                 (json_is_integer(wanted) && json_is_integer(tag)) ||
                 (json_is_boolean(wanted) && json_is_boolean(tag));
    if (alike)
        return json_equal(wanted, tag) ? MATCH_YES : MATCH_NO;
    if (json_is_string(wanted))
        check_fault(check, at, "wrong type for key: %s", key);
    else
        check_fault(check, at, "Tap [%s]: tag and selector value types are different for key '%s'",
                    tap->name, key);
    return MATCH_FAULT;
}

// all: every tag must be there and equal; any: one of them. Upstream looks no further than it must.
static enum match match_tap(struct check *check, const struct yaml_at *at,
                            const struct tap_spec *tap, const json_t *tags, bool all)
{
    for (size_t i = 0; i < json_array_size(tags); i++) {
        struct yaml_at item = yaml_index(at, i);
        void *wanted = json_object_iter(json_array_get(tags, i));
        const char *key = json_object_iter_key(wanted);
        struct yaml_at here = yaml_key(&item, key);
        enum match match = match_tag(check, &here, tap, key, json_object_iter_value(wanted));
        if (match == MATCH_FAULT || (match == MATCH_YES) != all)
            return match == MATCH_MISSING ? MATCH_NO : match;
    }
    return all && json_array_size(tags) ? MATCH_YES : MATCH_NO;
}

static size_t choose_by_tags(struct check *check, const struct policy_spec *spec,
                             const struct yaml_at *at, const struct tap_list *list,
                             const struct tap_spec **chosen)
{
    bool all = json_object_get(spec->tap_selector, "all") != NULL;
    struct yaml_at selector = yaml_key(at, "tap_selector");
    struct yaml_at tags_at = yaml_key(&selector, all ? "all" : "any");
    const json_t *tags = json_object_get(spec->tap_selector, tags_at.key);
    size_t count = 0;
    bool faults = false;
    for (size_t i = 0; i < list->count; i++) {
        enum match match = match_tap(check, &tags_at, list->taps[i], tags, all);
        faults |= match == MATCH_FAULT;
        if (match == MATCH_YES)
            chosen[count++] = list->taps[i];
    }
    if (count == 0 && !faults)
        check_fault(check, &selector, TAP_NO_MATCH);
    return faults ? 0 : count;
}

size_t tap_choose(struct check *check, const struct policy_spec *spec, const struct yaml_at *at,
                  const struct tap_list *list, const struct tap_spec **chosen)
{
    if (spec->tap_selector)
        return choose_by_tags(check, spec, at, list, chosen);
    struct yaml_at here = yaml_key(at, "tap");
    struct suggestion near = suggestion_for(spec->tap);
    for (size_t i = 0; i < list->count; i++)
        suggestion_try(&near, list->taps[i]->name);
    chosen[0] = tap_list_find(list, spec->tap);
    if (!chosen[0])
        check_fault_detail(check, &here, NULL, near.best, "tap '%s' does not exist", spec->tap);
    return chosen[0] ? 1 : 0;
}
