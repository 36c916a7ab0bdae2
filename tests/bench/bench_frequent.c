// Frequent items, and exact counts of ports, per update and per merge, against a plain hash table
// on the same stream. Items are hashed beforehand, as the handlers do it once for several sketches,
// and lie in memory in the order of the stream, as packets do.
#include "sketch/count16.h"
#include "sketch/frequent.h"

#include "base/random.h"

#include "bench.h"
#include "plain_table.h"

enum { UPDATES = 2000000, NAMES = 100000, NAME_ROOM = 40, PORTS = 65536, ROUNDS = 5 };

struct update {
    uint64_t hash;
    uint64_t number;
    struct span item;
};

static struct update stream[UPDATES];
static char names[UPDATES][NAME_ROOM];    // the different ones
static char arriving[UPDATES][NAME_ROOM]; // those of the stream, in its order
static struct pool pool;
static uint64_t checksum; // printed, so that no work is left out

static void make_name(size_t i, struct random_stream *random)
{
    snprintf(names[i], NAME_ROOM, "www%zu.customer-%lu.example.com", i,
             (unsigned long)random_below(random, 100000));
}

static void use_name(size_t i, size_t name)
{
    memcpy(arriving[i], names[name], NAME_ROOM);
    stream[i].item = span_text(arriving[i]);
    stream[i].hash = hash_bytes(hash_process_key(), stream[i].item);
}

// Rank r with weight 1/r.
static void make_zipf_names(struct random_stream *random)
{
    static double cumulative[NAMES];
    double sum = 0;
    for (size_t i = 0; i < NAMES; i++) {
        cumulative[i] = sum += 1.0 / (double)(i + 1);
        make_name(i, random);
    }
    for (size_t i = 0; i < UPDATES; i++) {
        double draw = random_unit(random) * sum;
        size_t low = 0, high = NAMES - 1;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (cumulative[middle] < draw)
                low = middle + 1;
            else
                high = middle;
        }
        use_name(i, low);
    }
}

static void make_hot_names(struct random_stream *random)
{
    for (size_t i = 0; i < UPDATES; i++)
        use_name(i, random_below(random, 5000));
}

static void make_new_names(struct random_stream *random)
{
    for (size_t i = 0; i < UPDATES; i++) {
        make_name(i, random);
        use_name(i, i);
    }
}

static void make_numbers(struct random_stream *random, uint64_t range)
{
    for (size_t i = 0; i < UPDATES; i++) {
        stream[i].number = random_below(random, range);
        stream[i].item = span_of(&stream[i].number, sizeof stream[i].number);
        stream[i].hash = hash_u64(hash_process_key(), stream[i].number);
    }
}

static void sketch_bytes(void *unused)
{
    struct frequent f;
    (void)unused;
    frequent_init(&f, &pool, FREQUENT_BYTES, FREQUENT_LG_MAX);
    for (size_t i = 0; i < UPDATES; i++)
        frequent_add_bytes(&f, stream[i].hash, stream[i].item, 1);
    checksum += f.offset + f.items;
    frequent_done(&f);
}

static void sketch_numbers(void *unused)
{
    struct frequent f;
    (void)unused;
    frequent_init(&f, &pool, FREQUENT_U64, FREQUENT_LG_MAX);
    for (size_t i = 0; i < UPDATES; i++)
        frequent_add_u64(&f, stream[i].hash, stream[i].number, 1);
    checksum += f.offset + f.items;
    frequent_done(&f);
}

static void exact_counts(void *unused)
{
    struct count16 c;
    (void)unused;
    count16_init(&c, &pool);
    for (size_t i = 0; i < UPDATES; i++)
        count16_add(&c, (uint16_t)stream[i].number, 1);
    checksum += c.total + c.page_bytes;
    count16_done(&c);
}

static void plain(void *unused)
{
    struct plain_table t;
    (void)unused;
    plain_init(&t);
    for (size_t i = 0; i < UPDATES; i++)
        plain_add(&t, stream[i].hash, stream[i].item, 1);
    checksum += t.used;
    plain_done(&t);
}

static void report_update(const char *subject, const char *stream_name, double value,
                          double baseline)
{
    char name[64];
    snprintf(name, sizeof name, "%s_update_%s", subject, stream_name);
    bench_report(name, value, baseline);
}

static void compare(const char *stream_name, void (*sketch)(void *))
{
    double baseline = bench_best(plain, NULL, ROUNDS, UPDATES);
    report_update("table", stream_name, baseline, baseline);
    report_update("frequent", stream_name, bench_best(sketch, NULL, ROUNDS, UPDATES), baseline);
    if (sketch == sketch_numbers)
        report_update("count16", stream_name, bench_best(exact_counts, NULL, ROUNDS, UPDATES),
                      baseline);
}

static struct frequent sketches[2];
static struct plain_table tables[2];

// Both into an empty one: the first is a copy, the second counts item by item.
static void merge_sketches(void *unused)
{
    struct frequent both;
    (void)unused;
    frequent_init(&both, &pool, sketches[0].kind, FREQUENT_LG_MAX);
    frequent_merge(&both, &sketches[0]);
    frequent_merge(&both, &sketches[1]);
    checksum += both.items;
    frequent_done(&both);
}

static void merge_tables(void *unused)
{
    struct plain_table both;
    (void)unused;
    plain_init(&both);
    plain_merge(&both, &tables[0]);
    plain_merge(&both, &tables[1]);
    checksum += both.used;
    plain_done(&both);
}

static void compare_merges(const char *stream_name, enum frequent_kind kind, size_t updates)
{
    char name[64];
    for (int i = 0; i < 2; i++) {
        frequent_init(&sketches[i], &pool, kind, FREQUENT_LG_MAX);
        plain_init(&tables[i]);
    }
    for (size_t i = 0; i < updates; i++) {
        plain_add(&tables[i % 2], stream[i].hash, stream[i].item, 1);
        if (kind == FREQUENT_BYTES)
            frequent_add_bytes(&sketches[i % 2], stream[i].hash, stream[i].item, 1);
        else
            frequent_add_u64(&sketches[i % 2], stream[i].hash, stream[i].number, 1);
    }
    double baseline = bench_best(merge_tables, NULL, ROUNDS, 2);
    snprintf(name, sizeof name, "table_merge_%s", stream_name);
    bench_report(name, baseline, baseline);
    snprintf(name, sizeof name, "frequent_merge_%s", stream_name);
    bench_report(name, bench_best(merge_sketches, NULL, 10 * ROUNDS, 2), baseline);
    for (int i = 0; i < 2; i++) {
        frequent_done(&sketches[i]);
        plain_done(&tables[i]);
    }
}

int main(void)
{
    struct random_stream random = {.state = 1};
    pool_init(&pool, 0);
    make_zipf_names(&random);
    compare("zipf_names", sketch_bytes);
    compare_merges("zipf_names", FREQUENT_BYTES, UPDATES);
    make_hot_names(&random);
    compare("5000_names", sketch_bytes);
    compare_merges("5000_names", FREQUENT_BYTES, 100000);
    make_numbers(&random, PORTS);
    compare("random_ports", sketch_numbers);
    compare_merges("random_ports", FREQUENT_U64, UPDATES);
    make_numbers(&random, 5000);
    compare("5000_ports", sketch_numbers);
    make_new_names(&random);
    compare("new_names", sketch_bytes);
    fprintf(stderr, "checksum %lu\n", (unsigned long)checksum);
    return 0;
}
