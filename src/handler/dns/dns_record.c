// From an event to a message, and what both versions do with one.
#include "handler/dns/dns.h"

#include "base/memory.h"

void *dns_worker_new(const void *config, const struct handler_env *env)
{
    struct dns_worker *worker = mem_zalloc(sizeof *worker);
    if (!worker)
        return NULL;
    worker->config = config;
    worker->key = hash_process_key();
    transactions_init(&worker->transactions, worker->config->ttl);
    worker->pending = mem_calloc(BATCH_EVENTS, sizeof *worker->pending);
    if (env->geo)
        worker->geo = geo_cache_new(env->geo, env->geo_cache_size);
    if (worker->config->public_suffix)
        worker->suffixes = suffix_cache_new();
    if (worker->pending && (worker->geo || !env->geo) &&
        (worker->suffixes || !worker->config->public_suffix))
        return worker;
    dns_worker_free(worker);
    return NULL;
}

void dns_worker_free(void *worker_)
{
    struct dns_worker *worker = worker_;
    if (!worker)
        return;
    geo_cache_free(worker->geo);
    suffix_cache_free(worker->suffixes);
    transactions_done(&worker->transactions);
    mem_free(worker->pending);
    mem_free(worker);
}

bool dns_record_from(struct batch *batch, uint32_t index, struct dns_record *record)
{
    struct event *event = &batch->events[index];
    const struct packet_view *packet = event->packet;
    if (event->kind != EVENT_DNS_MESSAGE && !(event->kind == EVENT_PACKET && event->dns_port))
        return false;
    struct dns_message *message = event_dns(batch, event);
    if (!message)
        return false;
    record->packet = packet;
    record->message = message;
    record->bytes = event->body;
    record->name = span_of(message->name, message->name_len);
    record->name_hash = 0;
    record->event = index;
    record->client_port = dns_port(packet->dst_port) ? packet->src_port : packet->dst_port;
    record->suffix_len = 0;
    record->has_header = event->body.len >= 12;
    return true;
}

void dns_record_walk(const struct dns_config *c, struct batch *batch, struct dns_record *record)
{
    struct dns_message *m = record->message;
    bool wanted =
        m->response ? m->additionals || c->only_dnssec_response : c->reads_ecs && m->additionals;
    if (!wanted || m->walked)
        return;
    unsigned before = m->event;
    dns_walk(m, record->bytes);
    if (m->event != before)
        batch->counters->count[m->event]++;
}

void dns_record_key(struct dns_record *record, const struct hash_key *key, unsigned table)
{
    const struct packet_view *p = record->packet;
    bool response = record->message->response;
    struct transaction_key *k = &record->key;
    k->client = response ? p->dst : p->src;
    k->server = response ? p->src : p->dst;
    k->client_port = response ? p->dst_port : p->src_port;
    k->server_port = response ? p->src_port : p->dst_port;
    k->id = record->message->id;
    k->l4 = p->l4;
    k->table = (uint8_t)table;
    record->key_hash = transactions_hash(key, k);
}

static bool is_multicast(const struct packet_view *p)
{
    return p->l3 == L3_IPV4 ? (p->dst.bytes[12] & 0xf0) == 0xe0 : p->dst.bytes[0] == 0xff;
}

bool dns_is_multicast_query(const struct dns_record *record)
{
    unsigned port = record->packet->dst_port;
    return (port == 5353 || port == 5355) && is_multicast(record->packet);
}

bool dns_passes_rcode(const struct dns_config *c, const struct dns_message *m)
{
    if (c->exclude_noerror)
        return m->rcode != 0;
    return !c->only_rcode || (c->rcodes[m->rcode / 8] >> (m->rcode % 8) & 1);
}

bool dns_passes_qtype(const struct dns_config *c, const struct dns_message *m)
{
    if (!c->n_qtypes)
        return true;
    for (size_t i = 0; m->has_question && i < c->n_qtypes; i++)
        if (c->qtypes[i] == m->qtype)
            return true;
    return false;
}

bool dns_passes_answers(const struct dns_config *c, const struct dns_record *record)
{
    return !c->only_answer_count || record->message->answers == c->answer_count;
}

bool dns_find_suffix(const struct dns_config *c, struct dns_record *record)
{
    bool matched = false;
    if (record->message->has_question)
        record->suffix_len = (uint16_t)name_set_suffix(&c->suffixes, record->name, &matched);
    return matched;
}

bool dns_passes_name(struct dns_worker *w, struct dns_record *record)
{
    const struct dns_config *c = w->config;
    if (c->qnames.count &&
        !(record->message->has_question &&
          name_set_has(&c->qnames, record->name, dns_record_hash(record, w->key))))
        return false;
    return !c->suffixes.count || dns_find_suffix(c, record);
}

bool dns_passes_ecs(struct dns_worker *w, const struct dns_message *m)
{
    const struct dns_config *c = w->config;
    if (!c->geo_not_found && !c->asn_not_found)
        return true;
    if (m->response || !m->ecs.present)
        return false;
    if (c->geo_not_found && !geo_city(w->geo, &m->ecs.address)->unknown)
        return false;
    return !c->asn_not_found || geo_asn(w->geo, &m->ecs.address)->unknown;
}

// Many names aggregate to themselves: the hash is known then.
static uint64_t part_hash(struct dns_worker *w, struct dns_record *record, struct span part)
{
    return part.len == record->name.len ? dns_record_hash(record, w->key)
                                        : hash_bytes(w->key, part) | 1;
}

void dns_record_aggregate(struct dns_worker *w, struct dns_record *record)
{
    size_t suffix = record->suffix_len;
    if (w->suffixes)
        suffix = suffix_length(w->suffixes, record->name, dns_record_hash(record, w->key));
    record->parts =
        suffix ? dns_aggregate(record->name, suffix) : dns_message_aggregate(record->message);
    record->qname2_hash = part_hash(w, record, record->parts.qname2);
    if (record->parts.qname3.len)
        record->qname3_hash = part_hash(w, record, record->parts.qname3);
}

void dns_prefetch_aggregates(const struct metric_scope *m, struct dns_aggregate_rows rows,
                             const struct dns_record *record)
{
    frequent_prefetch(m->cells[rows.qname2].top, record->qname2_hash);
    if (record->parts.qname3.len)
        frequent_prefetch(m->cells[rows.qname3].top, record->qname3_hash);
}

void dns_count_aggregates(struct metric_scope *m, struct dns_aggregate_rows rows,
                          const struct dns_record *record)
{
    metric_top_bytes(m, rows.qname2, record->qname2_hash, record->parts.qname2, 1);
    if (record->parts.qname3.len)
        metric_top_bytes(m, rows.qname3, record->qname3_hash, record->parts.qname3, 1);
}

void dns_count_outcome(struct metric_scope *m, struct dns_outcome_rows rows,
                       const struct dns_message *message)
{
    switch (message->rcode) {
    case DNS_NOERROR:
        metric_count(m, rows.noerror, 1);
        metric_count(m, rows.nodata, message->answers == 0);
        break;
    case DNS_SRVFAIL:
        metric_count(m, rows.srvfail, 1);
        break;
    case DNS_NXDOMAIN:
        metric_count(m, rows.nxdomain, 1);
        break;
    case DNS_REFUSED:
        metric_count(m, rows.refused, 1);
        break;
    default:
        break;
    }
}

void dns_count_ecs(struct dns_worker *w, struct metric_scope *m, struct dns_ecs_rows rows,
                   const struct ip_address *subnet)
{
    struct span item = ip_canonical(subnet);
    metric_top_bytes(m, rows.address, hash_bytes(w->key, item) | 1, item, 1);
    count_places(w->geo, m, rows.places, subnet);
}

void dns_count_client(struct dns_worker *w, struct metric_scope *m, unsigned row,
                      const struct ip_address *client)
{
    if (!m->cells[row].top)
        return;
    struct span item = ip_canonical(client);
    metric_top_bytes(m, row, hash_bytes(w->key, item), item, 1);
}

void dns_count_client_name(struct dns_worker *w, struct metric_scope *m, unsigned row,
                           const struct ip_address *client, struct span name)
{
    if (!m->cells[row].top)
        return;
    char text[IP_TEXT_MAX + 1 + DNS_NAME_MAX];
    ip_format(client, text);
    size_t len = strlen(text);
    text[len++] = ' ';
    memcpy(text + len, name.ptr, name.len);
    struct span item = span_of(text, len + name.len);
    metric_top_bytes(m, row, hash_bytes(w->key, item), item, 1);
}
