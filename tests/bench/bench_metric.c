// What a scrape costs: a bucket of dns size under heavy traffic (every list of names full) is
// collected from one and from four shards and written as JSON and as Prometheus text. Prints `name
// value unit ratio`; the ratio is to copying as many bytes as the bucket holds.
#include <stdio.h>
#include <time.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "metric/json.h"
#include "metric/prometheus.h"
#include "metric/shard.h"

enum { LISTS = 8, NUMBERS = 3, RECORDS = 60000, NAMES = 40000, SHARDS = 4, ROUNDS = 7 };

// clang-format off
#define LIST(name, number)                                                                         \
    [name] = {.id = 10 + number, .kind = METRIC_TOP, .path = "top_name" #number, .label = "qname", \
              .unit = "1", .help = "names"}
// clang-format on

enum { EVENTS, RATE, TIME, RATIO, USERS, PORTS, CODES = PORTS + NUMBERS - 1, FIRST_LIST };
enum { ROW_COUNT = FIRST_LIST + LISTS };

static const struct metric_row rows[ROW_COUNT] = {
    [EVENTS] = {.id = 1, .kind = METRIC_COUNTER, .path = "events", .unit = "1", .help = "events"},
    [RATE] = {.id = 2, .kind = METRIC_RATE, .path = "rate", .unit = "1", .help = "rate"},
    [TIME] = {.id = 3, .kind = METRIC_QUANTILES, .path = "time", .unit = "us", .help = "time"},
    [RATIO] = {.id = 4,
               .kind = METRIC_QUANTILES,
               .real = true,
               .path = "ratio",
               .unit = "1",
               .help = "ratio"},
    [USERS] = {.id = 5, .kind = METRIC_DISTINCT, .path = "users", .unit = "1", .help = "users"},
    [PORTS] = {.id = 6,
               .kind = METRIC_TOP,
               .item = ITEM_NUMBER,
               .path = "top_ports",
               .label = "port",
               .unit = "1",
               .help = "ports"},
    [PORTS + 1] = {.id = 7,
                   .kind = METRIC_TOP,
                   .item = ITEM_ADDRESS,
                   .path = "top_addresses",
                   .label = "ip",
                   .unit = "1",
                   .help = "addresses"},
    [CODES] = {.id = 8,
               .kind = METRIC_TOP,
               .item = ITEM_NUMBER,
               .path = "top_codes",
               .label = "rcode",
               .unit = "1",
               .help = "codes"},
    LIST(FIRST_LIST, 0),
    LIST(FIRST_LIST + 1, 1),
    LIST(FIRST_LIST + 2, 2),
    LIST(FIRST_LIST + 3, 3),
    LIST(FIRST_LIST + 4, 4),
    LIST(FIRST_LIST + 5, 5),
    LIST(FIRST_LIST + 6, 6),
    LIST(FIRST_LIST + 7, 7),
};
static const struct metric_scope_row scopes[] = {{.label = NULL}};
static const struct metric_table table = {.schema = "bench",
                                          .title = "bench",
                                          .rows = rows,
                                          .n_rows = ROW_COUNT,
                                          .scopes = scopes,
                                          .n_scopes = 1};

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void count(struct metric_scope *m, struct random_stream *random, int64_t second)
{
    const struct hash_key *key = hash_process_key();
    char name[40];
    metric_count(m, EVENTS, 1);
    metric_rate(m, RATE, second, 1);
    metric_quantile(m, TIME, (double)random_below(random, 100000));
    metric_quantile(m, RATIO, random_unit(random) * 10);
    uint64_t user = random_below(random, 50000);
    metric_distinct(m, USERS, hll_coupon_u64(user));
    metric_top_u64(m, PORTS, hash_u64(key, user), user, 1);
    metric_top_u64(m, CODES, hash_u64(key, user % 5), user % 5, 1);
    metric_top_bytes(m, PORTS + 1, hash_u64(key, user), span_of(&user, 4), 1);
    for (unsigned list = 0; list < LISTS; list++) {
        int len = snprintf(name, sizeof name, "host%u.zone%u.example.com",
                           (unsigned)random_below(random, NAMES), list);
        struct span item = span_of(name, (size_t)len);
        metric_top_bytes(m, FIRST_LIST + list, hash_bytes(key, item), item, 1);
    }
}

static volatile uint8_t copied; // keeps the copy from being left out

struct result {
    double collect, json, prometheus, copy;
};

static struct result measure(struct metric_shard **shards, size_t n, struct pool *pool)
{
    struct result best = {1e18, 1e18, 1e18, 1e18};
    struct buffer out;
    buffer_init(&out, 1 << 24);
    for (unsigned round = 0; round < ROUNDS; round++) {
        double t0 = now_ns();
        struct metric_bucket *bucket =
            metric_collect(shards, n, (struct metric_request){.bucket = 0}, pool, NULL);
        double t1 = now_ns();
        buffer_clear(&out);
        metric_json_object(bucket, &(struct metric_json_options){.now = 0}, &out);
        double t2 = now_ns();
        buffer_clear(&out);
        struct metric_series_source source = {.bucket = bucket, .labels = NULL, .n_labels = 0};
        metric_prometheus_write(&source, 1, &(struct metric_prometheus_options){.now = 0}, &out);
        double t3 = now_ns();
        size_t size = metric_bucket_memory(bucket);
        uint8_t *from = mem_zalloc(size), *to = mem_zalloc(size);
        memset(from, (int)round + 1, size);
        memset(to, 0, size);
        double t4 = now_ns();
        memcpy(to, from, size);
        double t5 = now_ns();
        copied = to[size - 1];
        mem_free(from);
        mem_free(to);
        metric_bucket_free(bucket);
        best.collect = t1 - t0 < best.collect ? t1 - t0 : best.collect;
        best.json = t2 - t1 < best.json ? t2 - t1 : best.json;
        best.prometheus = t3 - t2 < best.prometheus ? t3 - t2 : best.prometheus;
        best.copy = t5 - t4 < best.copy ? t5 - t4 : best.copy;
    }
    buffer_done(&out);
    return best;
}

static void print(const char *name, size_t shards, double ns, double copy)
{
    printf("metric_%s_%zu_shards %.3f ms %.1f\n", name, shards, ns / 1e6, ns / copy);
}

int main(void)
{
    struct pool pool;
    pool_init(&pool, 0);
    struct metric_settings settings = metric_default_settings;
    settings.periods = 1;
    struct metric_shard *shards[SHARDS];
    for (unsigned i = 0; i < SHARDS; i++) {
        shards[i] = metric_shard_new(&table, &settings, &pool);
        struct random_stream random = {i};
        for (unsigned record = 0; record < RECORDS; record++)
            count(shards[i]->live->root, &random, record / 1000);
    }
    for (size_t n = 1; n <= SHARDS; n *= SHARDS) {
        struct result result = measure(shards, n, &pool);
        print("collect", n, result.collect, result.copy);
        print("json", n, result.json, result.copy);
        print("prometheus", n, result.prometheus, result.copy);
    }
    for (unsigned i = 0; i < SHARDS; i++)
        metric_shard_free(shards[i]);
    return 0;
}
