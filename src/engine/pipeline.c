#include "engine/pipeline_parts.h"

#include "base/memory.h"

static void instance_done(struct instance *instance, unsigned workers)
{
    const struct handler_class *class = instance->spec ? instance->spec->class : NULL;
    for (unsigned w = 0; w < workers; w++) {
        if (instance->shards && class->shard_free)
            class->shard_free(instance->shards[w]);
        if (instance->metrics)
            metric_shard_free(instance->metrics[w]);
    }
    mem_free(instance->shards);
    mem_free(instance->metrics);
    metric_history_free(instance->history);
    metric_totals_free(instance->totals);
    if (class && class->config_free)
        class->config_free(instance->config);
}

void pipeline_free(struct pipeline *pipeline)
{
    if (!pipeline)
        return;
    for (size_t i = 0; pipeline->instances && i < pipeline->n_instances; i++)
        instance_done(&pipeline->instances[i], pipeline->env.workers);
    mem_free(pipeline->instances);
    mem_free(pipeline->ports);
    mem_free(pipeline->selections);
    mem_free(pipeline->usage);
    pthread_mutex_destroy(&pipeline->lock);
    mem_free(pipeline);
}

static struct metric_shard *new_metrics(const struct pipeline *pipeline,
                                        const struct handler_spec *spec)
{
    const struct metric_table *table = spec->class->metrics;
    return pipeline->live ? metric_shard_new_live(table, &spec->settings, pipeline->env.pool)
                          : metric_shard_new(table, &spec->settings, pipeline->env.pool);
}

static bool instance_init(struct pipeline *pipeline, struct instance *instance,
                          const struct handler_spec *spec, struct error *err)
{
    const struct handler_class *class = spec->class;
    const struct handler_env *env = &pipeline->env;
    instance->spec = spec;
    if (class->config_new &&
        !(instance->config = class->config_new(spec->options, &spec->settings, env, err)))
        return false;
    instance->shards = mem_calloc(env->workers, sizeof *instance->shards);
    instance->metrics = mem_calloc(env->workers, sizeof *instance->metrics);
    bool made = instance->shards && instance->metrics;
    for (unsigned w = 0; made && w < env->workers; w++) {
        if (class->shard_new)
            made = (instance->shards[w] = class->shard_new(instance->config, env)) != NULL;
        made = made && (instance->metrics[w] = new_metrics(pipeline, spec)) != NULL;
    }
    if (made && pipeline->live) {
        instance->history = metric_history_new(class->metrics, &spec->settings, env->closed);
        instance->totals = metric_totals_new(class->metrics, &spec->settings, env->closed);
        made = instance->history && instance->totals;
    }
    return made || error_set(err, ERROR_MEMORY, "no memory for handler '%s'", spec->name);
}

static size_t count_instances(const struct policy_spec *spec, size_t *ports)
{
    size_t count = 0;
    *ports = 0;
    for (size_t c = 0; c < spec->n_chains; c++)
        for (size_t h = 0; h < spec->chains[c].count; h++, count++)
            *ports += spec->chains[c].handlers[h].class->n_ports;
    return count;
}

static void add_ports(struct pipeline *pipeline, const struct handler_class *class)
{
    for (size_t i = 0; i < class->n_ports; i++) {
        size_t at = 0;
        while (at < pipeline->n_ports && pipeline->ports[at].port != class->ports[i].port)
            at++;
        if (at == pipeline->n_ports)
            pipeline->ports[pipeline->n_ports++] = class->ports[i];
    }
}

static bool fill(struct pipeline *pipeline, struct error *err)
{
    size_t at = 0;
    for (size_t c = 0; c < pipeline->spec->n_chains; c++)
        for (size_t h = 0; h < pipeline->spec->chains[c].count; h++) {
            const struct handler_spec *spec = &pipeline->spec->chains[c].handlers[h];
            if (!instance_init(pipeline, &pipeline->instances[at++], spec, err))
                return false;
            add_ports(pipeline, spec->class);
        }
    for (unsigned w = 0; w < pipeline->env.workers; w++)
        for (unsigned i = 0; i < BATCH_EVENTS; i++)
            pipeline->selections[2 * w].index[i] = (uint16_t)i;
    return true;
}

// Who holds a pipeline reads its handlers one by one, which holds it again.
static void init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

static struct pipeline *make(const struct policy_spec *spec, const struct handler_env *env,
                             bool live, struct error *err)
{
    struct pipeline *pipeline = mem_zalloc(sizeof *pipeline);
    if (!pipeline) {
        error_set(err, ERROR_MEMORY, "no memory for policy '%s'", spec->name);
        return NULL;
    }
    size_t n_ports;
    init_lock(&pipeline->lock);
    pipeline->spec = spec;
    pipeline->env = *env;
    if (!pipeline->env.closed)
        pipeline->env.closed = env->pool;
    if (!pipeline->env.scratch)
        pipeline->env.scratch = env->pool;
    pipeline->live = live;
    pipeline->closed = INT64_MIN;
    pipeline->n_instances = count_instances(spec, &n_ports);
    pipeline->instances = mem_calloc(pipeline->n_instances, sizeof *pipeline->instances);
    pipeline->ports = mem_calloc(n_ports, sizeof *pipeline->ports);
    pipeline->selections = mem_calloc(2 * (size_t)env->workers, sizeof *pipeline->selections);
    pipeline->usage = mem_calloc(env->workers, sizeof *pipeline->usage);
    if (!pipeline->instances || !pipeline->ports || !pipeline->selections || !pipeline->usage)
        error_set(err, ERROR_MEMORY, "no memory for policy '%s'", spec->name);
    else if (fill(pipeline, err))
        return pipeline;
    pipeline_free(pipeline);
    return NULL;
}

struct pipeline *pipeline_new(const struct policy_spec *spec, const struct handler_env *env,
                              struct error *err)
{
    return make(spec, env, false, err);
}

struct pipeline *pipeline_new_live(const struct policy_spec *spec, const struct handler_env *env,
                                   struct error *err)
{
    return make(spec, env, true, err);
}

void pipeline_set_context(struct pipeline *pipeline, void *context)
{
    pipeline->context = context;
}

void *pipeline_context(const struct pipeline *pipeline)
{
    return pipeline->context;
}

const struct policy_spec *pipeline_spec(const struct pipeline *pipeline)
{
    return pipeline->spec;
}

static void tick(struct instance *instance, unsigned worker, int64_t now)
{
    if (instance->spec->class->tick)
        instance->spec->class->tick(instance->shards[worker], instance->metrics[worker], now);
}

static void run_chain(struct instance *chain, size_t count, unsigned worker, struct batch *batch,
                      const struct selection *all, struct selection *passed)
{
    const struct selection *in = all;
    for (size_t h = 0; h < count; h++) {
        struct instance *instance = &chain[h];
        struct metric_shard *metrics = instance->metrics[worker];
        metrics->live->missed.source_lost += batch->losses.system + batch->losses.interface;
        instance->spec->class->process(instance->shards[worker], metrics, batch, in, passed);
        in = passed;
    }
}

void pipeline_process(struct pipeline *pipeline, unsigned worker, struct batch *batch)
{
    struct selection *all = &pipeline->selections[2 * worker];
    struct instance *chain = pipeline->instances;
    all->count = batch->n_events;
    for (size_t c = 0; c < pipeline->spec->n_chains; c++) {
        size_t count = pipeline->spec->chains[c].count;
        run_chain(chain, count, worker, batch, all, all + 1);
        chain += count;
    }
    // Not the newest of them: one packet from the future would make everything after it late.
    if (batch->n_packets > 0)
        pipeline_tick(pipeline, worker, batch->packets[batch->n_packets - 1].time);
}

void pipeline_tick(struct pipeline *pipeline, unsigned worker, int64_t now)
{
    for (size_t i = 0; i < pipeline->n_instances; i++)
        tick(&pipeline->instances[i], worker, now);
}

void pipeline_start(struct pipeline *pipeline, unsigned worker, int64_t time)
{
    for (size_t i = 0; i < pipeline->n_instances; i++)
        metric_shard_start(pipeline->instances[i].metrics[worker], time);
}

void pipeline_rotate(struct pipeline *pipeline, unsigned worker, int64_t time)
{
    for (size_t i = 0; i < pipeline->n_instances; i++) {
        tick(&pipeline->instances[i], worker, time);
        metric_shard_rotate(pipeline->instances[i].metrics[worker], time);
    }
}

void pipeline_finish(struct pipeline *pipeline, unsigned worker, int64_t time)
{
    for (size_t i = 0; i < pipeline->n_instances; i++) {
        tick(&pipeline->instances[i], worker, time);
        metric_shard_finish(pipeline->instances[i].metrics[worker], time);
    }
}

void pipeline_teach(struct pipeline *pipeline, size_t index, const struct metric_bucket *closed)
{
    const struct instance *instance = &pipeline->instances[index];
    for (unsigned w = 0; w < pipeline->env.workers; w++) {
        pipeline_enter(pipeline, w);
        instance->spec->class->learn(instance->shards[w], closed);
        pipeline_leave(pipeline, w);
    }
}

void pipeline_learn(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->n_instances; i++) {
        if (!pipeline->instances[i].spec->class->learn)
            continue;
        struct metric_request closed = {.bucket = 1};
        struct metric_bucket *bucket = pipeline_collect(pipeline, i, closed, NULL);
        if (bucket)
            pipeline_teach(pipeline, i, bucket);
        metric_bucket_free(bucket);
    }
}

size_t pipeline_ports(const struct pipeline *pipeline, const struct stream_port **ports)
{
    *ports = pipeline->ports;
    return pipeline->n_ports;
}

size_t pipeline_handlers(const struct pipeline *pipeline)
{
    return pipeline->n_instances;
}

const struct handler_spec *pipeline_handler(const struct pipeline *pipeline, size_t index)
{
    return pipeline->instances[index].spec;
}

void pipeline_used(struct pipeline *pipeline, unsigned worker, uint64_t packets, uint64_t ns)
{
    struct usage *usage = &pipeline->usage[worker]; // one writer each
    atomic_fetch_add_explicit(&usage->packets, packets, memory_order_relaxed);
    atomic_fetch_add_explicit(&usage->ns, ns, memory_order_relaxed);
}

struct pipeline_usage pipeline_usage(const struct pipeline *pipeline)
{
    struct pipeline_usage sum = {0};
    for (unsigned w = 0; w < pipeline->env.workers; w++) {
        sum.packets += atomic_load_explicit(&pipeline->usage[w].packets, memory_order_relaxed);
        sum.ns += atomic_load_explicit(&pipeline->usage[w].ns, memory_order_relaxed);
    }
    return sum;
}
