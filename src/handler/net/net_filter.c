#include "handler/net/net.h"

#include "base/memory.h"

#include <stdio.h>

const struct option_row net_options[NET_OPTION_COUNT] = {
    {"geoloc_notfound", OPTION_BOOL, .help = "keep packets whose remote address has no location"},
    {"asn_notfound", OPTION_BOOL, .help = "keep packets whose remote address has no ASN"},
    {"only_geoloc_prefix", OPTION_LIST,
     .help = "keep packets whose remote location begins with one of these texts"},
    {"only_asn_number", OPTION_LIST,
     .help = "keep packets whose remote address belongs to one of these AS numbers"},
    {"recorded_stream", OPTION_ANY, .help = "the source is a recording"},
};

static void texts_free(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mem_free(texts[i]);
    mem_free(texts);
}

void net_config_free(void *config)
{
    struct net_config *c = config;
    if (!c)
        return;
    texts_free(c->geo_prefixes, c->n_geo_prefixes);
    texts_free(c->asn_prefixes, c->n_asn_prefixes);
    mem_free(c);
}

// Copies a list with `tail` behind each text.
static char **texts_new(json_t *options, const char *key, const char *tail, size_t *count)
{
    *count = option_list_length(options, key);
    char **texts = mem_calloc(*count, sizeof *texts);
    for (size_t i = 0; texts && i < *count; i++) {
        const char *text = option_list_text(options, key, i);
        size_t size = strlen(text) + strlen(tail) + 1;
        texts[i] = mem_alloc(size);
        if (!texts[i]) {
            texts_free(texts, *count);
            return NULL;
        }
        snprintf(texts[i], size, "%s%s", text, tail);
    }
    return texts;
}

static bool asn_numbers_are_sound(json_t *options, struct error *err)
{
    for (size_t i = 0; i < option_list_length(options, "only_asn_number"); i++) {
        const char *text = option_list_text(options, "only_asn_number", i);
        if (!*text || text[strspn(text, "0123456789")])
            return error_set(err, ERROR_INVALID,
                             "NetStreamHandler: only_asn_number filter contained an "
                             "invalid/unsupported value: %s",
                             text);
    }
    return true;
}

void *net_config_new(json_t *options, const struct metric_settings *settings,
                     const struct handler_env *env, struct error *err)
{
    (void)settings;
    if (!asn_numbers_are_sound(options, err))
        return NULL;
    struct net_config *c = mem_zalloc(sizeof *c);
    if (c) {
        c->geo_not_found = option_on(options, "geoloc_notfound");
        c->asn_not_found = option_on(options, "asn_notfound");
        c->geo_prefixes = texts_new(options, "only_geoloc_prefix", "", &c->n_geo_prefixes);
        c->asn_prefixes = texts_new(options, "only_asn_number", "/", &c->n_asn_prefixes);
        c->filter_geo = c->geo_not_found || c->n_geo_prefixes;
        c->filter_asn = c->asn_not_found || c->n_asn_prefixes;
        c->have_city = geo_has_city(env->geo);
        c->have_asn = geo_has_asn(env->geo);
        if (c->geo_prefixes && c->asn_prefixes)
            return c;
    }
    net_config_free(c);
    error_set(err, ERROR_MEMORY, "no memory for the net handler");
    return NULL;
}

void *net_shard_new(const void *config, const struct handler_env *env)
{
    struct net_shard *shard = mem_zalloc(sizeof *shard);
    if (!shard)
        return NULL;
    shard->config = config;
    if (env->geo && !(shard->geo = geo_cache_new(env->geo, env->geo_cache_size))) {
        mem_free(shard);
        return NULL;
    }
    return shard;
}

void net_shard_free(void *shard)
{
    struct net_shard *s = shard;
    if (!s)
        return;
    geo_cache_free(s->geo);
    mem_free(s);
}

static bool begins_with_one_of(struct span name, char *const *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct span prefix = span_text(prefixes[i]);
        if (name.len >= prefix.len && memcmp(name.ptr, prefix.ptr, prefix.len) == 0)
            return true;
    }
    return false;
}

static bool text_passes(const struct geo_text *text, bool want_unknown, char *const *prefixes,
                        size_t n_prefixes)
{
    if (!text)
        return false;
    return (want_unknown && text->unknown) || begins_with_one_of(text->name, prefixes, n_prefixes);
}

bool net_filter_passes(struct net_shard *shard, const struct packet_view *packet)
{
    const struct net_config *c = shard->config;
    if (packet->l3 == L3_NONE)
        return true;
    if (packet->direction == DIRECTION_UNKNOWN)
        return false;
    const struct ip_address *remote = net_remote(packet);
    if (c->filter_geo && !text_passes(geo_city(shard->geo, remote), c->geo_not_found,
                                      c->geo_prefixes, c->n_geo_prefixes))
        return false;
    return !c->filter_asn || text_passes(geo_asn(shard->geo, remote), c->asn_not_found,
                                         c->asn_prefixes, c->n_asn_prefixes);
}
