// dns 1.0, schema "dns": messages, and transactions beside them.
#include "handler/dns/dns1_rows.h"

#include "handler/dns/dns.h"
#include "handler/tally.h"

static const struct metric_row rows[] = {DNS1_ROWS(METRIC_ROW_ENTRY)};
static const struct metric_scope_row scopes[] = {{.label = NULL}};

static const struct metric_table table = {
    .schema = "dns",
    .title = "dns 1.0",
    .rows = rows,
    .n_rows = ROW_COUNT,
    .scopes = scopes,
    .n_scopes = 1,
    .groups = groups,
    .n_groups = sizeof groups / sizeof *groups,
};

static const struct option_row options[] = {
    {"exclude_noerror", OPTION_BOOL, .help = "drop messages with rcode NOERROR (so all queries)"},
    {"only_rcode", OPTION_UINT_OR_LIST, .own_check = true,
     .help = "keep replies with these rcodes, by number or name"},
    {"only_queries", OPTION_BOOL, .help = "keep queries"},
    {"only_responses", OPTION_BOOL, .help = "keep replies"},
    {"only_dnssec_response", OPTION_BOOL, .help = "keep replies with an RRSIG among the answers"},
    {"answer_count", OPTION_UINT, .max = 65535, .own_check = true,
     .help = "keep messages with exactly that many answers"},
    DNS_NAME_OPTIONS,
};

static const struct dns_aggregate_rows aggregate_rows = {TOP_QNAME2, TOP_QNAME3};

static void *config_new(json_t *given, const struct metric_settings *settings,
                        const struct handler_env *env, struct error *err)
{
    return dns_config_new(given, settings, TOP_ECS, env, err);
}

// Upstream installs only_rcode and only_qname in front of the handler for UDP: what does not match
// is not seen at all. Queries never match an rcode.
static bool is_offered(struct dns_worker *w, struct dns_record *record)
{
    const struct dns_config *c = w->config;
    if (!c->filters || record->packet->l4 != L4_UDP)
        return true;
    if (c->only_rcode && !(record->message->response && dns_passes_rcode(c, record->message)))
        return false;
    return !c->qnames.count ||
           (record->message->has_question &&
            name_set_has(&c->qnames, record->name, dns_record_hash(record, w->key)));
}

static bool passes(struct dns_worker *w, struct dns_record *record)
{
    const struct dns_config *c = w->config;
    const struct dns_message *m = record->message;
    if (!c->filters)
        return true;
    if (!dns_passes_rcode(c, m) || !dns_passes_answers(c, record))
        return false;
    if ((c->only_queries && m->response) || (c->only_responses && !m->response))
        return false;
    if (c->only_dnssec_response && !(m->response && m->answer_rrsigs))
        return false;
    return dns_passes_qtype(c, m) && dns_passes_name(w, record) && dns_passes_ecs(w, m);
}

static void count_header(struct metric_scope *m, const struct dns_record *record)
{
    const struct dns_message *message = record->message;
    metric_count(m, TOTAL, 1);
    metric_count(m, record->packet->l4 == L4_TCP ? TCP : UDP, 1);
    metric_count(m, record->packet->l3 == L3_IPV6 ? IPV6 : IPV4, 1);
    if (!record->has_header)
        return;
    metric_count(m, message->response ? REPLIES : QUERIES, 1);
    if (message->response)
        dns_count_outcome(m, (struct dns_outcome_rows){NOERROR, NODATA, SRVFAIL, NXDOMAIN, REFUSED},
                          message);
}

static void count_transaction(struct dns_worker *w, struct metric_scope *m,
                              struct dns_record *record, const struct transaction_result *result)
{
    static const struct {
        uint8_t total, time, histogram, slow, limit;
    } by_direction[3] = {
        [DIRECTION_IN] = {XACT_OUT_TOTAL, XACT_OUT_TIME, XACT_OUT_HISTOGRAM, XACT_OUT_SLOW,
                          DIRECTION_OUT},
        [DIRECTION_OUT] = {XACT_IN_TOTAL, XACT_IN_TIME, XACT_IN_HISTOGRAM, XACT_IN_SLOW,
                           DIRECTION_IN},
    };
    metric_count(m, NEGATIVE_TIMES, result->negative);
    metric_count(m, XACT_TOTAL, 1);
    double us = (double)((result->elapsed + 500) / 1000);
    unsigned direction = record->packet->direction;
    if (direction != DIRECTION_UNKNOWN)
        metric_count(m, by_direction[direction].total, 1);
    if (!record->deep)
        return;
    if (result->question.size)
        metric_quantile(m, XACT_RATIO, (double)record->message->size / result->question.size);
    if (direction == DIRECTION_UNKNOWN)
        return;
    metric_quantile(m, by_direction[direction].time, us);
    metric_histogram(m, by_direction[direction].histogram, us);
    double limit = w->slow[by_direction[direction].limit];
    if (limit > 0 && us >= limit)
        metric_top_bytes(m, by_direction[direction].slow, dns_record_hash(record, w->key),
                         record->name, 1);
}

static void match(struct dns_worker *w, struct metric_scope *m, struct dns_record *record)
{
    struct transactions *t = &w->transactions;
    int64_t time = record->packet->time;
    const struct dns_message *message = record->message;
    if (transactions_due(t, time))
        metric_count(m, XACT_TIMED_OUT, transactions_expire(t, time, NULL, NULL));
    if (message->response) {
        struct transaction_result result;
        transactions_answer(t, record->key_hash, &record->key, time, &result);
        if (result.outcome == OUTCOME_ANSWERED)
            count_transaction(w, m, record, &result);
        else if (result.outcome == OUTCOME_TIMEOUT && result.newly)
            metric_count(m, XACT_TIMED_OUT, 1);
        return;
    }
    struct transaction *question =
        transactions_ask(t, record->key_hash, &record->key, time, message->size);
    if (question)
        question->zone_transfer = dns_asks_for_zone(message);
}

static void count_reply(struct dns_worker *w, struct metric_scope *m, struct dns_record *record)
{
    static const struct dns_name_rows name_rows = {.by_rcode = {[DNS_NOERROR] = TOP_NOERROR,
                                                                [DNS_SRVFAIL] = TOP_SRVFAIL,
                                                                [DNS_NXDOMAIN] = TOP_NXDOMAIN,
                                                                [DNS_REFUSED] = TOP_REFUSED},
                                                   .nodata = TOP_NODATA,
                                                   .bytes = TOP_BYTES};
    const struct dns_message *message = record->message;
    metric_top16(m, TOP_RCODE, message->rcode, 1);
    if (!message->has_question)
        return;
    dns_count_names(w, m, &name_rows, record);
    if (message->rcode != DNS_NXDOMAIN)
        return;
    dns_count_client(w, m, CLIENTS_NXDOMAIN, &record->packet->dst);
    dns_count_client_name(w, m, CLIENT_QNAMES_NXDOMAIN, &record->packet->dst, record->name);
}

static void count_query(struct dns_worker *w, struct metric_scope *m, struct dns_record *record)
{
    const struct dns_message *message = record->message;
    if (message->ecs.present) {
        metric_count(m, QUERY_ECS, 1);
        dns_count_ecs(w, m, (struct dns_ecs_rows){ECS_SUBNETS, {ECS_PLACES, ECS_ASNS}},
                      &message->ecs.address);
    }
    dns_count_client(w, m, CLIENTS, &record->packet->src);
}

static void count_deep(struct dns_worker *w, struct metric_scope *m, struct dns_record *record)
{
    const struct dns_message *message = record->message;
    metric_top16(m, TOP_UDP_PORTS, record->client_port, 1);
    metric_quantile(m, message->response ? REPLY_SIZE : QUERY_SIZE, message->size);
    metric_histogram(m, message->response ? REPLY_SIZE_HISTOGRAM : QUERY_SIZE_HISTOGRAM,
                     message->size);
    if (message->has_question) {
        if (record->name.len)
            metric_distinct(m, QNAMES, record->coupon);
        if (m->cells[TOP_QNAME2].top)
            dns_count_aggregates(m, aggregate_rows, record);
        metric_top16(m, TOP_QTYPE, message->qtype, 1);
    }
    if (message->response)
        count_reply(w, m, record);
    else
        count_query(w, m, record);
}

// Hashes what a message will be counted under, and brings the slots near.
static void prepare(struct dns_worker *w, const struct metric_shard *metrics,
                    struct dns_record *record)
{
    const struct metric_scope *m = metrics->live->root;
    if (record->has_header && (metrics->settings.groups & TRANSACTION)) {
        dns_record_key(record, w->key, 0);
        transactions_prefetch(&w->transactions, record->key_hash);
    }
    if (!record->deep)
        return;
    metric_top16_prefetch(m, TOP_UDP_PORTS, record->client_port);
    if (!record->message->has_question)
        return;
    if (m->cells[QNAMES].distinct && record->name.len) { // the root counts as no name (upstream)
        record->coupon = hll_coupon(record->name);
        hll_prefetch(m->cells[QNAMES].distinct, record->coupon);
    }
    if (m->cells[TOP_QNAME2].top) {
        dns_record_aggregate(w, record);
        dns_prefetch_aggregates(m, aggregate_rows, record);
    }
}

// First pass: decode, filter, count what is cheap, and prepare the second pass.
static bool offer(struct dns_worker *w, struct metric_shard *metrics, struct tally *tally,
                  struct dns_record *record)
{
    if (!is_offered(w, record))
        return false;
    int64_t second = record->packet->second;
    tally->records++;
    tally_rate(tally, second, 1);
    if (!passes(w, record)) {
        tally->filtered++;
        tally->deep += metrics->deep;
        return false;
    }
    record->deep = metric_shard_sample(metrics);
    tally->deep += record->deep;
    count_header(tally->root, record);
    metric_rate(tally->root, RATE_TOTAL, second, 1);
    prepare(w, metrics, record);
    return true;
}

static void process(void *shard, struct metric_shard *metrics, struct batch *batch,
                    const struct selection *in, struct selection *out)
{
    struct dns_worker *w = shard;
    struct metric_scope *m = metrics->live->root;
    bool transactions = metrics->settings.groups & TRANSACTION;
    struct tally tally;
    tally_begin(&tally, m, RATE_EVENTS);
    uint32_t passed = 0;
    for (uint32_t i = 0; i < in->count; i++) {
        struct dns_record *record = &w->pending[passed];
        if (!dns_record_from(batch, in->index[i], record))
            continue;
        dns_record_walk(w->config, batch, record);
        if (offer(w, metrics, &tally, record))
            out->index[passed++] = (uint16_t)record->event;
    }
    for (uint32_t i = 0; i < passed; i++) {
        struct dns_record *record = &w->pending[i];
        if (transactions && record->has_header && !dns_is_multicast_query(record))
            match(w, m, record);
        if (record->deep)
            count_deep(w, m, record);
    }
    out->count = passed;
    out->messages = true;
    tally_end(&tally, (struct tally_rows){EVENTS, DEEP_SAMPLES, FILTERED});
}

static void tick(void *shard, struct metric_shard *metrics, int64_t now)
{
    struct transactions *t = &((struct dns_worker *)shard)->transactions;
    struct metric_scope *m = metrics->live->root;
    metric_count(m, XACT_TIMED_OUT, transactions_expire(t, now, NULL, NULL));
    metric_count(m, EVICTED, t->evicted);
    t->evicted = 0;
}

static void learn(void *shard, const struct metric_bucket *closed)
{
    struct dns_worker *w = shard;
    const struct exphist *in = closed->root->cells[XACT_IN_TIME].quantiles;
    const struct exphist *out = closed->root->cells[XACT_OUT_TIME].quantiles;
    if (in && in->count)
        w->slow[DIRECTION_IN] = exphist_quantile(in, 0.9);
    if (out && out->count)
        w->slow[DIRECTION_OUT] = exphist_quantile(out, 0.9);
}

const struct handler_class dns1_class = {
    DNS_CLASS,
    .version = "1.0",
    .metrics = &table,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .config_new = config_new,
    .process = process,
    .tick = tick,
    .learn = learn,
};
