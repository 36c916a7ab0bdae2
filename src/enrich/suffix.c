#include "enrich/suffix.h"

#include "base/memory.h"

#include <libpsl.h>

enum { REMEMBERED = 4096, NAME_MAX_TEXT = 1024 };

struct suffix_cache {
    const psl_ctx_t *list; // built into libpsl, never freed
    struct {
        uint64_t hash;
        uint32_t length;
    } names[REMEMBERED];
};

struct suffix_cache *suffix_cache_new(void)
{
    struct suffix_cache *cache = mem_zalloc(sizeof *cache);
    if (cache)
        cache->list = psl_builtin();
    return cache;
}

void suffix_cache_free(struct suffix_cache *cache)
{
    mem_free(cache);
}

// The longest suffix is the first one found from the left.
static size_t search(const psl_ctx_t *list, struct span name)
{
    char text[NAME_MAX_TEXT + 1];
    if (!list || name.len > NAME_MAX_TEXT || !name.len)
        return 0;
    memcpy(text, name.ptr, name.len);
    text[name.len] = 0;
    for (const char *label = text; label; label = strchr(label, '.')) {
        label += *label == '.';
        if (psl_is_public_suffix2(list, label, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE))
            return name.len - (size_t)(label - text) + 1;
    }
    return 0;
}

size_t suffix_length(struct suffix_cache *cache, struct span name, uint64_t name_hash)
{
    uint64_t at = name_hash % REMEMBERED;
    if (cache->names[at].hash != name_hash) {
        cache->names[at].hash = name_hash;
        cache->names[at].length = (uint32_t)search(cache->list, name);
    }
    return cache->names[at].length;
}
