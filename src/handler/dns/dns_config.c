// Configuration of both dns versions, with upstream's error texts.
#include "base/memory.h"
#include "handler/dns/dns.h"
#include "handler/ttl.h"

#include <strings.h>

const struct stream_port dns_ports[DNS_PORT_COUNT] = {
    {53, STREAM_DNS}, {5353, STREAM_DNS}, {5355, STREAM_DNS}, {53000, STREAM_DNS}};

void dns_config_free(void *config)
{
    struct dns_config *c = config;
    if (!c)
        return;
    mem_free(c->qtypes);
    name_set_done(&c->qnames);
    name_set_done(&c->suffixes);
    mem_free(c);
}

static void rcode_add(struct dns_config *c, int rcode)
{
    c->rcodes[rcode / 8] = (uint8_t)(c->rcodes[rcode / 8] | 1u << (rcode % 8));
}

// A number must be one that has a name, as upstream demands.
static int rcode_known(json_int_t number)
{
    return number >= 0 && number < DNS_RCODES && dns_rcode_name((unsigned)number) ? (int)number
                                                                                  : -1;
}

static bool read_rcode_list(struct dns_config *c, json_t *options, struct error *err)
{
    for (size_t i = 0; i < option_list_length(options, "only_rcode"); i++) {
        const char *text = option_list_text(options, "only_rcode", i);
        int rcode = dns_rcode_parse(text);
        if (rcode < 0 || rcode_known(rcode) < 0)
            return error_set(err, ERROR_INVALID,
                             "DnsStreamHandler: only_rcode filter contained an "
                             "invalid/unsupported rcode: %s",
                             text);
        rcode_add(c, rcode);
    }
    return true;
}

static bool read_rcodes(struct dns_config *c, json_t *options, struct error *err)
{
    const json_t *value = json_object_get(options, "only_rcode");
    c->exclude_noerror = option_on(options, "exclude_noerror");
    if (!value || c->exclude_noerror)
        return true;
    c->only_rcode = true;
    if (json_is_array(value))
        return read_rcode_list(c, options, err);
    if (!json_is_integer(value))
        return error_set(err, ERROR_INVALID,
                         "DnsStreamHandler: wrong value type for only_rcode filter. It should be "
                         "an integer or an array");
    int rcode = rcode_known(json_integer_value(value));
    if (rcode < 0)
        return error_set(
            err, ERROR_INVALID,
            "DnsStreamHandler: only_rcode filter contained an invalid/unsupported rcode");
    rcode_add(c, rcode);
    return true;
}

static bool read_answer_count(struct dns_config *c, json_t *options, struct error *err)
{
    const json_t *value = json_object_get(options, "answer_count");
    if (!value)
        return true;
    if (!json_is_integer(value))
        return error_set(err, ERROR_INVALID,
                         "DnsStreamHandler: wrong value type for answer_count filter. It should "
                         "be an integer");
    c->only_answer_count = true;
    c->answer_count = (uint64_t)json_integer_value(value);
    return true;
}

static bool read_qtypes(struct dns_config *c, json_t *options, struct error *err)
{
    size_t count = option_list_length(options, "only_qtype");
    c->qtypes = mem_calloc(count, sizeof *c->qtypes);
    if (!c->qtypes)
        return error_set(err, ERROR_MEMORY, "no memory for only_qtype");
    for (size_t i = 0; i < count; i++) {
        const char *text = option_list_text(options, "only_qtype", i);
        int qtype = dns_qtype_parse(text);
        if (qtype < 0 || !dns_qtype_name((unsigned)qtype))
            return error_set(err, ERROR_INVALID,
                             "DnsStreamHandler: only_qtype filter contained an "
                             "invalid/unsupported qtype: %s",
                             text);
        c->qtypes[c->n_qtypes++] = (uint16_t)qtype;
    }
    return true;
}

static bool read_names(struct name_set *set, json_t *options, const char *key, struct error *err)
{
    size_t count = option_list_length(options, key);
    if (!name_set_init(set, count))
        return error_set(err, ERROR_MEMORY, "no memory for %s", key);
    for (size_t i = 0; i < count; i++)
        if (!name_set_add(set, option_list_text(options, key, i)))
            return error_set(err, ERROR_MEMORY, "no memory for %s", key);
    return true;
}

static bool read_directions(struct dns_config *c, json_t *options, struct error *err)
{
    static const char *const names[3] = {
        [DIRECTION_UNKNOWN] = "unknown", [DIRECTION_IN] = "in", [DIRECTION_OUT] = "out"};
    bool given = option_given(options, "only_xact_directions");
    for (unsigned d = 0; d < 3; d++)
        c->directions[d] = !given;
    for (size_t i = 0; i < option_list_length(options, "only_xact_directions"); i++) {
        const char *text = option_list_text(options, "only_xact_directions", i);
        unsigned d = 0;
        while (d < 3 && strcasecmp(text, names[d]) != 0)
            d++;
        if (d == 3)
            return error_set(err, ERROR_INVALID,
                             "DnsStreamHandler: only_xact_directions filter contained an "
                             "invalid/unsupported direction: %s",
                             text);
        c->directions[d] = true;
    }
    return true;
}

static bool check_dnstap_type(json_t *options, struct error *err)
{
    static const char *const types[] = {"auth", "client", "forwarder", "resolver",
                                        "stub", "tool",   "update",    NULL};
    const json_t *value = json_object_get(options, "dnstap_msg_type");
    const char *text = json_string_value(value);
    for (size_t i = 0; text && types[i]; i++)
        if (strcasecmp(text, types[i]) == 0)
            return true;
    return !value || error_set(err, ERROR_INVALID,
                               "DnsStreamHandler: dnstap_msg_type contained an invalid/unsupported "
                               "type. Valid types: auth, client, forwarder, resolver, stub, tool, "
                               "update");
}

static bool has_filters(const struct dns_config *c)
{
    return c->exclude_noerror || c->only_rcode || c->only_answer_count || c->only_queries ||
           c->only_responses || c->only_dnssec_response || c->geo_not_found || c->asn_not_found ||
           c->n_qtypes || c->qnames.count || c->suffixes.count || !c->directions[DIRECTION_IN] ||
           !c->directions[DIRECTION_OUT] || !c->directions[DIRECTION_UNKNOWN];
}

void dns_config_settings(void *config, const struct metric_settings *settings)
{
    struct dns_config *c = config;
    c->reads_ecs = (settings->groups & c->ecs_groups) || c->geo_not_found || c->asn_not_found;
}

struct dns_config *dns_config_new(json_t *options, const struct metric_settings *settings,
                                  uint32_t ecs_groups, const struct handler_env *env,
                                  struct error *err)
{
    struct dns_config *c = mem_zalloc(sizeof *c);
    if (!c) {
        error_set(err, ERROR_MEMORY, "no memory for the dns handler");
        return NULL;
    }
    c->only_queries = option_on(options, "only_queries");
    c->only_responses = option_on(options, "only_responses");
    c->only_dnssec_response = option_on(options, "only_dnssec_response");
    c->geo_not_found = option_on(options, "geoloc_notfound") && geo_has_city(env->geo);
    c->asn_not_found = option_on(options, "asn_notfound") && geo_has_asn(env->geo);
    c->ecs_groups = ecs_groups;
    dns_config_settings(c, settings);
    c->ttl = xact_ttl(options);
    bool sound = read_rcodes(c, options, err) && read_answer_count(c, options, err) &&
                 read_qtypes(c, options, err) &&
                 read_names(&c->qnames, options, "only_qname", err) &&
                 read_names(&c->suffixes, options, "only_qname_suffix", err) &&
                 read_directions(c, options, err) && check_dnstap_type(options, err);
    c->public_suffix = option_on(options, "public_suffix_list") && !c->suffixes.count;
    c->filters = has_filters(c);
    if (sound)
        return c;
    dns_config_free(c);
    return NULL;
}
