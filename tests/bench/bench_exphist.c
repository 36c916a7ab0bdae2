// Exponential and fixed histograms per update and per merge, against a plain array that keeps every
// value and is not even sorted.
#include "sketch/exphist.h"
#include "sketch/histogram.h"

#include "base/memory.h"
#include "base/random.h"

#include "bench.h"

enum { UPDATES = 1000000, ROUNDS = 15 };

static double values[UPDATES];
static struct pool pool;
static double checksum; // printed, so that no work is left out

static void plain_update(void *unused)
{
    (void)unused;
    size_t room = 0;
    double *kept = NULL;
    for (size_t i = 0; i < UPDATES; i++) {
        if (i == room) {
            room = room ? 2 * room : 16;
            kept = mem_realloc(kept, room * sizeof *kept);
        }
        kept[i] = values[i];
    }
    checksum += kept[UPDATES / 2];
    mem_free(kept);
}

static void exphist_update(void *unused)
{
    (void)unused;
    struct exphist h;
    exphist_init(&h, &pool);
    for (size_t i = 0; i < UPDATES; i++)
        exphist_add(&h, values[i]);
    checksum += exphist_sum(&h);
    exphist_done(&h);
}

static void histogram_update(void *unused)
{
    (void)unused;
    struct histogram h;
    histogram_init(&h, &pool, HISTOGRAM_INTEGER);
    for (size_t i = 0; i < UPDATES; i++)
        histogram_add(&h, values[i]);
    checksum += histogram_sum(&h);
    histogram_done(&h);
}

static struct exphist exphists[2];
static struct histogram histograms[2];
static double joined[UPDATES];

static void plain_merge(void *unused)
{
    (void)unused;
    memcpy(joined, values, UPDATES / 2 * sizeof *joined);
    memcpy(joined + UPDATES / 2, values + UPDATES / 2, UPDATES / 2 * sizeof *joined);
    checksum += joined[UPDATES / 3];
}

static void exphist_merging(void *unused)
{
    (void)unused;
    struct exphist both;
    exphist_init(&both, &pool);
    exphist_merge(&both, &exphists[0]);
    exphist_merge(&both, &exphists[1]);
    checksum += exphist_sum(&both);
    exphist_done(&both);
}

static void histogram_merging(void *unused)
{
    (void)unused;
    struct histogram both;
    histogram_init(&both, &pool, HISTOGRAM_INTEGER);
    histogram_merge(&both, &histograms[0]);
    histogram_merge(&both, &histograms[1]);
    checksum += histogram_sum(&both);
    histogram_done(&both);
}

static void exphist_reading(void *unused)
{
    (void)unused;
    for (int q = 0; q < 4; q++)
        checksum += exphist_quantile(&exphists[0], 0.9 + q * 0.03);
}

static void fill(void)
{
    for (int i = 0; i < 2; i++) {
        exphist_init(&exphists[i], &pool);
        histogram_init(&histograms[i], &pool, HISTOGRAM_INTEGER);
    }
    for (size_t i = 0; i < UPDATES; i++) {
        exphist_add(&exphists[i % 2], values[i]);
        histogram_add(&histograms[i % 2], values[i]);
    }
}

int main(void)
{
    struct random_stream random = {.state = 1};
    pool_init(&pool, 0);
    for (size_t i = 0; i < UPDATES; i++) // latencies in us, a tail like 1/x^1.5
        values[i] = floor(200 * pow(1 - random_unit(&random), -1 / 1.5));
    double baseline = bench_best(plain_update, NULL, ROUNDS, UPDATES);
    bench_report("array_update", baseline, baseline);
    bench_report("exphist_update", bench_best(exphist_update, NULL, ROUNDS, UPDATES), baseline);
    bench_report("histogram_update", bench_best(histogram_update, NULL, ROUNDS, UPDATES), baseline);
    fill();
    baseline = bench_best(plain_merge, NULL, ROUNDS, 2);
    bench_report("array_merge", baseline, baseline);
    bench_report("exphist_merge", bench_best(exphist_merging, NULL, 1000, 2), baseline);
    bench_report("histogram_merge", bench_best(histogram_merging, NULL, 1000, 2), baseline);
    bench_report("exphist_quantile", bench_best(exphist_reading, NULL, 1000, 4), baseline);
    fprintf(stderr, "checksum %g\n", checksum);
    return 0;
}
