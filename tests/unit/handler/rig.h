// Handlers on a test bench: up to four in a chain, fed with batches that the test builds. As in a
// pipeline every handler sees what the one before it let pass, and all are ticked behind a batch.
#pragma once

#include "../../common/summary.h"
#include "../../common/traffic.h"

#include "base/hash.h"
#include "base/memory.h"
#include "handler/handler.h"

enum { RIG_HANDLERS_MAX = 4 };

struct rig_handler {
    const struct handler_class *class;
    json_t *options;
    void *config, *shard;
    struct metric_shard *metrics;
};

struct rig {
    struct traffic traffic;
    struct pool pool;
    struct handler_env env;
    struct rig_handler handlers[RIG_HANDLERS_MAX];
    unsigned n;
    struct selection all, passed;
    // For the handlers that are added next.
    unsigned deep_sample_rate, periods;
};

static inline void rig_init(struct rig *rig)
{
    *rig = (struct rig){.deep_sample_rate = 100, .periods = 1};
    pool_init(&rig->pool, 0);
    rig->env = (struct handler_env){.geo_cache_size = 16, .pool = &rig->pool, .workers = 1};
    for (unsigned i = 0; i < BATCH_EVENTS; i++)
        rig->all.index[i] = (uint16_t)i;
    assert_true(traffic_init(&rig->traffic));
}

static inline void rig_done(struct rig *rig)
{
    for (unsigned i = 0; i < rig->n; i++) {
        struct rig_handler *h = &rig->handlers[i];
        metric_shard_free(h->metrics);
        if (h->class->shard_free)
            h->class->shard_free(h->shard);
        if (h->class->config_free)
            h->class->config_free(h->config);
        json_decref(h->options);
    }
    traffic_done(&rig->traffic);
    assert_int_equal(rig->pool.used, 0);
}

// "+sizes -counters" on top of the default groups.
static inline uint32_t rig_groups(const struct metric_table *table, const char *changes)
{
    uint32_t groups = metric_groups_default(table);
    char name[64];
    int length = 0;
    for (char sign; sscanf(changes, " %c%63s%n", &sign, name, &length) == 2; changes += length) {
        int bit = metric_group_find(table, name);
        assert_true(bit >= 0);
        groups = sign == '+' ? groups | 1u << bit : groups & ~(1u << bit);
    }
    return groups;
}

// Adds a handler to the end of the chain; takes the options (NULL: none). False with err set when
// it does not want them.
static inline bool rig_try(struct rig *rig, const struct handler_class *class, json_t *options,
                           const char *groups, struct error *err)
{
    struct rig_handler *h = &rig->handlers[rig->n++];
    struct metric_settings settings = metric_default_settings;
    settings.periods = rig->periods;
    settings.deep_sample_rate = rig->deep_sample_rate;
    settings.groups = rig_groups(class->metrics, groups);
    settings.recorded = true;
    h->class = class;
    h->options = options ? options : json_object();
    if (class->config_new &&
        !(h->config = class->config_new(h->options, &settings, &rig->env, err)))
        return false;
    if (class->shard_new)
        assert_non_null(h->shard = class->shard_new(h->config, &rig->env));
    assert_non_null(h->metrics = metric_shard_new(class->metrics, &settings, &rig->pool));
    return true;
}

static inline void rig_add(struct rig *rig, const char *type, const char *version, json_t *options,
                           const char *groups)
{
    struct error err = {0};
    if (rig_try(rig, handler_find(type, version), options, groups, &err))
        return;
    print_error("%s\n", err.text);
    fail();
}

static inline void rig_tick(struct rig *rig, int64_t now)
{
    for (unsigned i = 0; i < rig->n; i++)
        if (rig->handlers[i].class->tick)
            rig->handlers[i].class->tick(rig->handlers[i].shard, rig->handlers[i].metrics, now);
}

// Takes the batch that the test has built, and makes room for the next one.
static inline void rig_run(struct rig *rig)
{
    rig->all.count = rig->traffic.batch.n_events;
    const struct selection *in = &rig->all;
    for (unsigned i = 0; i < rig->n; i++) {
        struct rig_handler *h = &rig->handlers[i];
        h->class->process(h->shard, h->metrics, &rig->traffic.batch, in, &rig->passed);
        in = &rig->passed;
    }
    const struct batch *batch = &rig->traffic.batch;
    if (batch->n_packets > 0)
        rig_tick(rig, batch->packets[batch->n_packets - 1].time);
    batch_reset(&rig->traffic.batch);
}

static inline void rig_rotate(struct rig *rig, int64_t time)
{
    rig_tick(rig, time);
    for (unsigned i = 0; i < rig->n; i++) {
        struct rig_handler *h = &rig->handlers[i];
        metric_shard_rotate(h->metrics, time);
        if (h->class->learn)
            h->class->learn(h->shard, h->metrics->periods[1]);
    }
}

static inline const struct metric_bucket *rig_bucket(const struct rig *rig, unsigned handler)
{
    return rig->handlers[handler].metrics->live;
}
