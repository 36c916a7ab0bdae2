// Distinct count per update and per merge, against a plain open-addressing hash set that is given
// the same stream. Prints `name value unit ratio`; the ratio is to the hash set (below 1: faster).
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "sketch/hll.h"

enum { UPDATES = 2000000, NAMES = 100000, NAME_ROOM = 64, ROUNDS = 5, LG_K = 14 };

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

// The baseline: items by their keyed hash, at most half full, linear probing.
struct plain_slot {
    uint64_t hash; // 0: empty
    struct span item;
};

struct plain_set {
    struct plain_slot *slots;
    size_t room, used;
};

static void plain_init(struct plain_set *set)
{
    *set = (struct plain_set){.slots = mem_calloc(16, sizeof *set->slots), .room = 16};
}

static void plain_put(struct plain_set *set, uint64_t hash, struct span item)
{
    size_t at = hash & (set->room - 1);
    for (; set->slots[at].hash; at = (at + 1) & (set->room - 1)) {
        if (set->slots[at].hash == hash && span_equal(set->slots[at].item, item))
            return;
    }
    set->slots[at] = (struct plain_slot){hash, item};
    set->used++;
}

static void plain_add(struct plain_set *set, uint64_t hash, struct span item)
{
    if (2 * set->used >= set->room) {
        struct plain_set bigger = {.slots = mem_calloc(2 * set->room, sizeof *set->slots),
                                   .room = 2 * set->room};
        for (size_t i = 0; i < set->room; i++) {
            if (set->slots[i].hash)
                plain_put(&bigger, set->slots[i].hash, set->slots[i].item);
        }
        mem_free(set->slots);
        *set = bigger;
    }
    plain_put(set, hash | 1, item);
}

static void plain_merge(struct plain_set *dst, const struct plain_set *src)
{
    for (size_t i = 0; i < src->room; i++) {
        if (src->slots[i].hash)
            plain_add(dst, src->slots[i].hash, src->slots[i].item);
    }
}

static struct span stream[UPDATES];
static uint64_t numbers[UPDATES];
static char names[NAMES][NAME_ROOM];
static double checksum; // printed, so that no work is left out

// Rank r with weight 1/r: the r-th name is asked for most by the share of its weight.
static void make_zipf_names(struct random_stream *random)
{
    static double cumulative[NAMES];
    double sum = 0;
    for (int i = 0; i < NAMES; i++) {
        cumulative[i] = sum += 1.0 / (i + 1);
        snprintf(names[i], NAME_ROOM, "www%d.customer-%lu.example.com", i,
                 random_below(random, 1000000));
    }
    for (int i = 0; i < UPDATES; i++) {
        double draw = random_unit(random) * sum;
        int low = 0, high = NAMES - 1;
        while (low < high) {
            int middle = (low + high) / 2;
            if (cumulative[middle] < draw)
                low = middle + 1;
            else
                high = middle;
        }
        stream[i] = span_text(names[low]);
    }
}

static void make_random_numbers(struct random_stream *random)
{
    for (int i = 0; i < UPDATES; i++) {
        numbers[i] = random_next(random);
        stream[i] = span_of(&numbers[i], sizeof numbers[i]);
    }
}

typedef void work(struct pool *pool);

static void hll_numbers(struct pool *pool)
{
    struct hll hll;
    hll_init(&hll, pool, LG_K);
    for (int i = 0; i < UPDATES; i++)
        hll_add_coupon(&hll, hll_coupon_u64(numbers[i]));
    checksum += hll_estimate(&hll);
    hll_done(&hll);
}

static void hll_spans(struct pool *pool)
{
    struct hll hll;
    hll_init(&hll, pool, LG_K);
    for (int i = 0; i < UPDATES; i++)
        hll_add(&hll, stream[i]);
    checksum += hll_estimate(&hll);
    hll_done(&hll);
}

static void hashing_alone(struct pool *pool)
{
    (void)pool;
    uint32_t sum = 0;
    for (int i = 0; i < UPDATES; i++)
        sum += hll_coupon(stream[i]);
    checksum += sum;
}

static void plain_spans(struct pool *pool)
{
    (void)pool;
    struct plain_set set;
    const struct hash_key *key = hash_process_key();
    plain_init(&set);
    for (int i = 0; i < UPDATES; i++)
        plain_add(&set, hash_bytes(key, stream[i]), stream[i]);
    checksum += (double)set.used;
    mem_free(set.slots);
}

static double best_of(work *run)
{
    double best = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        struct pool pool;
        pool_init(&pool, 0);
        double start = now_ns();
        run(&pool);
        best = fmin(best, now_ns() - start);
    }
    return best / UPDATES;
}

static void report(const char *name, double value, double baseline)
{
    printf("%-28s %10.2f ns %8.4f\n", name, value, value / baseline);
}

static void bench_updates(void)
{
    struct random_stream random = {.state = 1};
    make_random_numbers(&random);
    double plain = best_of(plain_spans);
    report("set_update_random_u64", plain, plain);
    report("hll_update_random_u64", best_of(hll_numbers), plain);
    make_zipf_names(&random);
    plain = best_of(plain_spans);
    report("set_update_zipf_names", plain, plain);
    report("hll_update_zipf_names", best_of(hll_spans), plain);
    report("hll_coupon_zipf_names", best_of(hashing_alone), plain);
}

// Two streams of so many numbers, half of them in common, merged into an empty sketch.
static double time_hll_merges(struct pool *pool, unsigned lg_k, int items)
{
    struct hll a, b;
    double best = INFINITY;
    hll_init(&a, pool, lg_k);
    hll_init(&b, pool, lg_k);
    for (int i = 0; i < items; i++) {
        hll_add_coupon(&a, hll_coupon_u64(numbers[i]));
        hll_add_coupon(&b, hll_coupon_u64(numbers[i + items / 2]));
    }
    for (int round = 0; round < 200; round++) {
        struct hll both;
        hll_init(&both, pool, lg_k);
        double start = now_ns();
        hll_merge(&both, &a);
        hll_merge(&both, &b);
        best = fmin(best, (now_ns() - start) / 2);
        checksum += both.count;
        hll_done(&both);
    }
    hll_done(&a);
    hll_done(&b);
    return best;
}

static double time_plain_merges(int items)
{
    const struct hash_key *key = hash_process_key();
    struct plain_set a, b;
    double best = INFINITY;
    plain_init(&a);
    plain_init(&b);
    for (int i = 0; i < items; i++) {
        plain_add(&a, hash_bytes(key, stream[i]), stream[i]);
        plain_add(&b, hash_bytes(key, stream[i + items / 2]), stream[i + items / 2]);
    }
    for (int round = 0; round < ROUNDS; round++) {
        struct plain_set both;
        plain_init(&both);
        double start = now_ns();
        plain_merge(&both, &a);
        plain_merge(&both, &b);
        best = fmin(best, (now_ns() - start) / 2);
        checksum += (double)both.used;
        mem_free(both.slots);
    }
    mem_free(a.slots);
    mem_free(b.slots);
    return best;
}

static void bench_merges(void)
{
    struct random_stream random = {.state = 2};
    struct pool pool;
    pool_init(&pool, 0);
    make_random_numbers(&random);
    double plain = time_plain_merges(100000);
    report("set_merge_100000", plain, plain);
    report("hll_merge_100000_lg_k_14", time_hll_merges(&pool, 14, 100000), plain);
    report("hll_merge_100000_lg_k_11", time_hll_merges(&pool, 11, 100000), plain);
    plain = time_plain_merges(1000);
    report("set_merge_1000", plain, plain);
    report("hll_merge_1000_lg_k_14", time_hll_merges(&pool, 14, 1000), plain);
}

int main(void)
{
    bench_updates();
    bench_merges();
    fprintf(stderr, "checksum %.0f\n", checksum);
    return 0;
}
