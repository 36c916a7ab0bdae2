// Rates per update, merge and reading, against a plain array of counts that spans all seconds.
#include "sketch/rate.h"

#include "base/memory.h"
#include "base/random.h"

#include "bench.h"

enum { UPDATES = 2000000, MINUTE = 60, DAY = 86400, ROUNDS = 5 };

static int64_t seconds[UPDATES];
static const int64_t start = 1700000000;
static int64_t span_seconds;
static struct pool pool;
static double checksum; // printed, so that no work is left out

static void plain_update(void *unused)
{
    (void)unused;
    uint64_t *counts = mem_calloc((size_t)span_seconds, sizeof *counts);
    for (size_t i = 0; i < UPDATES; i++)
        counts[seconds[i] - start]++;
    checksum += (double)counts[1];
    mem_free(counts);
}

static void rate_update(void *unused)
{
    (void)unused;
    struct rate r;
    rate_init(&r, &pool);
    for (size_t i = 0; i < UPDATES; i++)
        rate_add(&r, seconds[i], 1);
    checksum += (double)r.total;
    rate_done(&r);
}

static struct rate rates[2];
static uint64_t *counts[2], *joined;

static void plain_merge(void *unused)
{
    (void)unused;
    memset(joined, 0, (size_t)span_seconds * sizeof *joined);
    for (int i = 0; i < 2; i++) {
        for (int64_t second = 0; second < span_seconds; second++)
            joined[second] += counts[i][second];
    }
    checksum += (double)joined[1];
}

static void rate_merging(void *unused)
{
    (void)unused;
    struct rate both;
    rate_init(&both, &pool);
    rate_merge(&both, &rates[0]);
    rate_merge(&both, &rates[1]);
    checksum += (double)both.total;
    rate_done(&both);
}

static void rate_reading(void *unused)
{
    (void)unused;
    struct rate_summary summary;
    rate_read(&rates[0], start, start + span_seconds - 1, &summary);
    checksum += summary.p99;
}

// Time mostly goes forward, as in a capture, with some disorder.
static void make_stream(struct random_stream *random)
{
    for (int64_t i = 0; i < UPDATES; i++) {
        int64_t second = i * span_seconds / UPDATES - (random_below(random, 100) == 0);
        seconds[i] = start + (second > 0 ? second : 0);
    }
}

static void fill(void)
{
    joined = mem_calloc((size_t)span_seconds, sizeof *joined);
    for (int i = 0; i < 2; i++) {
        rate_init(&rates[i], &pool);
        counts[i] = mem_calloc((size_t)span_seconds, sizeof *counts[i]);
    }
    for (size_t i = 0; i < UPDATES; i++) {
        rate_add(&rates[i % 2], seconds[i], 1);
        counts[i % 2][seconds[i] - start]++;
    }
}

static void empty(void)
{
    mem_free(joined);
    for (int i = 0; i < 2; i++) {
        rate_done(&rates[i]);
        mem_free(counts[i]);
    }
}

static void compare(const char *period, int64_t length)
{
    struct random_stream random = {.state = 1};
    char name[64];
    span_seconds = length;
    make_stream(&random);
    double baseline = bench_best(plain_update, NULL, ROUNDS, UPDATES);
    snprintf(name, sizeof name, "array_update_%s", period);
    bench_report(name, baseline, baseline);
    snprintf(name, sizeof name, "rate_update_%s", period);
    bench_report(name, bench_best(rate_update, NULL, ROUNDS, UPDATES), baseline);
    fill();
    baseline = bench_best(plain_merge, NULL, 100, 2);
    snprintf(name, sizeof name, "array_merge_%s", period);
    bench_report(name, baseline, baseline);
    snprintf(name, sizeof name, "rate_merge_%s", period);
    bench_report(name, bench_best(rate_merging, NULL, 100, 2), baseline);
    snprintf(name, sizeof name, "rate_read_%s", period);
    bench_report(name, bench_best(rate_reading, NULL, 100, 1), baseline);
    empty();
}

int main(void)
{
    pool_init(&pool, 0);
    compare("minute", MINUTE);
    compare("day", DAY);
    fprintf(stderr, "checksum %g\n", checksum);
    return 0;
}
