#include "http/rendering.h"

#include "base/memory.h"
#include "http/pack.h"

#include <pthread.h>
#include <stdatomic.h>

struct http_rendering {
    atomic_uint references;
    struct buffer plain;
    const char *content_type;
    pthread_mutex_t packing;
    bool packed; // tried
    struct buffer gzip;
};

struct http_rendering *http_rendering_new(struct buffer *content, const char *content_type)
{
    struct http_rendering *rendering = content->failed ? NULL : mem_zalloc(sizeof *rendering);
    if (!rendering) {
        buffer_done(content);
        return NULL;
    }
    atomic_init(&rendering->references, 1);
    rendering->plain = *content;
    rendering->content_type = content_type;
    pthread_mutex_init(&rendering->packing, NULL);
    buffer_init(content, content->max);
    return rendering;
}

struct http_rendering *http_rendering_hold(struct http_rendering *rendering)
{
    atomic_fetch_add(&rendering->references, 1);
    return rendering;
}

void http_rendering_release(struct http_rendering *rendering)
{
    if (!rendering || atomic_fetch_sub(&rendering->references, 1) != 1)
        return;
    buffer_done(&rendering->plain);
    buffer_done(&rendering->gzip);
    pthread_mutex_destroy(&rendering->packing);
    mem_free(rendering);
}

struct span http_rendering_plain(const struct http_rendering *rendering)
{
    return buffer_span(&rendering->plain);
}

struct span http_rendering_gzip(struct http_rendering *rendering)
{
    pthread_mutex_lock(&rendering->packing);
    if (!rendering->packed) {
        http_pack(buffer_span(&rendering->plain), &rendering->gzip);
        rendering->packed = true;
    }
    pthread_mutex_unlock(&rendering->packing);
    return buffer_span(&rendering->gzip);
}

const char *http_rendering_type(const struct http_rendering *rendering)
{
    return rendering->content_type;
}
