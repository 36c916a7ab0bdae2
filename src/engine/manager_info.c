// The documents of section 7: taps, and policies with their inputs and handlers (section 6.8).
//
// They are read and freed by another thread, when the set may be gone. So they share nothing with
// it: nothing depends on how jansson counts references (it may be built without atomics).
#include "base/clock.h"
#include "base/memory.h"
#include "engine/manager_set.h"
#include "input/interface.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>

enum { NAMES_ROOM = 4096, METRICS_MAX = 1 << 20, CIDR_ROOM = INET6_ADDRSTRLEN + 8 };

// Puts a new reference into a map. What is not there for want of memory leaves a gap, and `false`.
static bool put(json_t *map, const char *key, json_t *value)
{
    return json_object_set_new(map, key, value) == 0;
}

static json_t *tap_info(const struct set *set, const char *name)
{
    json_t *info = json_object();
    for (size_t i = 0; info && i < set->n_taps; i++) {
        const struct tap_spec *tap = set->taps[i]->spec;
        if ((!name || strcmp(name, tap->name) == 0) && !put(info, tap->name, tap_spec_info(tap))) {
            json_decref(info);
            return NULL;
        }
    }
    return info;
}

static json_t *taps_of(const struct set *set, const struct policy *policy)
{
    json_t *taps = json_object();
    bool fine = taps != NULL;
    for (size_t m = 0; fine && m < policy->n_members; m++) {
        const struct member *member = &policy->members[m];
        const struct tap *tap = set_tap(set, member->config->tap);
        if (tap && (tap == member->tap || !member->tap))
            fine = put(taps, tap->spec->name, tap_spec_info(tap->spec));
    }
    if (fine)
        return taps;
    json_decref(taps);
    return NULL;
}

static bool add_networks(json_t *lists, const char *key, const struct host_ranges *ranges,
                         int family)
{
    json_t *list = json_array();
    unsigned bits = family == AF_INET ? 32 : 128;
    bool fine = list != NULL;
    for (size_t i = 0; fine && i < ranges->count; i++) {
        char text[INET6_ADDRSTRLEN] = "", cidr[CIDR_ROOM];
        uint8_t bytes[16];
        ip_number first = ranges->ranges[i].first, size = ranges->ranges[i].last - first;
        unsigned prefix = bits;
        for (; size & 1 && prefix > 0; size >>= 1)
            prefix--;
        for (unsigned b = 0; b < sizeof bytes; b++)
            bytes[b] = (uint8_t)(first >> (8 * (15 - b)));
        inet_ntop(family, family == AF_INET ? bytes + 12 : bytes, text, sizeof text);
        snprintf(cidr, sizeof cidr, "%s/%u", text, prefix);
        fine = json_array_append_new(list, json_string(cidr)) == 0;
    }
    return put(lists, key, list) && fine;
}

static json_t *host_ips(const struct input_config *config, const struct interface_list *interfaces)
{
    json_t *lists = json_object();
    struct host_spec own;
    const struct host_spec *hosts = &config->hosts;
    bool fine = lists != NULL;
    host_spec_init(&own);
    const struct interface *interface =
        config->own_subnets ? interface_by_name(interfaces, config->interface) : NULL;
    if (interface && interface_host_spec(interface, NULL, &own, NULL))
        hosts = &own;
    if (fine && hosts->v4.count + hosts->v6.count)
        fine = add_networks(lists, "ipv4", &hosts->v4, AF_INET) &&
               add_networks(lists, "ipv6", &hosts->v6, AF_INET6);
    host_spec_done(&own);
    if (fine)
        return lists;
    json_decref(lists);
    return NULL;
}

static json_t *pcap_section(const struct member *member)
{
    char names[NAMES_ROOM] = "";
    struct interface_list interfaces = {0};
    const char *source = member->input ? live_backend_names[member->config->backend] : "unknown";
    if (interface_list_read(&interfaces, NULL))
        interface_names(&interfaces, names, sizeof names);
    json_t *section = json_pack("{s:s, s:o, s:s}", "available_iface", names, "host_ips",
                                host_ips(member->config, &interfaces), "pcap_source", source);
    interface_list_done(&interfaces);
    return section;
}

static json_t *malformed_of(const struct wire_counters *counters)
{
    json_t *reasons = json_object();
    for (unsigned e = WIRE_OK + 1; reasons && e < WIRE_EVENT_COUNT; e++)
        if (counters->count[e])
            put(reasons, wire_event_name(e), json_integer((json_int_t)counters->count[e]));
    return reasons;
}

static json_t *status_of_file(const struct member *member)
{
    const struct replay_result *result = &member->result;
    const char *state = result->damaged ? "damaged" : result->stopped ? "stopped" : "finished";
    return json_pack("{s:s, s:I, s:I, s:I, s:o}", "state", state, "packets",
                     (json_int_t)result->packets, "lost", (json_int_t)result->lost, "bytes",
                     (json_int_t)result->bytes, "malformed", malformed_of(&result->malformed));
}

static json_t *workers_of(const struct input_status *status)
{
    json_t *workers = json_array();
    for (unsigned w = 0; workers && w < status->n_workers; w++)
        json_array_append_new(workers,
                              json_pack("{s:I, s:I}", "seen", (json_int_t)status->workers[w].seen,
                                        "dropped", (json_int_t)status->workers[w].dropped));
    return workers;
}

static json_t *status_of(const struct member *member)
{
    struct input_status status;
    if (!member->input)
        return status_of_file(member);
    input_status(member->input, &status);
    json_t *info = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "state",
        status.state == INPUT_RUNNING ? "running" : "waiting", "seen", (json_int_t)status.seen,
        "dropped", (json_int_t)status.dropped, "if_dropped", (json_int_t)status.if_dropped,
        "matched", (json_int_t)status.matched, "tcp_streams", (json_int_t)status.streams.streams,
        "malformed", malformed_of(&status.malformed), "workers", workers_of(&status));
    if (info && status.state == INPUT_WAITING)
        put(info, "reason", json_string(status.reason));
    return info;
}

// Handlers that begin at the input, of all policies: a chain counts as one.
static size_t consumers_of(const struct set *set, const char *input)
{
    size_t count = 0;
    for (size_t i = 0; i < set->n_policies; i++)
        for (size_t m = 0; m < set->policies[i]->n_members; m++)
            if (strcmp(set->policies[i]->members[m].config->name, input) == 0)
                count += set->policies[i]->members[m].spec->n_chains;
    return count;
}

static json_t *input_info(const struct set *set, const struct member *member)
{
    const struct input_config *config = member->config;
    json_t *info = json_pack(
        "{s:{s:s, s:o}, s:{s:b, s:I}, s:o}", "module", "name", config->name, "config",
        json_deep_copy(config->config), "input", "running", member->input != NULL, "consumers",
        (json_int_t)consumers_of(set, config->name), "status", status_of(member));
    if (info && config->kind == INPUT_PCAP)
        put(info, "pcap", pcap_section(member));
    return info;
}

static json_t *metrics_of(const struct member *member, size_t index, int64_t now)
{
    struct buffer text;
    buffer_init(&text, METRICS_MAX);
    json_t *info = NULL;
    if (pipeline_info(member->pipeline, index, now, &text))
        info = json_loadb((const char *)text.data, text.len, 0, NULL);
    buffer_done(&text);
    return info;
}

static json_t *handler_info(const struct member *member, size_t index, int64_t now)
{
    const struct handler_spec *handler = member_handler(member, index);
    return json_pack("{s:{s:s, s:o, s:s, s:b}, s:o}", "module", "name", handler->name, "config",
                     json_deep_copy(handler->options), "type", handler->class->metrics->schema,
                     "running", member->input != NULL, "metrics", metrics_of(member, index, now));
}

static json_t *cost_info(const struct policy *policy)
{
    struct policy_cost cost;
    policy_cost(policy, &cost);
    return json_pack("{s:f, s:f, s:I, s:I, s:I}", "cpu_seconds", (double)cost.cpu_ns / 1e9,
                     "ns_per_packet",
                     cost.packets ? (double)cost.cpu_ns / (double)cost.packets : 0.0,
                     "memory_bytes", (json_int_t)cost.memory, "series", (json_int_t)cost.series,
                     "series_left_out", (json_int_t)cost.series_left_out);
}

static int64_t now_of_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

static json_t *policy_info(const struct set *set, const struct policy *policy)
{
    json_t *inputs = json_object(), *modules = json_object();
    int64_t now = now_of_clock();
    bool fine = inputs && modules;
    for (size_t m = 0; fine && m < policy->n_members; m++) {
        const struct member *member = &policy->members[m];
        fine = put(inputs, member->config->name, input_info(set, member));
        for (size_t h = 0; fine && h < member_handlers(member); h++)
            fine = put(modules, member_handler(member, h)->name, handler_info(member, h, now));
    }
    json_t *info = json_pack("{s:o, s:o, s:o, s:o}", "taps", taps_of(set, policy), "input", inputs,
                             "modules", modules, "cost", cost_info(policy));
    if (fine)
        return info;
    json_decref(info);
    return NULL;
}

static json_t *policies_info(const struct set *set, const char *name)
{
    json_t *all = json_object();
    for (size_t i = 0; all && i < set->n_policies; i++) {
        const struct policy *policy = set->policies[i];
        if (name && strcmp(name, policy->name) != 0)
            continue;
        if (!put(all, policy->name, policy_info(set, policy))) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

// Upstream says null where there are no taps.
json_t *manager_info(struct manager *manager, enum manager_kind kind, const char *name)
{
    struct set *set = manager_hold(manager);
    json_t *info = kind == MANAGER_TAPS ? tap_info(set, name) : policies_info(set, name);
    manager_let_go(manager, set);
    if (info && json_object_size(info) == 0 && (name || kind == MANAGER_TAPS)) {
        json_decref(info);
        info = name ? NULL : json_null();
    }
    return info;
}
