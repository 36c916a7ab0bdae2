// A small table that has every kind, every sort of item, a fixed scope and a keyed one in a keyed
// one, and what tests do with it.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "metric/shard.h"

enum { ROOT, DIRECTION, DEVICE, INTERFACE, SCOPE_COUNT };
enum { COUNTERS = 1, TOPS = 2, DETAILS = 4, SIZES = 8 };
enum { DEVICES_MAX = 20, INTERFACES_MAX = 4 };

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)

static const char *fake_code_name(unsigned code)
{
    static const char *const names[] = {"NOERROR", "FORMERR", "SRVFAIL", "NXDOMAIN"};
    return code < 4 ? names[code] : NULL;
}

// clang-format off
#define FAKE_ROWS(ROW)                                                                             \
    ROW(EVENT_RATE, .id = 1, .kind = METRIC_RATE, .shallow = true, .path = "rates.events",         \
        .role = METRIC_ROLE_EVENT_RATE, .unit = "events/s", .help = "events per second")           \
    ROW(EVENTS, .id = 2, .kind = METRIC_COUNTER, .shallow = true, .path = "events",                \
        .role = METRIC_ROLE_EVENTS,                                                                \
        .unit = "events", .help = "events \\ of all\tsorts")                                       \
    ROW(HIDDEN, .id = 3, .kind = METRIC_COUNTER, .optional = true, .path = "hidden",               \
        .unit = "events", .help = "rare events")                                                   \
    ROW(QUERIES, .id = 4, .kind = METRIC_COUNTER, .path = "wire.queries", .groups = COUNTERS,      \
        .unit = "queries", .help = "queries")                                                      \
    ROW(RATIO, .id = 5, .kind = METRIC_QUANTILES, .real = true, .path = "ratio.quantiles",         \
        .unit = "1", .help = "sizes compared")                                                     \
    ROW(TIME, .id = 6, .kind = METRIC_HISTOGRAM, .path = "time_us", .groups = DETAILS,             \
        .unit = "us", .help = "time taken")                                                        \
    ROW(SHARE, .id = 7, .kind = METRIC_HISTOGRAM, .real = true, .path = "share",                   \
        .groups = DETAILS | COUNTERS, .unit = "1", .help = "share of something")                   \
    ROW(NAMES, .id = 8, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_names",                \
        .label = "qname", .groups = TOPS, .unit = "queries", .help = "names")                      \
    ROW(PORTS, .id = 9, .kind = METRIC_TOP, .item = ITEM_NUMBER, .path = "top_ports",              \
        .label = "port", .groups = TOPS, .unit = "queries", .help = "ports")                       \
    ROW(CODES, .id = 10, .kind = METRIC_TOP, .item = ITEM_CODE, .path = "top_codes",               \
        .label = "rcode", .code_name = fake_code_name, .groups = TOPS, .unit = "replies",          \
        .help = "codes | with names")                                                              \
    ROW(PLACES, .id = 11, .kind = METRIC_TOP, .item = ITEM_PLACE, .path = "top_places",            \
        .label = "geo_loc", .groups = TOPS, .unit = "queries", .help = "places")                   \
    ROW(ADDRESSES, .id = 12, .kind = METRIC_TOP, .item = ITEM_ADDRESS, .path = "top_addresses",    \
        .label = "ip", .groups = TOPS, .unit = "queries", .help = "addresses")                     \
    ROW(USERS, .id = 13, .kind = METRIC_DISTINCT, .path = "cardinality.users",                     \
        .groups = COUNTERS, .unit = "users", .help = "distinct users")                             \
    ROW(EVICTED, .id = 14, .kind = METRIC_COUNTER, .aside = true, .path = "evicted",               \
        .unit = "queries", .help = "forgotten queries")                                            \
    ROW(PACKETS, .id = 15, .kind = METRIC_COUNTER, .scope = DIRECTION, .path = "packets",          \
        .groups = COUNTERS, .unit = "packets", .help = "packets")                                  \
    ROW(SIZE, .id = 16, .kind = METRIC_QUANTILES, .scope = DIRECTION, .path = "size",              \
        .groups = COUNTERS, .unit = "bytes", .help = "sizes")                                      \
    ROW(BROKEN, .id = 17, .kind = METRIC_COUNTER, .scope = DIRECTION, .aside = true,               \
        .path = "aborted", .unit = "packets", .help = "broken packets")                            \
    ROW(FLOWS, .id = 18, .kind = METRIC_COUNTER, .scope = DEVICE, .path = "flows",                 \
        .groups = COUNTERS, .unit = "flows", .help = "flows")                                      \
    ROW(BYTES, .id = 19, .kind = METRIC_COUNTER, .scope = INTERFACE, .path = "in.bytes",           \
        .groups = COUNTERS, .unit = "bytes", .help = "bytes")                                      \
    ROW(PEERS, .id = 20, .kind = METRIC_DISTINCT, .scope = INTERFACE, .path = "in.peers",          \
        .groups = COUNTERS, .unit = "peers", .help = "distinct peers")                             \
    ROW(PAYLOAD, .id = 21, .kind = METRIC_QUANTILES, .path = "payload", .groups = SIZES,           \
        .name = "payload_bytes", .unit = "bytes", .help = "payload bytes")                         \
    ROW(SERVICES, .id = 22, .kind = METRIC_TOP16, .item = ITEM_NUMBER, .path = "top_services",     \
        .label = "port", .groups = TOPS | DETAILS, .unit = "flows", .help = "services")
// clang-format on

enum { FAKE_ROWS(METRIC_ROW_INDEX) ROW_COUNT };
static const struct metric_row fake_rows[] = {FAKE_ROWS(METRIC_ROW_ENTRY)};

static const char *const fake_directions[] = {"in", "out", "unknown", NULL};
static const struct metric_scope_row fake_scopes[SCOPE_COUNT] = {
    [ROOT] = {.label = NULL},
    [DIRECTION] = {.label = "direction", .path = "", .keys = fake_directions},
    [DEVICE] = {.label = "device", .path = "devices", .max_instances = DEVICES_MAX},
    [INTERFACE] = {.label = "device_interface",
                   .path = "interfaces",
                   .max_instances = INTERFACES_MAX,
                   .parent = DEVICE,
                   .label_prefix = true},
};

static const struct metric_group fake_groups[] = {
    {"counters", true, .help = "numbers"},
    {"tops", true, .help = "lists"},
    {"details", false, .help = "histograms"},
    {"sizes", false, .named = true, .help = "payloads"},
};

static const struct metric_table fake_table = {
    .schema = "fake",
    .title = "fake 1.0",
    .rows = fake_rows,
    .n_rows = ROW_COUNT,
    .scopes = fake_scopes,
    .n_scopes = SCOPE_COUNT,
    .groups = fake_groups,
    .n_groups = 4,
};

static inline struct metric_settings fake_settings(uint32_t groups)
{
    struct metric_settings settings = metric_default_settings;
    settings.groups = groups;
    return settings;
}

static inline uint64_t text_hash(const char *text)
{
    return hash_bytes(hash_process_key(), span_text(text));
}

static inline void count_name(struct metric_scope *scope, unsigned row, const char *name,
                              uint64_t weight)
{
    metric_top_bytes(scope, row, text_hash(name), span_text(name), weight);
}

static inline void count_number(struct metric_scope *scope, unsigned row, uint64_t number,
                                uint64_t weight)
{
    metric_top_u64(scope, row, hash_u64(hash_process_key(), number), number, weight);
}

static inline void count_bytes(struct metric_scope *scope, unsigned row, const void *bytes,
                               size_t len, uint64_t weight)
{
    struct span item = span_of(bytes, len);
    metric_top_bytes(scope, row, hash_bytes(hash_process_key(), item), item, weight);
}

// NULL when there is no room for it.
static inline struct metric_scope *device_if_room(struct metric_scope *root, const char *key)
{
    return metric_scope_keyed(root, DEVICE, text_hash(key), span_text(key));
}

static inline struct metric_scope *interface_if_room(struct metric_scope *dev, const char *key)
{
    return metric_scope_keyed(dev, INTERFACE, text_hash(key), span_text(key));
}

static inline struct metric_scope *device(struct metric_scope *root, const char *key)
{
    struct metric_scope *scope = device_if_room(root, key);
    assert_non_null(scope);
    return scope;
}

static inline struct metric_scope *interface(struct metric_scope *dev, const char *key)
{
    struct metric_scope *scope = interface_if_room(dev, key);
    assert_non_null(scope);
    return scope;
}

static inline struct metric_bucket *fake_bucket(struct pool *pool, uint32_t groups)
{
    struct metric_settings settings = fake_settings(groups);
    struct metric_bucket *bucket = metric_bucket_new(&fake_table, &settings, pool);
    assert_non_null(bucket);
    return bucket;
}

static inline void assert_pool_empty(const struct pool *pool)
{
    assert_int_equal(atomic_load(&pool->used), 0);
}

// One record of a random stream, into every row.
static inline void count_random(struct metric_bucket *bucket, struct random_stream *random)
{
    struct metric_scope *root = bucket->root;
    int64_t second = clock_second(bucket->start) + (int64_t)random_below(random, 60);
    uint64_t user = random_below(random, 3000);
    char name[32];
    metric_count(root, EVENTS, 1);
    metric_count(root, QUERIES, random_below(random, 2));
    metric_rate(root, EVENT_RATE, second, 1);
    metric_quantile(root, RATIO, 0.001 + random_unit(random) * 9);
    metric_histogram(root, TIME, (double)random_below(random, 100000));
    metric_histogram(root, SHARE, random_unit(random));
    metric_distinct(root, USERS, hll_coupon_u64(user));
    count_number(root, PORTS, random_below(random, 1 + random_below(random, 2000)), 1);
    count_number(root, CODES, random_below(random, 6), 1);
    metric_top16(root, SERVICES, (uint16_t)random_below(random, 2000), 1);
    struct metric_scope *direction =
        metric_scope_fixed(root, DIRECTION, (unsigned)random_below(random, 2));
    metric_count(direction, PACKETS, 1);
    metric_quantile(direction, SIZE, (double)random_below(random, 1500));
    snprintf(name, sizeof name, "host%u", (unsigned)random_below(random, 1 + user));
    count_name(root, NAMES, name, 1 + random_below(random, 100));
    snprintf(name, sizeof name, "10.0.0.%u", (unsigned)random_below(random, 12));
    struct metric_scope *dev = device(root, name);
    metric_count(dev, FLOWS, 1);
    snprintf(name, sizeof name, "%u", (unsigned)random_below(random, INTERFACES_MAX));
    struct metric_scope *port = interface(dev, name);
    metric_count(port, BYTES, user);
    metric_distinct(port, PEERS, hll_coupon_u64(user));
}
