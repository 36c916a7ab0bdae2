#include "handler/resources/resources.h"

#include "base/memory.h"

static const struct metric_scope_row scopes[] = {{.label = NULL}};

// Upstream's names in Prometheus do not begin with the schema.
// clang-format off
#define RESOURCES_ROWS(ROW)                                                                        \
    ROW(CPU_USAGE, .id = 1, .kind = METRIC_QUANTILES, .real = true, .shallow = true,               \
        .path = "cpu_usage", .name = "resources_cpu_usage", .unit = "percent",                     \
        .help = "percent of one CPU that a worker used since its sample before")                   \
    ROW(MEMORY, .id = 2, .kind = METRIC_QUANTILES, .shallow = true, .path = "memory_bytes",        \
        .name = "resources_memory_bytes", .unit = "bytes",                                         \
        .help = "resident memory of the process")                                                  \
    ROW(POLICIES, .id = 3, .kind = METRIC_COUNTER, .shallow = true, .gauge = true,                 \
        .path = "policy_count", .name = "resources_policy_count", .unit = "policies",              \
        .help = "policies attached to the input")                                                  \
    ROW(HANDLERS, .id = 4, .kind = METRIC_COUNTER, .shallow = true, .gauge = true,                 \
        .path = "handler_count", .name = "resources_handler_count", .unit = "handlers",            \
        .help = "handlers attached to the input, a chain counts as one")                           \
    ROW(TOTAL, .id = 5, .kind = METRIC_COUNTER, .shallow = true, .path = "total",                  \
        .role = METRIC_ROLE_EVENTS,                                                                \
        .name = "base_total", .unit = "samples", .help = "samples taken, of each worker")          \
    ROW(DEEP, .id = 6, .kind = METRIC_COUNTER, .path = "deep_samples",                             \
        .role = METRIC_ROLE_DEEP,                                                                  \
        .name = "base_deep_samples", .unit = "samples",                                            \
        .help = "samples that were looked at in full")                                             \
    ROW(RATE, .id = 7, .kind = METRIC_RATE, .shallow = true, .path = "event_rate",                 \
        .role = METRIC_ROLE_EVENT_RATE,                                                            \
        .name = "base_event_rate", .unit = "samples/s", .help = "samples per second")
// clang-format on

enum { RESOURCES_ROWS(METRIC_ROW_INDEX) ROW_COUNT };
static const struct metric_row rows[] = {RESOURCES_ROWS(METRIC_ROW_ENTRY)};

static const struct metric_table table = {
    .schema = "input_resources",
    .title = "input_resources 1.0",
    .rows = rows,
    .n_rows = ROW_COUNT,
    .scopes = scopes,
    .n_scopes = 1,
};

// What the last sample said is attached; it holds for new periods, too.
struct shard {
    uint32_t policies, handlers;
};

static void *shard_new(const void *config, const struct handler_env *env)
{
    (void)config;
    (void)env;
    return mem_zalloc(sizeof(struct shard));
}

static void count_sample(struct shard *shard, struct metric_shard *metrics,
                         const struct resource_sample *sample)
{
    struct metric_scope *m = metrics->live->root;
    shard->policies = sample->policies;
    shard->handlers = sample->handlers;
    metric_count(m, TOTAL, 1);
    metric_count(m, DEEP, metric_shard_sample(metrics));
    metric_rate(m, RATE, clock_second(sample->time), 1);
    metric_quantile(m, CPU_USAGE, sample->cpu_percent);
    if (sample->memory_bytes)
        metric_quantile(m, MEMORY, (double)sample->memory_bytes);
}

static void process(void *shard_, struct metric_shard *metrics, struct batch *batch,
                    const struct selection *in, struct selection *out)
{
    struct shard *shard = shard_;
    (void)in;
    if (batch->resources)
        count_sample(shard, metrics, batch->resources);
    metric_set(metrics->live->root, POLICIES, shard->policies);
    metric_set(metrics->live->root, HANDLERS, shard->handlers);
    out->count = 0; // it lets no record pass
}

const struct handler_class resources_class = {
    .type = "input_resources",
    .version = "1.0",
    .stream_name = "InputResourcesStreamHandler",
    .inputs = INPUT_PCAP | INPUT_DNSTAP | INPUT_FLOW | INPUT_NETPROBE | INPUT_MOCK,
    .any_key = true,
    .metrics = &table,
    .shard_new = shard_new,
    .shard_free = mem_free,
    .process = process,
};
