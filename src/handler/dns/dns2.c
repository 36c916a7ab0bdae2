// dns 2.0, schema "dns": transactions by direction ("in": the host is the server).
#include "handler/dns/dns2_rows.h"

#include "handler/dns/dns.h"
#include "handler/tally.h"

static const struct metric_row rows[] = {DNS2_ROWS(METRIC_ROW_ENTRY)};

static const struct metric_table table = {
    .schema = "dns",
    .title = "dns 2.0",
    .rows = rows,
    .n_rows = ROW_COUNT,
    .scopes = direction_scopes,
    .n_scopes = DIRECTION_SCOPE_COUNT,
    .groups = groups,
    .n_groups = sizeof groups / sizeof *groups,
};

static const struct option_row options[] = {
    {"exclude_noerror", OPTION_BOOL, .help = "drop transactions with rcode NOERROR"},
    {"only_rcode", OPTION_UINT_OR_LIST, .own_check = true,
     .help = "keep transactions with these rcodes, by number or name"},
    {"only_dnssec_response", OPTION_BOOL, .help = "keep responses with an RRSIG among the answers"},
    {"answer_count", OPTION_UINT, .max = 65535, .own_check = true,
     .help = "keep responses with exactly that many answers"},
    DNS_NAME_OPTIONS,
    {"only_xact_directions", OPTION_LIST, .help = "keep transactions of these directions"},
};

// What a question leaves for its response.
enum { QUESTION_FILTERED = 1, QUESTION_CHECKING_DISABLED = 2, QUESTION_ECS = 4 };

static void *config_new(json_t *given, const struct metric_settings *settings,
                        const struct handler_env *env, struct error *err)
{
    return dns_config_new(given, settings, TOP_ECS, env, err);
}

// The object that a message belongs to: a query into the host and a response out of it are both of
// the host as server.
static unsigned object_of(const struct dns_record *record)
{
    static const uint8_t of_response[3] = {[DIRECTION_UNKNOWN] = DIRECTION_UNKNOWN,
                                           [DIRECTION_IN] = DIRECTION_OUT,
                                           [DIRECTION_OUT] = DIRECTION_IN};
    unsigned direction = record->packet->direction;
    return record->message->response ? of_response[direction] : direction;
}

static bool passes(struct dns_worker *w, struct dns_record *record)
{
    const struct dns_config *c = w->config;
    const struct dns_message *m = record->message;
    if (!c->filters)
        return true;
    if (!c->directions[object_of(record)])
        return false;
    if (!m->response)
        return dns_passes_ecs(w, m) && dns_passes_name(w, record);
    return dns_passes_rcode(c, m) && dns_passes_answers(c, record) &&
           (!c->only_dnssec_response || m->answer_rrsigs) && dns_passes_qtype(c, m);
}

static void count_counters(struct metric_scope *m, const struct dns_record *record,
                           const struct transaction *question)
{
    const struct dns_message *message = record->message;
    metric_count(m, XACTS, 1);
    metric_rate(m, XACT_RATES, record->packet->second, 1);
    metric_count(m, record->packet->l4 == L4_TCP ? TCP : UDP, 1);
    metric_count(m, record->packet->l3 == L3_IPV6 ? IPV6 : IPV4, 1);
    metric_count(m, AUTHENTICATED, message->authenticated_data);
    metric_count(m, AUTHORITATIVE, message->authoritative);
    metric_count(m, CHECKING_DISABLED, (question->flags & QUESTION_CHECKING_DISABLED) != 0);
    dns_count_outcome(m, (struct dns_outcome_rows){NOERROR, NODATA, SRVFAIL, NXDOMAIN, REFUSED},
                      message);
}

static void count_clients(struct dns_worker *w, struct metric_scope *m,
                          const struct dns_record *record)
{
    if (!m->cells[CLIENTS].top)
        return;
    const struct ip_address *client = &record->packet->dst;
    dns_count_client(w, m, CLIENTS, client);
    if (record->message->rcode != DNS_NXDOMAIN)
        return;
    dns_count_client(w, m, CLIENTS_NXDOMAIN, client);
    dns_count_client_name(w, m, CLIENT_QNAMES_NXDOMAIN, client, record->name);
}

static void count_question(struct dns_worker *w, struct metric_scope *m, struct dns_record *record)
{
    static const struct dns_name_rows name_rows = {.by_rcode = {[DNS_NOERROR] = TOP_NOERROR,
                                                                [DNS_SRVFAIL] = TOP_SRVFAIL,
                                                                [DNS_NXDOMAIN] = TOP_NXDOMAIN,
                                                                [DNS_REFUSED] = TOP_REFUSED},
                                                   .nodata = TOP_NODATA,
                                                   .bytes = TOP_BYTES};
    const struct dns_message *message = record->message;
    if (!message->has_question)
        return;
    if (m->cells[QNAMES].distinct && record->name.len) // the root counts as no name (upstream)
        hll_add(m->cells[QNAMES].distinct, record->name);
    dns_count_names(w, m, &name_rows, record);
    if (m->cells[TOP_QNAME2].top) {
        if (w->config->suffixes.count) // the filter has looked at the query, this is its response
            dns_find_suffix(w->config, record);
        dns_record_aggregate(w, record);
        dns_count_aggregates(m, (struct dns_aggregate_rows){TOP_QNAME2, TOP_QNAME3}, record);
    }
    metric_top16(m, TOP_QTYPE, message->qtype, 1);
}

static void count_times(struct dns_worker *w, struct metric_scope *m, struct dns_record *record,
                        int64_t elapsed)
{
    double us = (double)((elapsed + 500) / 1000);
    metric_quantile(m, TIME, us);
    metric_histogram(m, TIME_HISTOGRAM, us);
    double limit = w->slow[object_of(record)];
    if (limit > 0 && us >= limit)
        metric_top_bytes(m, TOP_SLOW, dns_record_hash(record, w->key), record->name, 1);
}

static void count_transaction(struct dns_worker *w, struct metric_scope *m,
                              struct dns_record *record, const struct transaction_result *result)
{
    const struct transaction *question = &result->question;
    const struct dns_message *message = record->message;
    count_counters(m, record, question);
    if (!record->deep)
        return;
    if (question->flags & QUESTION_ECS) {
        metric_count(m, ECS, 1);
        dns_count_ecs(w, m, (struct dns_ecs_rows){ECS_SUBNETS, {ECS_PLACES, ECS_ASNS}},
                      &question->ecs);
    }
    metric_top16(m, TOP_UDP_PORTS, record->client_port, 1);
    metric_top16(m, TOP_RCODE, message->rcode, 1);
    count_question(w, m, record);
    if (question->size)
        metric_quantile(m, RATIO, (double)message->size / question->size);
    metric_quantile(m, QUERY_SIZE, question->size);
    metric_histogram(m, QUERY_SIZE_HISTOGRAM, question->size);
    metric_quantile(m, RESPONSE_SIZE, message->size);
    metric_histogram(m, RESPONSE_SIZE_HISTOGRAM, message->size);
    count_times(w, m, record, result->elapsed);
    count_clients(w, m, record);
}

static void ask(struct dns_worker *w, struct dns_record *record, bool filtered)
{
    if (dns_is_multicast_query(record))
        return;
    const struct dns_message *message = record->message;
    struct transaction *question = transactions_ask(
        &w->transactions, record->key_hash, &record->key, record->packet->time, message->size);
    if (!question)
        return;
    question->zone_transfer = dns_asks_for_zone(message);
    question->flags = (uint8_t)((filtered ? QUESTION_FILTERED : 0) |
                                (message->checking_disabled ? QUESTION_CHECKING_DISABLED : 0) |
                                (message->ecs.present ? QUESTION_ECS : 0));
    question->ecs = message->ecs.address;
}

// A response that passed the filters.
static void answer(struct dns_worker *w, struct metric_scope *root, struct dns_record *record)
{
    struct transaction_result result;
    transactions_answer(&w->transactions, record->key_hash, &record->key, record->packet->time,
                        &result);
    if (result.outcome == OUTCOME_CONTINUED)
        return;
    struct metric_scope *m = direction_scope(root, object_of(record));
    if (result.outcome == OUTCOME_ORPHAN)
        metric_count(m, ORPHANS, 1);
    else if (result.question.flags & QUESTION_FILTERED)
        metric_count(root, FILTERED, 1);
    else if (result.outcome == OUTCOME_TIMEOUT)
        metric_count(m, TIMEOUTS, result.newly);
    else {
        metric_count(root, NEGATIVE_TIMES, result.negative);
        count_transaction(w, m, record, &result);
    }
}

// A response that a filter rejected takes its question with it: that counts as filtered, too,
// unless it has been already or has timed out.
static void reject_answer(struct dns_worker *w, struct metric_scope *root,
                          struct dns_record *record)
{
    struct transaction_result result;
    transactions_answer(&w->transactions, record->key_hash, &record->key, record->packet->time,
                        &result);
    if (result.outcome == OUTCOME_ORPHAN || (result.question.flags & QUESTION_FILTERED))
        return;
    if (result.outcome == OUTCOME_ANSWERED)
        metric_count(root, FILTERED, 1);
    else if (result.outcome == OUTCOME_TIMEOUT)
        metric_count(direction_scope(root, object_of(record)), TIMEOUTS, result.newly);
}

static void count_timeout(void *root, const struct transaction *question)
{
    if (!(question->flags & QUESTION_FILTERED))
        metric_count(direction_scope(root, question->key.table), TIMEOUTS, 1);
}

static void handle(struct dns_worker *w, struct metric_scope *root, struct dns_record *record,
                   bool passed)
{
    struct transactions *t = &w->transactions;
    if (!record->has_header)
        return;
    if (transactions_due(t, record->packet->time))
        transactions_expire(t, record->packet->time, count_timeout, root);
    if (!record->message->response)
        ask(w, record, !passed);
    else if (passed)
        answer(w, root, record);
    else
        reject_answer(w, root, record);
}

// First pass: decode, count what is cheap, bring near what the second pass will touch.
static bool offer(struct dns_worker *w, struct batch *batch, uint32_t event, struct tally *tally,
                  struct dns_record *record)
{
    if (!dns_record_from(batch, event, record))
        return false;
    dns_record_walk(w->config, batch, record);
    tally->records++;
    tally_rate(tally, record->packet->second, 1);
    dns_record_key(record, w->key, object_of(record));
    transactions_prefetch(&w->transactions, record->key_hash);
    return true;
}

static void process(void *shard, struct metric_shard *metrics, struct batch *batch,
                    const struct selection *in, struct selection *out)
{
    struct dns_worker *w = shard;
    struct metric_scope *root = metrics->live->root;
    struct tally tally;
    tally_begin(&tally, root, OBSERVED_PPS);
    uint32_t offered = 0;
    for (uint32_t i = 0; i < in->count; i++)
        offered += offer(w, batch, in->index[i], &tally, &w->pending[offered]);
    uint32_t passed = 0;
    for (uint32_t i = 0; i < offered; i++) {
        struct dns_record *record = &w->pending[i];
        bool keep = passes(w, record);
        record->deep = keep ? metric_shard_sample(metrics) : metrics->deep;
        tally.filtered += !keep;
        tally.deep += record->deep;
        handle(w, root, record, keep);
        if (keep)
            out->index[passed++] = (uint16_t)record->event;
    }
    out->count = passed;
    out->messages = true;
    tally_end(&tally, (struct tally_rows){OBSERVED, DEEP_SAMPLED, FILTERED});
}

static void tick(void *shard, struct metric_shard *metrics, int64_t now)
{
    struct transactions *t = &((struct dns_worker *)shard)->transactions;
    struct metric_scope *root = metrics->live->root;
    transactions_expire(t, now, count_timeout, root);
    metric_count(root, EVICTED, t->evicted);
    t->evicted = 0;
}

static void learn(void *shard, const struct metric_bucket *closed)
{
    struct dns_worker *w = shard;
    for (uint32_t i = 0; i < closed->root->n_children; i++) {
        const struct metric_scope *scope = closed->root->children[i];
        const struct exphist *time = scope->cells[TIME].quantiles;
        if (time && time->count)
            w->slow[direction_of_scope(scope)] = exphist_quantile(time, 0.9);
    }
}

const struct handler_class dns2_class = {
    DNS_CLASS,
    .version = "2.0",
    .metrics = &table,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .config_new = config_new,
    .process = process,
    .tick = tick,
    .learn = learn,
};
