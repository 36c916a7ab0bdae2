// Prometheus texts that are kept, so that scrapes of one period cost a copy, and agree.
//
// Kept in two steps. What the handlers of a policy show holds for a version (a closed period). The
// whole response, with what the agent says of itself and its packed form, holds for a second.
// Limit: API_CACHE_MAX responses; the one used longest ago goes.
#pragma once

#include "base/buffer.h"
#include "http/rendering.h"

#include <pthread.h>

enum { API_CACHE_MAX = 64, API_CACHE_NAME = 256 };

struct api_cache_key {
    const char *policy;
    bool open_metrics, default_policy;
};

struct api_cache_entry {
    char policy[API_CACHE_NAME]; // "": free
    bool open_metrics, default_policy;
    uint64_t version; // of `handlers`; 0: there is none
    struct buffer handlers;
    int64_t made; // `whole`; ns of a steady clock
    struct http_rendering *whole;
    uint64_t used;
};

struct api_cache {
    pthread_mutex_t mutex;
    uint64_t uses;
    struct api_cache_entry entries[API_CACHE_MAX];
};

struct api_cache *api_cache_new(void);        // NULL: no memory
void api_cache_free(struct api_cache *cache); // NULL is accepted

// Locked until api_cache_unlock. The entry of the key, or an emptied one. NULL: the name is too
// long; nothing is locked.
struct api_cache_entry *api_cache_lock(struct api_cache *cache, const struct api_cache_key *key);
void api_cache_forget(struct api_cache_entry *entry);
void api_cache_unlock(struct api_cache *cache);
