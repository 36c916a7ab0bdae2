// Prometheus families of the agent itself, beside those of the handlers' metric tables: what it
// knows of each policy and each input.
#include "agent/api_parts.h"

#include "agent/pushing.h"
#include "base/memory.h"
#include "wire/events.h"

#include <stdio.h>

enum { NAME = 256 };

// One thing that several families tell a number each of: a policy, an input.
struct item {
    char name[NAME], tap[NAME];
    union {
        struct policy_cost cost;
        struct input_status input;
    };
};

struct items {
    struct item *items;
    size_t count, room;
    bool failed;
};

static struct item *add_item(struct items *items, const char *name, const char *tap)
{
    if (items->count == items->room) {
        size_t room = items->room ? 2 * items->room : 16;
        struct item *more = mem_realloc(items->items, room * sizeof *more);
        if (!more) {
            items->failed = true;
            return NULL;
        }
        items->items = more;
        items->room = room;
    }
    struct item *item = &items->items[items->count++];
    snprintf(item->name, sizeof item->name, "%s", name);
    snprintf(item->tap, sizeof item->tap, "%s", tap);
    return item;
}

static void add_cost(void *context, const struct policy_cost *cost)
{
    struct item *item = add_item(context, cost->policy, "");
    if (item)
        item->cost = *cost;
}

static void add_input(void *context, const char *name, const char *tap,
                      const struct input_status *status)
{
    struct item *item = add_item(context, name, tap ? tap : "");
    if (item)
        item->input = *status;
}

// --- families of items: a row each

static double seconds(uint64_t ns)
{
    return (double)ns * 1e-9;
}

static double cost_cpu(const struct item *item)
{
    return seconds(item->cost.cpu_ns);
}

static double cost_per_packet(const struct item *item)
{
    return item->cost.packets ? seconds(item->cost.cpu_ns) / (double)item->cost.packets : 0;
}

static double cost_packets(const struct item *item)
{
    return (double)item->cost.packets;
}

static double cost_memory(const struct item *item)
{
    return (double)item->cost.memory;
}

static double cost_series(const struct item *item)
{
    return (double)item->cost.series;
}

static double cost_left_out(const struct item *item)
{
    return (double)item->cost.series_left_out;
}

static double input_running(const struct item *item)
{
    return item->input.state == INPUT_RUNNING;
}

static double input_seen(const struct item *item)
{
    return (double)item->input.seen;
}

static double input_dropped(const struct item *item)
{
    return (double)item->input.dropped;
}

static double input_if_dropped(const struct item *item)
{
    return (double)item->input.if_dropped;
}

static double input_matched(const struct item *item)
{
    return (double)item->input.matched;
}

static double input_streams(const struct item *item)
{
    return item->input.streams.streams;
}

static double input_stream_bytes(const struct item *item)
{
    return (double)item->input.streams.bytes;
}

struct item_row {
    struct metric_family family;
    double (*value)(const struct item *item);
    bool real; // seconds; all others are integers
};

static const struct item_row COST_ROWS[] = {
    {{"pktvisor_policy_cpu_seconds", METRIC_FAMILY_COUNTER, "seconds",
      "CPU time that the handlers of a policy have used"},
     cost_cpu,
     true},
    {{"pktvisor_policy_packet_cost_seconds", METRIC_FAMILY_GAUGE, "seconds",
      "CPU time of a policy for each packet that it was given, since it started"},
     cost_per_packet,
     true},
    {{"pktvisor_policy_packets", METRIC_FAMILY_COUNTER, NULL, "Packets that a policy was given"},
     cost_packets,
     false},
    {{"pktvisor_policy_memory_bytes", METRIC_FAMILY_GAUGE, "bytes", "Memory that a policy holds"},
     cost_memory,
     false},
    {{"pktvisor_policy_series", METRIC_FAMILY_GAUGE, NULL,
      "Series of a policy in its last rendering"},
     cost_series,
     false},
    {{"pktvisor_policy_series_left_out", METRIC_FAMILY_GAUGE, NULL,
      "Series that did not fit the budget in the last rendering of a policy"},
     cost_left_out,
     false},
};

static const struct item_row INPUT_ROWS[] = {
    {{"pktvisor_input_running", METRIC_FAMILY_GAUGE, NULL,
      "Whether an input captures (1) or waits for its interface (0)"},
     input_running,
     false},
    {{"pktvisor_input_packets", METRIC_FAMILY_COUNTER, NULL,
      "Packets that the capture of an input has seen"},
     input_seen,
     false},
    {{"pktvisor_input_dropped_packets", METRIC_FAMILY_COUNTER, NULL,
      "Packets that found no room in the ring of the capture"},
     input_dropped,
     false},
    {{"pktvisor_input_interface_dropped_packets", METRIC_FAMILY_COUNTER, NULL,
      "Packets that the interface itself has dropped or missed"},
     input_if_dropped,
     false},
    {{"pktvisor_input_matched_packets", METRIC_FAMILY_COUNTER, NULL,
      "Packets that passed the filter of an input"},
     input_matched,
     false},
    {{"pktvisor_input_tcp_streams", METRIC_FAMILY_GAUGE, NULL, "TCP streams that an input follows"},
     input_streams,
     false},
    {{"pktvisor_input_tcp_buffer_bytes", METRIC_FAMILY_GAUGE, "bytes",
      "Bytes of TCP streams that wait for the rest of a message"},
     input_stream_bytes,
     false},
};

static void write_items(struct metric_family_writer *writer, const struct items *items,
                        const char *label, const struct item_row *rows, size_t n)
{
    for (size_t row = 0; row < n; row++) {
        metric_family_begin(writer, &rows[row].family);
        for (size_t i = 0; i < items->count; i++) {
            const struct item *item = &items->items[i];
            struct metric_label labels[2] = {{label, item->name}, {"tap", item->tap}};
            double value = rows[row].value(item);
            size_t n_labels = *item->tap ? 2 : 1;
            if (rows[row].real)
                metric_family_real(writer, labels, n_labels, value);
            else
                metric_family_integer(writer, labels, n_labels, (uint64_t)value);
        }
    }
}

static bool write_costs(const struct agent *agent, const char *only,
                        struct metric_family_writer *writer)
{
    struct items items = {0};
    manager_costs(agent->manager, only, add_cost, &items);
    write_items(writer, &items, "policy", COST_ROWS, sizeof COST_ROWS / sizeof *COST_ROWS);
    mem_free(items.items);
    return !items.failed;
}

// By reason, those that have happened (wire/events.h).
static void write_malformed(struct metric_family_writer *writer, const struct items *items)
{
    static const struct metric_family family = {
        "pktvisor_input_malformed", METRIC_FAMILY_COUNTER, NULL,
        "What could not be decoded, or was given up at a limit, by reason"};
    metric_family_begin(writer, &family);
    for (size_t i = 0; i < items->count; i++) {
        const struct item *item = &items->items[i];
        for (unsigned event = 0; event < WIRE_EVENT_COUNT; event++) {
            struct metric_label labels[] = {
                {"input", item->name}, {"reason", wire_event_name(event)}, {"tap", item->tap}};
            uint64_t count = item->input.malformed.count[event];
            if (count)
                metric_family_integer(writer, labels, *item->tap ? 3 : 2, count);
        }
    }
}

static bool write_inputs(const struct agent *agent, struct metric_family_writer *writer)
{
    struct items items = {0};
    manager_inputs(agent->manager, add_input, &items);
    write_items(writer, &items, "input", INPUT_ROWS, sizeof INPUT_ROWS / sizeof *INPUT_ROWS);
    write_malformed(writer, &items);
    mem_free(items.items);
    return !items.failed;
}

static bool write_agent(const struct agent *agent, struct metric_family_writer *writer)
{
    api_families_process(writer);
    api_families_agent(agent, writer);
    pushing_families(agent, writer);
    return write_inputs(agent, writer) && write_costs(agent, NULL, writer);
}

bool api_families_write(const struct agent *agent, const char *policy, enum metric_format format,
                        struct buffer *out)
{
    struct metric_label instance = {"instance", agent->options->prom_instance};
    struct metric_family_writer writer = {
        .out = out,
        .format = format,
        .static_labels = &instance,
        .n_static_labels = agent->options->prom_instance != NULL,
    };
    if (!policy)
        return write_agent(agent, &writer);
    api_families_process(&writer);
    return write_costs(agent, policy, &writer);
}

bool api_families_sink(const struct agent *agent, const struct metric_sink *sink)
{
    struct buffer none = {0};
    struct metric_family_writer writer = {.out = &none, .sink = sink};
    return write_agent(agent, &writer);
}
