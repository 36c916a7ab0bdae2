#include "agent/api_cache.h"

#include "base/memory.h"

#include <stdio.h>

struct api_cache *api_cache_new(void)
{
    struct api_cache *cache = mem_zalloc(sizeof *cache);
    if (cache)
        pthread_mutex_init(&cache->mutex, NULL);
    return cache;
}

void api_cache_forget(struct api_cache_entry *entry)
{
    buffer_done(&entry->handlers);
    http_rendering_release(entry->whole);
    *entry = (struct api_cache_entry){0};
}

void api_cache_free(struct api_cache *cache)
{
    if (!cache)
        return;
    for (unsigned i = 0; i < API_CACHE_MAX; i++)
        api_cache_forget(&cache->entries[i]);
    pthread_mutex_destroy(&cache->mutex);
    mem_free(cache);
}

static bool matches(const struct api_cache_entry *entry, const struct api_cache_key *key)
{
    return entry->open_metrics == key->open_metrics &&
           entry->default_policy == key->default_policy && strcmp(entry->policy, key->policy) == 0;
}

struct api_cache_entry *api_cache_lock(struct api_cache *cache, const struct api_cache_key *key)
{
    if (*key->policy == 0 || strlen(key->policy) >= API_CACHE_NAME)
        return NULL;
    pthread_mutex_lock(&cache->mutex);
    struct api_cache_entry *found = &cache->entries[0];
    for (unsigned i = 0; i < API_CACHE_MAX; i++) {
        struct api_cache_entry *entry = &cache->entries[i];
        if (matches(entry, key)) {
            found = entry;
            break;
        }
        if (entry->used < found->used)
            found = entry;
    }
    if (!matches(found, key)) {
        api_cache_forget(found);
        snprintf(found->policy, sizeof found->policy, "%s", key->policy);
        found->open_metrics = key->open_metrics;
        found->default_policy = key->default_policy;
    }
    found->used = ++cache->uses;
    return found;
}

void api_cache_unlock(struct api_cache *cache)
{
    pthread_mutex_unlock(&cache->mutex);
}
