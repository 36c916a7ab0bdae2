#include "truth.h"

#include "must.h"
#include "truth_parts.h"

struct truth *truth_new(const struct hosts *hosts)
{
    struct truth *truth = must_zalloc(sizeof *truth);
    truth->hosts = *hosts;
    return truth;
}

void truth_free(struct truth *truth)
{
    for (unsigned way = 0; way < WAYS; way++) {
        struct packet_truth *p = &truth->ways[way];
        struct tally *all[] = {&p->remote4, &p->remote6, &p->sizes, &p->packets, &p->bytes};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            tally_done(all[i]);
    }
    tally_done(&truth->dhcp.clients);
    tally_done(&truth->dhcp.servers);
    tally_done(&truth->dhcp.requests);
    truth_dns_done(&truth->dns);
    mem_free(truth->periods);
    mem_free(truth);
}

static void count_remote(struct packet_truth *p, const struct address *remote)
{
    if (remote->family == FAMILY_IPV4)
        tally_add(&p->remote4, address_span(remote), 1);
    else if (remote->family == FAMILY_IPV6)
        tally_add(&p->remote6, address_span(remote), 1);
}

static void count_packet(struct packet_truth *p, enum way way, const struct note *note)
{
    p->total++;
    p->udp += note->transport == TRANSPORT_UDP;
    p->tcp += note->transport == TRANSPORT_TCP;
    p->other += note->transport == TRANSPORT_OTHER;
    p->ipv4 += note->path.src.family == FAMILY_IPV4;
    p->ipv6 += note->path.src.family == FAMILY_IPV6;
    p->syn += note->syn;
    p->wire_bytes += note->wire;
    if (way != WAY_OUT)
        count_remote(p, &note->path.src);
    if (way != WAY_IN)
        count_remote(p, &note->path.dst);
    tally_add_value(&p->sizes, note->wire, 1);
    uint64_t second = (uint64_t)(note->time / 1000000000);
    tally_add_value(&p->packets, second, 1);
    tally_add_value(&p->bytes, second, note->wire);
}

// Minutes are counted from the first packet; a packet from the past counts in the latest one.
static void enter_period(struct truth *truth)
{
    int64_t number = (truth->newest / 1000000000 - truth->first / 1000000000) / PERIOD_SECONDS;
    if (truth->n_periods > 0 && truth_period(truth)->number == number)
        return;
    if (truth->n_periods == truth->room_periods) {
        truth->room_periods = truth->room_periods * 2 + 16;
        truth->periods = must_grow(truth->periods, truth->room_periods, sizeof *truth->periods);
    }
    truth->periods[truth->n_periods++] = (struct period_truth){.number = number};
}

static void count_bgp(struct truth *truth, unsigned type)
{
    truth->bgp_total++;
    truth->bgp_by_type[type]++;
}

static void count_messages(struct truth *truth, const struct note *note)
{
    for (unsigned i = 0; i < note->n_messages; i++) {
        const struct message *message = &note->messages[i];
        switch (message->kind) {
        case MESSAGE_DNS:
            truth_dns(truth, note, message);
            break;
        case MESSAGE_BGP:
            count_bgp(truth, message->bgp_type);
            break;
        default:
            truth_dhcp(&truth->dhcp, note, message);
            break;
        }
    }
}

void truth_packet(struct truth *truth, const struct note *note)
{
    if (truth->packets++ == 0)
        truth->first = truth->newest = truth->oldest = note->time;
    truth->last = note->time;
    if (note->time > truth->newest)
        truth->newest = note->time;
    if (note->time < truth->oldest)
        truth->oldest = note->time;
    truth->captured_bytes += note->captured;
    truth->repeated_segments += note->repeated;
    truth->late_segments += note->late;
    enter_period(truth);
    enum way way = hosts_way(&truth->hosts, &note->path);
    struct period_truth *period = truth_period(truth);
    period->packets++;
    period->in += way == WAY_IN;
    period->out += way == WAY_OUT;
    period->unknown += way == WAY_UNKNOWN;
    count_packet(&truth->ways[way], way, note);
    count_messages(truth, note);
}
