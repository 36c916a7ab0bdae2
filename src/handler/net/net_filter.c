#include "handler/net/net.h"

#include "base/memory.h"

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
    for (size_t i = 0; texts && i < count; i++)
        mem_free(texts[i]);
    mem_free(texts);
}

void net_config_free(void *config)
{
    struct net_config *c = config;
    if (!c)
        return;
    texts_free(c->geo_prefixes, c->n_geo_prefixes);
    texts_free(c->asn_numbers, c->n_asn_numbers);
    mem_free(c);
}

static char **texts_new(json_t *options, const char *key, size_t *count)
{
    *count = option_list_length(options, key);
    char **texts = mem_calloc(*count, sizeof *texts);
    for (size_t i = 0; texts && i < *count; i++) {
        texts[i] = mem_strdup(option_list_text(options, key, i));
        if (!texts[i]) {
            texts_free(texts, *count);
            return NULL;
        }
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
    (void)env;
    if (!asn_numbers_are_sound(options, err))
        return NULL;
    struct net_config *c = mem_zalloc(sizeof *c);
    if (c) {
        c->geo_not_found = option_on(options, "geoloc_notfound");
        c->asn_not_found = option_on(options, "asn_notfound");
        c->geo_prefixes = texts_new(options, "only_geoloc_prefix", &c->n_geo_prefixes);
        c->asn_numbers = texts_new(options, "only_asn_number", &c->n_asn_numbers);
        c->filter_geo = c->geo_not_found || c->n_geo_prefixes;
        c->filter_asn = c->asn_not_found || c->n_asn_numbers;
        if (c->geo_prefixes && c->asn_numbers)
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

static bool begins_with(struct span name, struct span prefix)
{
    return name.len >= prefix.len && memcmp(name.ptr, prefix.ptr, prefix.len) == 0;
}

static bool place_passes(const struct net_config *c, const struct geo_text *place)
{
    if (!place)
        return false;
    if (c->geo_not_found && place->unknown)
        return true;
    for (size_t i = 0; i < c->n_geo_prefixes; i++)
        if (begins_with(place->name, span_text(c->geo_prefixes[i])))
            return true;
    return false;
}

// "16509/AMAZON-02", or the number alone where the database has no name for it.
static bool network_passes(const struct net_config *c, const struct geo_text *network)
{
    if (!network)
        return false;
    if (c->asn_not_found && network->unknown)
        return true;
    for (size_t i = 0; i < c->n_asn_numbers; i++) {
        struct span number = span_text(c->asn_numbers[i]), name = network->name;
        if (begins_with(name, number) && (name.len == number.len || name.ptr[number.len] == '/'))
            return true;
    }
    return false;
}

bool net_filter_passes(struct net_shard *shard, const struct packet_view *packet)
{
    const struct net_config *c = shard->config;
    if (packet->l3 == L3_NONE)
        return true;
    if (packet->direction == DIRECTION_UNKNOWN)
        return false;
    const struct ip_address *remote = net_remote(packet);
    if (c->filter_geo && !place_passes(c, geo_city(shard->geo, remote)))
        return false;
    return !c->filter_asn || network_passes(c, geo_asn(shard->geo, remote));
}
