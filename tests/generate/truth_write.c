// The document: the parts named after handlers have the shape of the reader's own JSON, so that a
// test can walk both at once.
#include "truth.h"

#include "dns_message.h"
#include "must.h"
#include "truth_parts.h"

enum { TOP_ROWS = 50 };

static const struct {
    const char *name;
    double q;
} quantile_rows[] = {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}};

static void write_distribution(struct json *json, const char *name, const struct tally *values,
                               bool real)
{
    if (values->count == 0)
        return;
    struct distribution d = distribution_of(values);
    json_open(json, name, '{');
    for (size_t i = 0; i < sizeof quantile_rows / sizeof *quantile_rows; i++) {
        uint64_t value = distribution_quantile(&d, quantile_rows[i].q);
        if (real)
            json_real(json, quantile_rows[i].name, double_of_value(value));
        else
            json_count(json, quantile_rows[i].name, value);
    }
    json_count(json, "count", d.count);
    json_close(json, '}');
    distribution_done(&d);
}

void write_quantiles(struct json *json, const char *name, const struct tally *values)
{
    write_distribution(json, name, values, false);
}

void write_real_quantiles(struct json *json, const char *name, const struct tally *values)
{
    write_distribution(json, name, values, true);
}

static struct span item_text(const struct tally *tally, const struct tally_row *row, enum item item,
                             char room[static ADDRESS_TEXT_MAX])
{
    const struct code_row *codes = item == ITEM_RCODE ? rcode_rows : qtype_rows;
    size_t n_codes = item == ITEM_RCODE ? n_rcode_rows : n_qtype_rows;
    struct span bytes = tally_item(tally, row);
    if (item == ITEM_TEXT)
        return bytes;
    if (item == ITEM_ADDRESS) {
        struct address a = {.family = bytes.len == 4 ? FAMILY_IPV4 : FAMILY_IPV6};
        memcpy(a.bytes, bytes.ptr, bytes.len);
        address_text(&a, room);
        return span_text(room);
    }
    unsigned value = (unsigned)tally_value(tally, row);
    const char *name = item == ITEM_NUMBER ? NULL : code_name(codes, n_codes, value);
    if (name)
        return span_text(name);
    snprintf(room, ADDRESS_TEXT_MAX, "%u", value);
    return span_text(room);
}

void write_top(struct json *json, const char *name, const struct tally *tally, enum item item)
{
    char room[ADDRESS_TEXT_MAX];
    struct tally_row *rows = tally_sorted(tally);
    json_open(json, name, '[');
    for (uint32_t i = 0; i < tally->count && i < TOP_ROWS; i++) {
        json_open(json, NULL, '{');
        json_text(json, "name", item_text(tally, &rows[i], item, room));
        json_count(json, "estimate", rows[i].weight);
        json_close(json, '}');
    }
    json_close(json, ']');
    mem_free(rows);
}

// Counts per second over all seconds from the first packet's to the newest one's, those without any
// included; what bears an older time than the first packet is outside.
static void write_rate(struct json *json, const char *name, const struct truth *truth,
                       const struct tally *const parts[], size_t n_parts)
{
    struct tally seconds = {0}, counts = {0};
    for (size_t i = 0; i < n_parts; i++)
        tally_merge(&seconds, parts[i]);
    int64_t first = truth->first / 1000000000;
    int64_t quiet = truth->newest / 1000000000 - first + 1;
    for (uint32_t i = 0; i < seconds.count; i++) {
        if ((int64_t)tally_value(&seconds, &seconds.rows[i]) < first)
            continue;
        tally_add_value(&counts, seconds.rows[i].weight, 1);
        quiet--;
    }
    if (quiet > 0)
        tally_add_value(&counts, 0, (uint64_t)quiet);
    if (seconds.count)
        write_quantiles(json, name, &counts);
    tally_done(&seconds);
    tally_done(&counts);
}

static void write_way_rate(struct json *json, const char *name, const struct truth *truth,
                           const struct tally *part)
{
    write_rate(json, name, truth, (const struct tally *const[]){part}, 1);
}

static void write_merged_top(struct json *json, const char *name, const struct tally *a,
                             const struct tally *b)
{
    struct tally both = {0};
    tally_merge(&both, a);
    tally_merge(&both, b);
    write_top(json, name, &both, ITEM_ADDRESS);
    tally_done(&both);
}

static void write_net1_rates(struct json *json, const struct truth *truth)
{
    const struct packet_truth *w = truth->ways;
    json_open(json, "rates", '{');
    write_way_rate(json, "pps_in", truth, &w[WAY_IN].packets);
    write_way_rate(json, "pps_out", truth, &w[WAY_OUT].packets);
    write_rate(json, "pps_total", truth,
               (const struct tally *const[]){&w[0].packets, &w[1].packets, &w[2].packets}, WAYS);
    write_way_rate(json, "bytes_in", truth, &w[WAY_IN].bytes);
    write_way_rate(json, "bytes_out", truth, &w[WAY_OUT].bytes);
    write_rate(json, "bytes_total", truth,
               (const struct tally *const[]){&w[0].bytes, &w[1].bytes, &w[2].bytes}, WAYS);
    json_close(json, '}');
}

static void write_net1(struct json *json, const struct truth *truth)
{
    const struct packet_truth *w = truth->ways, *in = &w[WAY_IN], *out = &w[WAY_OUT];
    struct packet_truth all = {0};
    for (unsigned way = 0; way < WAYS; way++) {
        all.udp += w[way].udp;
        all.tcp += w[way].tcp;
        all.other += w[way].other;
        all.ipv4 += w[way].ipv4;
        all.ipv6 += w[way].ipv6;
        all.syn += w[way].syn;
        tally_merge(&all.sizes, &w[way].sizes);
    }
    json_open(json, "packets", '{');
    json_count(json, "events", truth->packets);
    json_count(json, "total", truth->packets);
    json_count(json, "in", in->total);
    json_count(json, "out", out->total);
    json_count(json, "unknown_dir", w[WAY_UNKNOWN].total);
    json_count(json, "udp", all.udp);
    json_count(json, "tcp", all.tcp);
    json_count(json, "other_l4", all.other);
    json_count(json, "ipv4", all.ipv4);
    json_count(json, "ipv6", all.ipv6);
    json_open(json, "protocol", '{');
    json_open(json, "tcp", '{');
    json_count(json, "syn", all.syn);
    json_close(json, '}');
    json_close(json, '}');
    json_open(json, "cardinality", '{');
    json_count(json, "src_ips_in", in->remote4.count + in->remote6.count);
    json_count(json, "dst_ips_out", out->remote4.count + out->remote6.count);
    json_close(json, '}');
    write_merged_top(json, "top_ipv4", &in->remote4, &out->remote4);
    write_merged_top(json, "top_ipv6", &in->remote6, &out->remote6);
    write_quantiles(json, "payload_size", &all.sizes);
    write_net1_rates(json, truth);
    json_close(json, '}');
    tally_done(&all.sizes);
}

static const char *const way_names[WAYS] = {"unknown", "in", "out"};

static void write_way(struct json *json, const struct truth *truth, enum way way)
{
    const struct packet_truth *p = &truth->ways[way];
    if (p->total == 0)
        return;
    json_open(json, way_names[way], '{');
    json_count(json, "total_packets", p->total);
    json_count(json, "udp_packets", p->udp);
    json_count(json, "tcp_packets", p->tcp);
    json_count(json, "other_l4_packets", p->other);
    json_count(json, "ipv4_packets", p->ipv4);
    json_count(json, "ipv6_packets", p->ipv6);
    json_open(json, "tcp", '{');
    json_count(json, "syn_packets", p->syn);
    json_close(json, '}');
    json_open(json, "cardinality", '{');
    json_count(json, "ips", p->remote4.count + p->remote6.count);
    json_close(json, '}');
    write_top(json, "top_ipv4_packets", &p->remote4, ITEM_ADDRESS);
    write_top(json, "top_ipv6_packets", &p->remote6, ITEM_ADDRESS);
    write_quantiles(json, "payload_size_bytes", &p->sizes);
    json_open(json, "rates", '{');
    write_way_rate(json, "pps", truth, &p->packets);
    write_way_rate(json, "bps", truth, &p->bytes);
    json_close(json, '}');
    json_close(json, '}');
}

static void write_net2(struct json *json, const struct truth *truth)
{
    json_open(json, "net", '{');
    json_count(json, "observed_packets", truth->packets);
    for (unsigned way = 0; way < WAYS; way++)
        write_way(json, truth, way);
    json_close(json, '}');
}

static void write_dhcp(struct json *json, const struct dhcp_truth *t)
{
    static const struct {
        const char *name;
        uint8_t v6, type;
    } types[] = {{"discover", 0, 1}, {"offer", 0, 2},     {"request", 0, 3},    {"ack", 0, 5},
                 {"solicit", 1, 1},  {"advertise", 1, 2}, {"request_v6", 1, 3}, {"reply", 1, 7}};
    json_open(json, "dhcp", '{');
    json_open(json, "wire_packets", '{');
    json_count(json, "events", t->total);
    json_count(json, "total", t->total);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        json_count(json, types[i].name,
                   types[i].v6 ? t->by_type6[types[i].type] : t->by_type4[types[i].type]);
    json_close(json, '}');
    write_top(json, "top_clients", &t->clients, ITEM_TEXT);
    write_top(json, "top_servers", &t->servers, ITEM_TEXT);
    json_close(json, '}');
}

static void write_bgp(struct json *json, const struct truth *truth)
{
    static const char *const types[] = {[1] = "open",
                                        [2] = "update",
                                        [3] = "notification",
                                        [4] = "keepalive",
                                        [5] = "routerefresh"};
    json_open(json, "bgp", '{');
    json_open(json, "wire_packets", '{');
    json_count(json, "events", truth->bgp_total);
    json_count(json, "total", truth->bgp_total);
    for (unsigned type = 1; type < sizeof types / sizeof *types; type++)
        json_count(json, types[type], truth->bgp_by_type[type]);
    json_close(json, '}');
    json_close(json, '}');
}

static void write_capture(struct json *json, const struct truth *truth)
{
    uint64_t wire = 0;
    for (unsigned way = 0; way < WAYS; way++)
        wire += truth->ways[way].wire_bytes;
    json_open(json, "capture", '{');
    json_count(json, "packets", truth->packets);
    json_count(json, "captured_bytes", truth->captured_bytes);
    json_count(json, "wire_bytes", wire);
    json_count(json, "repeated_segments", truth->repeated_segments);
    json_count(json, "late_segments", truth->late_segments);
    json_integer(json, "first_ns", truth->first);
    json_integer(json, "last_ns", truth->last);
    json_integer(json, "oldest_ns", truth->oldest);
    json_integer(json, "newest_ns", truth->newest);
    json_close(json, '}');
}

static void write_periods(struct json *json, const struct truth *truth)
{
    json_open(json, "periods", '[');
    for (size_t i = 0; i < truth->n_periods; i++) {
        const struct period_truth *p = &truth->periods[i];
        json_open(json, NULL, '{');
        json_integer(json, "start_ts", truth->first / 1000000000 + p->number * PERIOD_SECONDS);
        json_count(json, "packets", p->packets);
        json_count(json, "in", p->in);
        json_count(json, "out", p->out);
        json_count(json, "unknown", p->unknown);
        json_count(json, "dns_messages", p->dns_messages);
        json_count(json, "dns_queries", p->dns_queries);
        json_count(json, "dns_replies", p->dns_replies);
        json_count(json, "dns_xacts", p->dns_xacts);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_part(struct json *json, const char *name, const struct truth *truth,
                       void (*write)(struct json *json, const struct truth *truth))
{
    json_open(json, name, '{');
    write(json, truth);
    json_close(json, '}');
}

void truth_write(const struct truth *truth, const char *path)
{
    struct json json = {.file = fopen(path, "w")};
    if (!json.file)
        fail("cannot create %s", path);
    json_open(&json, NULL, '{');
    write_capture(&json, truth);
    write_part(&json, "net 1.0", truth, write_net1);
    write_part(&json, "net 2.0", truth, write_net2);
    write_part(&json, "dns 1.0", truth, write_dns1);
    write_part(&json, "dns 2.0", truth, write_dns2);
    json_open(&json, "dhcp 1.0", '{');
    write_dhcp(&json, &truth->dhcp);
    json_close(&json, '}');
    write_part(&json, "bgp 1.0", truth, write_bgp);
    write_periods(&json, truth);
    json_close(&json, '}');
    if (fclose(json.file) != 0)
        fail("cannot write %s", path);
}
