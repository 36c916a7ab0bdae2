#include "truth_parts.h"

static void write_rcodes(struct json *json, const struct rcode_counts *counts, const char *suffix)
{
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {{"noerror", counts->noerror},
                {"nodata", counts->nodata},
                {"nxdomain", counts->nxdomain},
                {"refused", counts->refused},
                {"srvfail", counts->srvfail}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s%s", rows[i].name, suffix);
        json_count(json, name, rows[i].count);
    }
}

static void write_messages(struct json *json, const struct dns_truth *t)
{
    json_open(json, "wire_packets", '{');
    json_count(json, "events", t->total);
    json_count(json, "total", t->total);
    json_count(json, "queries", t->queries);
    json_count(json, "replies", t->replies);
    json_count(json, "udp", t->udp);
    json_count(json, "tcp", t->tcp);
    json_count(json, "ipv4", t->ipv4);
    json_count(json, "ipv6", t->ipv6);
    write_rcodes(json, &t->rcodes, "");
    json_count(json, "query_ecs", t->query_ecs);
    json_close(json, '}');
}

// Counts and latencies of one direction.
static void write_xact_way(struct json *json, const char *name, const struct dns_truth *t,
                           enum way response)
{
    json_open(json, name, '{');
    json_count(json, "total", t->xact_by_way[response]);
    write_quantiles(json, "quantiles_us", &t->microseconds[response]);
    json_close(json, '}');
}

static void write_xact(struct json *json, const struct truth *truth)
{
    const struct dns_truth *t = &truth->dns;
    uint64_t timeouts[WAYS] = {0};
    questions_end(&t->questions, truth->newest, timeouts);
    json_open(json, "xact", '{');
    json_open(json, "counts", '{');
    json_count(json, "total", t->xact_total);
    json_count(json, "timed_out", t->xact_timed_out + timeouts[0]);
    json_close(json, '}');
    write_xact_way(json, "in", t, WAY_OUT);
    write_xact_way(json, "out", t, WAY_IN);
    if (t->ratio.count) {
        json_open(json, "ratio", '{');
        write_real_quantiles(json, "quantiles", &t->ratio);
        json_close(json, '}');
    }
    json_close(json, '}');
}

void write_dns1(struct json *json, const struct truth *truth)
{
    const struct dns_truth *t = &truth->dns;
    const struct name_tops *tops = &t->tops;
    json_open(json, "dns", '{');
    write_messages(json, t);
    json_open(json, "cardinality", '{');
    json_count(json, "qname", tops->qname.count);
    json_close(json, '}');
    write_xact(json, truth);
    write_top(json, "top_udp_ports", &tops->port, ITEM_NUMBER);
    write_top(json, "top_qname2", &tops->qname2, ITEM_TEXT);
    write_top(json, "top_qname3", &tops->qname3, ITEM_TEXT);
    write_top(json, "top_nxdomain", &tops->nxdomain, ITEM_TEXT);
    write_top(json, "top_refused", &tops->refused, ITEM_TEXT);
    write_top(json, "top_srvfail", &tops->srvfail, ITEM_TEXT);
    write_top(json, "top_nodata", &tops->nodata, ITEM_TEXT);
    write_top(json, "top_noerror", &tops->noerror, ITEM_TEXT);
    write_top(json, "top_qname_by_resp_bytes", &tops->bytes, ITEM_TEXT);
    write_top(json, "top_rcode", &tops->rcode, ITEM_RCODE);
    write_top(json, "top_qtype", &tops->qtype, ITEM_QTYPE);
    write_top(json, "top_query_ecs", &tops->ecs, ITEM_ADDRESS);
    json_close(json, '}');
    json_open(json, "beside", '{');
    json_count(json, "orphan_responses", t->xact_orphans);
    json_count(json, "continued_transfers", t->xact_continued);
    json_count(json, "negative_times", t->xact_negative);
    json_count(json, "unknown_direction_xacts", t->xact_by_way[WAY_UNKNOWN]);
    write_quantiles(json, "query_bytes", &t->query_sizes);
    write_quantiles(json, "reply_bytes", &t->reply_sizes);
    write_top(json, "clients", &tops->clients, ITEM_ADDRESS);
    write_top(json, "clients_nxdomain", &tops->clients_nxdomain, ITEM_ADDRESS);
    json_close(json, '}');
}

static void write_object_counts(struct json *json, const struct transaction_truth *t,
                                uint64_t timeouts)
{
    json_count(json, "xacts", t->xacts);
    json_count(json, "udp_xacts", t->udp);
    json_count(json, "tcp_xacts", t->tcp);
    json_count(json, "ipv4_xacts", t->ipv4);
    json_count(json, "ipv6_xacts", t->ipv6);
    write_rcodes(json, &t->rcodes, "_xacts");
    json_count(json, "authenticated_data_xacts", t->authenticated_data);
    json_count(json, "authoritative_answer_xacts", t->authoritative);
    json_count(json, "checking_disabled_xacts", t->checking_disabled);
    json_count(json, "ecs_xacts", t->ecs);
    json_count(json, "timeout_queries", timeouts);
    json_count(json, "orphan_responses", t->orphans);
}

static void write_object(struct json *json, const char *name, const struct transaction_truth *t,
                         uint64_t timeouts)
{
    const struct name_tops *tops = &t->tops;
    if (t->xacts + timeouts + t->orphans == 0)
        return;
    json_open(json, name, '{');
    write_object_counts(json, t, timeouts);
    json_open(json, "cardinality", '{');
    json_count(json, "qname", tops->qname.count);
    json_close(json, '}');
    write_top(json, "top_qname2_xacts", &tops->qname2, ITEM_TEXT);
    write_top(json, "top_qname3_xacts", &tops->qname3, ITEM_TEXT);
    write_top(json, "top_nxdomain_xacts", &tops->nxdomain, ITEM_TEXT);
    write_top(json, "top_refused_xacts", &tops->refused, ITEM_TEXT);
    write_top(json, "top_srvfail_xacts", &tops->srvfail, ITEM_TEXT);
    write_top(json, "top_nodata_xacts", &tops->nodata, ITEM_TEXT);
    write_top(json, "top_noerror_xacts", &tops->noerror, ITEM_TEXT);
    write_top(json, "top_rcode_xacts", &tops->rcode, ITEM_RCODE);
    write_top(json, "top_qtype_xacts", &tops->qtype, ITEM_QTYPE);
    write_top(json, "top_udp_ports_xacts", &tops->port, ITEM_NUMBER);
    write_top(json, "top_response_bytes", &tops->bytes, ITEM_TEXT);
    write_top(json, "top_ecs_xacts", &tops->ecs, ITEM_ADDRESS);
    write_real_quantiles(json, "response_query_size_ratio", &t->ratio);
    write_quantiles(json, "xact_time_us", &t->microseconds);
    json_close(json, '}');
}

void write_dns2(struct json *json, const struct truth *truth)
{
    static const char *const names[WAYS] = {"unknown", "in", "out"};
    const struct dns_truth *t = &truth->dns;
    uint64_t timeouts[WAYS] = {0};
    questions_end(&t->object_questions, truth->newest, timeouts);
    json_open(json, "dns", '{');
    json_count(json, "observed_packets", t->total);
    for (unsigned way = 0; way < WAYS; way++)
        write_object(json, names[way], &t->objects[way], timeouts[way] + t->objects[way].timeouts);
    json_close(json, '}');
}
