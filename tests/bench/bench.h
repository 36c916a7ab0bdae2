// Timing for the benchmarks, and their output: lines `name value unit ratio`, the ratio to a
// baseline that is measured in the same run (below 1: faster than the baseline).
#pragma once

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static inline double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

// The least time of several rounds, in ns for each of n steps.
static inline double bench_best(void (*work)(void *subject), void *subject, int rounds, size_t n)
{
    double best = INFINITY;
    for (int round = 0; round < rounds; round++) {
        double start = bench_now();
        work(subject);
        best = fmin(best, bench_now() - start);
    }
    return best / (double)n;
}

static inline void bench_report(const char *name, double value, double baseline)
{
    printf("%-34s %12.2f ns %8.3f\n", name, value, value / baseline);
}
