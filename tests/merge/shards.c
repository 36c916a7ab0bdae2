// Splits a capture as a run over it does: shards CAPTURE POLICY WORKERS PERIODS ROWS writes a
// document of sketches for each period of each worker's shard of each handler, one behind the
// other. What a merge of all makes of them is to be what the run itself says.
#include "engine/parts.h"
#include "engine/pipeline_parts.h"
#include "engine/replay.h"

#include <stdio.h>
#include <stdlib.h>

enum { DOCUMENT_MAX = 1 << 26 };

static void fail(const struct error *err)
{
    fprintf(stderr, "shards: %s\n", err->text);
    exit(1);
}

static void ignore(void *context, const char *text)
{
    (void)context, (void)text;
}

static void write_bucket(const struct handler_spec *spec, struct metric_bucket *bucket,
                         unsigned worker, size_t rows)
{
    char agent[32];
    struct metric_export_options options = {.writer = "shards", .now = bucket->end, .rows = rows};
    struct metric_exporter exporter;
    struct buffer document;
    struct error err = {0};
    snprintf(agent, sizeof agent, "worker-%u", worker);
    struct part part = {.name = spec->name, .bucket = bucket};
    struct metric_export_part exported = part_sketches(&part, "default", agent);
    buffer_init(&document, DOCUMENT_MAX);
    metric_export_begin(&exporter, &options, &document, &err);
    metric_export_add(&exporter, &exported);
    if (!metric_export_end(&exporter))
        fail(&err);
    fwrite(document.data, 1, document.len, stdout);
    buffer_done(&document);
}

static void write_all(const struct pipeline *pipeline, unsigned workers, size_t rows)
{
    for (size_t i = 0; i < pipeline->n_instances; i++)
        for (unsigned w = 0; w < workers; w++) {
            const struct metric_shard *shard = pipeline->instances[i].metrics[w];
            for (unsigned p = 0; p < shard->count; p++)
                write_bucket(pipeline->instances[i].spec, shard->periods[p], w, rows);
        }
}

static void run(const char *capture_path, const char *policy, unsigned workers, unsigned periods,
                size_t rows)
{
    struct error err = {0};
    struct pool pool;
    struct host_spec hosts;
    struct fault_list faults = {0};
    struct replay_result result;
    const char *host_text = getenv("HOSTS");
    struct policy_defaults defaults = {
        .periods = periods, .deep_sample_rate = 100, .recorded = true, .input = INPUT_PCAP};
    struct handler_env env = {.geo_cache_size = 16, .pool = &pool, .workers = workers};
    struct policy_spec *spec = policy_spec_load(policy, &defaults, ignore, NULL, &faults, &err);
    pool_init(&pool, 0);
    host_spec_init(&hosts);
    struct pipeline *pipeline = spec ? pipeline_new(spec, &env, &err) : NULL;
    struct capture *capture = pipeline ? capture_open(capture_path, &err) : NULL;
    struct replay_options options = {
        .hosts = &hosts, .stream_limits = stream_default_limits, .periods = periods};
    if (!capture || !host_spec_parse(&hosts, host_text ? host_text : "", &err) ||
        !replay_run(capture, &options, pipeline, workers, &result, &err))
        fail(&err);
    write_all(pipeline, workers, rows);
    capture_close(capture);
    pipeline_free(pipeline);
    host_spec_done(&hosts);
    policy_spec_free(spec);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fputs("usage: shards CAPTURE POLICY WORKERS PERIODS ROWS\n", stderr);
        return 1;
    }
    run(argv[1], argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]), (size_t)atoi(argv[5]));
    return 0;
}
