#include "handler/dns/name_set.h"

#include "base/memory.h"

#include <ctype.h>

bool name_set_init(struct name_set *set, size_t room)
{
    *set = (struct name_set){0};
    uint32_t slots = 2;
    while (slots < room * 2)
        slots *= 2;
    set->names = mem_calloc(room, sizeof *set->names);
    set->hashes = mem_calloc(room, sizeof *set->hashes);
    set->index = mem_calloc(slots, sizeof *set->index);
    set->mask = slots - 1;
    return set->names && set->hashes && set->index;
}

void name_set_done(struct name_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        mem_free((void *)(uintptr_t)set->names[i].ptr);
    mem_free(set->names);
    mem_free(set->hashes);
    mem_free(set->index);
    *set = (struct name_set){0};
}

bool name_set_add(struct name_set *set, const char *name)
{
    char *copy = mem_strdup(name);
    if (!copy)
        return false;
    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    struct span text = span_text(copy);
    uint64_t hash = hash_bytes(hash_process_key(), text) | 1;
    uint32_t at = (uint32_t)hash & set->mask;
    while (set->index[at])
        at = (at + 1) & set->mask;
    set->names[set->count] = text;
    set->hashes[set->count] = hash;
    set->index[at] = (uint32_t)++set->count;
    return true;
}

bool name_set_has(const struct name_set *set, struct span name, uint64_t hash)
{
    for (uint32_t at = (uint32_t)hash & set->mask; set->index[at]; at = (at + 1) & set->mask) {
        uint32_t i = set->index[at] - 1;
        if (set->hashes[i] == hash && span_equal(set->names[i], name))
            return true;
    }
    return false;
}

size_t name_set_suffix(const struct name_set *set, struct span name, bool *matched)
{
    for (size_t i = 0; i < set->count; i++) {
        struct span suffix = set->names[i];
        if (suffix.len > name.len)
            continue;
        if (span_equal(suffix, span_of(name.ptr + name.len - suffix.len, suffix.len))) {
            *matched = true;
            return suffix.len;
        }
    }
    *matched = false;
    return 0;
}
