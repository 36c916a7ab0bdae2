#include "truth_parts.h"

#include "dns_message.h"

// The DNS ports; the port that is counted is the other one, the destination being tried first.
static bool is_dns_port(unsigned port)
{
    return port == 53 || port == 5353 || port == 5355 || port == 53000;
}

static unsigned other_port(const struct path *path)
{
    return is_dns_port(path->dst_port) ? path->src_port : path->dst_port;
}

static bool is_multicast_query(const struct note *note)
{
    const struct address *dst = &note->path.dst;
    bool multicast = dst->family == FAMILY_IPV4 ? dst->bytes[0] >> 4 == 14 : dst->bytes[0] == 0xff;
    return multicast && (note->path.dst_port == 5353 || note->path.dst_port == 5355);
}

// From the start of the label that has `labels` - 1 labels behind it: with the dot before it, or
// the whole name. Escaped dots are none. NULL: there are fewer labels.
static const char *tail(const char *name, size_t len, unsigned labels)
{
    unsigned dots = 0;
    for (size_t at = len; at-- > 0;)
        if (name[at] == '.' && (at == 0 || name[at - 1] != '\\') && ++dots == labels)
            return name + at;
    return dots + 1 == labels ? name : NULL;
}

static void count_tails(struct name_tops *tops, const char *name)
{
    enum { SHORT = 5 }; // names below it are not cut
    size_t len = strlen(name);
    const char *two = len < SHORT ? name : tail(name, len, 2);
    const char *three = len < SHORT ? NULL : tail(name, len, 3);
    tally_add(&tops->qname2, span_text(two ? two : name), 1);
    if (three)
        tally_add(&tops->qname3, span_text(three), 1);
}

static void count_rcode(struct rcode_counts *counts, const struct dns_note *dns)
{
    counts->noerror += dns->rcode == RCODE_NOERROR;
    counts->nodata += dns->rcode == RCODE_NOERROR && dns->answers == 0;
    counts->nxdomain += dns->rcode == RCODE_NXDOMAIN;
    counts->refused += dns->rcode == RCODE_REFUSED;
    counts->srvfail += dns->rcode == RCODE_SERVFAIL;
}

static void count_question(struct name_tops *tops, const struct dns_note *dns)
{
    if (dns->name[0]) // the root counts as no name
        tally_add(&tops->qname, span_text(dns->name), 1);
    tally_add_value(&tops->qtype, dns->qtype, 1);
    count_tails(tops, dns->name);
}

static void count_reply_name(struct name_tops *tops, const struct dns_note *dns, uint32_t size)
{
    struct span name = span_text(dns->name);
    if (dns->rcode == RCODE_NOERROR)
        tally_add(&tops->noerror, name, 1);
    if (dns->rcode == RCODE_NOERROR && dns->answers == 0)
        tally_add(&tops->nodata, name, 1);
    if (dns->rcode == RCODE_NXDOMAIN)
        tally_add(&tops->nxdomain, name, 1);
    if (dns->rcode == RCODE_REFUSED)
        tally_add(&tops->refused, name, 1);
    if (dns->rcode == RCODE_SERVFAIL)
        tally_add(&tops->srvfail, name, 1);
    tally_add(&tops->bytes, name, size);
}

static void count_message(struct dns_truth *t, const struct note *note,
                          const struct message *message)
{
    const struct dns_note *dns = &message->dns;
    t->total++;
    t->udp += note->transport == TRANSPORT_UDP;
    t->tcp += note->transport == TRANSPORT_TCP;
    t->ipv4 += note->path.src.family == FAMILY_IPV4;
    t->ipv6 += note->path.src.family == FAMILY_IPV6;
    tally_add_value(&t->tops.port, other_port(&note->path), 1);
    if (dns->no_header)
        return;
    tally_add_value(dns->response ? &t->reply_sizes : &t->query_sizes, message->size, 1);
    if (dns->has_question)
        count_question(&t->tops, dns);
    if (dns->response) {
        t->replies++;
        count_rcode(&t->rcodes, dns);
        tally_add_value(&t->tops.rcode, dns->rcode, 1);
        if (dns->has_question)
            count_reply_name(&t->tops, dns, message->size);
        if (dns->has_question && dns->rcode == RCODE_NXDOMAIN)
            tally_add(&t->tops.clients_nxdomain, address_span(&note->path.dst), 1);
        return;
    }
    t->queries++;
    tally_add(&t->tops.clients, address_span(&note->path.src), 1);
    if (dns->ecs) {
        t->query_ecs++;
        tally_add(&t->tops.ecs, address_span(dns->ecs), 1);
    }
}

// The object of dns 2.0: a response out of the host and a query into it are of the host as server.
static enum way object_of(const struct truth *truth, const struct note *note, bool response)
{
    enum way way = hosts_way(&truth->hosts, &note->path);
    if (!response || way == WAY_UNKNOWN)
        return way;
    return way == WAY_IN ? WAY_OUT : WAY_IN;
}

static uint64_t microseconds(int64_t ns)
{
    return (uint64_t)(ns + 500) / 1000;
}

static void count_transaction(struct transaction_truth *t, const struct note *note,
                              const struct message *message, const struct answer_result *result)
{
    const struct dns_note *dns = &message->dns;
    const struct question_facts *question = &result->question;
    t->xacts++;
    t->udp += note->transport == TRANSPORT_UDP;
    t->tcp += note->transport == TRANSPORT_TCP;
    t->ipv4 += note->path.src.family == FAMILY_IPV4;
    t->ipv6 += note->path.src.family == FAMILY_IPV6;
    t->authenticated_data += dns->authenticated_data;
    t->authoritative += dns->authoritative;
    t->checking_disabled += question->checking_disabled;
    t->ecs += question->has_ecs;
    count_rcode(&t->rcodes, dns);
    if (question->has_ecs)
        tally_add(&t->tops.ecs, address_span(&question->ecs), 1);
    tally_add_value(&t->tops.port, other_port(&note->path), 1);
    tally_add_value(&t->tops.rcode, dns->rcode, 1);
    if (dns->has_question) {
        count_question(&t->tops, dns);
        count_reply_name(&t->tops, dns, message->size);
    }
    tally_add(&t->tops.clients, address_span(&note->path.dst), 1);
    if (dns->rcode == RCODE_NXDOMAIN)
        tally_add(&t->tops.clients_nxdomain, address_span(&note->path.dst), 1);
    tally_add_value(&t->query_sizes, question->size, 1);
    tally_add_value(&t->response_sizes, message->size, 1);
    tally_add_value(&t->ratio, value_of_double((double)message->size / question->size), 1);
    tally_add_value(&t->microseconds, microseconds(result->elapsed), 1);
}

static void ask(struct truth *truth, const struct note *note, const struct message *message,
                struct question_key *key, enum way object)
{
    struct question_facts facts = {.time = note->time,
                                   .size = message->size,
                                   .transfer = message->dns.transfer,
                                   .checking_disabled = message->dns.checking_disabled,
                                   .has_ecs = message->dns.ecs != NULL};
    if (message->dns.ecs)
        facts.ecs = *message->dns.ecs;
    struct dns_truth *t = &truth->dns;
    t->xact_timed_out += questions_ask(&t->questions, key, &facts);
    key->object = (uint8_t)object;
    t->objects[object].timeouts += questions_ask(&t->object_questions, key, &facts);
}

static void answer1(struct truth *truth, const struct note *note, const struct message *message,
                    const struct question_key *key)
{
    struct dns_truth *t = &truth->dns;
    struct answer_result result = questions_answer(&t->questions, key, note->time);
    t->xact_timed_out += result.timeout;
    t->xact_orphans += result.outcome == OUTCOME_ORPHAN;
    t->xact_continued += result.outcome == OUTCOME_CONTINUED;
    if (result.outcome != OUTCOME_VALID)
        return;
    enum way way = hosts_way(&truth->hosts, &note->path);
    t->xact_total++;
    t->xact_negative += result.negative;
    t->xact_by_way[way]++;
    truth_period(truth)->dns_xacts++;
    tally_add_value(&t->microseconds[way], microseconds(result.elapsed), 1);
    tally_add_value(&t->ratio, value_of_double((double)message->size / result.question.size), 1);
}

static void answer2(struct truth *truth, const struct note *note, const struct message *message,
                    const struct question_key *key)
{
    struct transaction_truth *t = &truth->dns.objects[key->object];
    struct answer_result result = questions_answer(&truth->dns.object_questions, key, note->time);
    t->timeouts += result.timeout;
    t->orphans += result.outcome == OUTCOME_ORPHAN;
    if (result.outcome == OUTCOME_VALID)
        count_transaction(t, note, message, &result);
}

void truth_dns(struct truth *truth, const struct note *note, const struct message *message)
{
    bool response = message->dns.response;
    count_message(&truth->dns, note, message);
    truth_period(truth)->dns_messages++;
    if (message->dns.no_header)
        return;
    truth_period(truth)->dns_queries += !response;
    truth_period(truth)->dns_replies += response;
    struct question_key key = {.path = response ? path_reversed(&note->path) : note->path,
                               .id = message->dns.id,
                               .transport = note->transport};
    enum way object = object_of(truth, note, response);
    if (response) {
        answer1(truth, note, message, &key);
        key.object = (uint8_t)object;
        answer2(truth, note, message, &key);
    } else if (!is_multicast_query(note)) {
        ask(truth, note, message, &key, object);
    }
}

static void tops_done(struct name_tops *tops)
{
    struct tally *all[] = {&tops->qname,   &tops->qname2,  &tops->qname3,          &tops->nxdomain,
                           &tops->refused, &tops->srvfail, &tops->nodata,          &tops->noerror,
                           &tops->bytes,   &tops->rcode,   &tops->qtype,           &tops->port,
                           &tops->ecs,     &tops->clients, &tops->clients_nxdomain};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tally_done(all[i]);
}

void truth_dns_done(struct dns_truth *dns)
{
    tops_done(&dns->tops);
    tally_done(&dns->query_sizes);
    tally_done(&dns->reply_sizes);
    tally_done(&dns->ratio);
    for (unsigned way = 0; way < WAYS; way++) {
        struct transaction_truth *t = &dns->objects[way];
        tally_done(&dns->microseconds[way]);
        tops_done(&t->tops);
        tally_done(&t->microseconds);
        tally_done(&t->ratio);
        tally_done(&t->query_sizes);
        tally_done(&t->response_sizes);
    }
    questions_done(&dns->questions);
    questions_done(&dns->object_questions);
}
