// What a DNS message costs, beside a plain copy of the same bytes: queries and answers whose names
// have the shape of real ones (two to five labels, host labels of any length), too many to be
// remembered by a branch predictor, few enough for the second-level cache.
#include "../common/dns_build.h"
#include "base/random.h"
#include "wire/dns.h"

#include <stdio.h>
#include <time.h>

enum { MESSAGES = 1024, ROUNDS = 2000, REPEATS = 200, SLOT = 256 };

struct sample {
    size_t len;
    uint8_t bytes[SLOT];
};

static struct sample samples[MESSAGES];
static struct dns_message messages[MESSAGES];
static char names[MESSAGES * 64 + DNS_NAME_MAX]; // packed, as those of a batch are
static char *names_end;
static uint64_t sink; // so that nothing is optimised away

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void add_random_name(struct dns_build *b, struct random_stream *random)
{
    static const char *const ends[] = {"com", "net", "org", "de", "co.uk", "arpa", "io"};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEF";
    for (size_t labels = 1 + random_below(random, 3); labels > 0; labels--) {
        char label[24];
        size_t len = 2 + random_below(random, random_below(random, 4) ? 10 : 22);
        for (size_t i = 0; i < len; i++)
            label[i] = letters[random_below(random, sizeof letters - 1)];
        dns_build_label(b, label, len);
    }
    dns_build_name(b, ends[random_below(random, sizeof ends / sizeof *ends)]);
    dns_build_question_end(b, random_below(random, 2) ? 1 : 28);
}

static void build_samples(bool answers)
{
    static struct dns_build b;
    static const uint8_t address[4] = {192, 0, 2, 1};
    struct random_stream random = {7};
    for (size_t i = 0; i < MESSAGES; i++) {
        dns_build_begin(&b, (unsigned)i, answers ? DNS_BUILD_RESPONSE : DNS_BUILD_QUERY);
        add_random_name(&b, &random);
        for (size_t k = answers ? 1 + random_below(&random, 4) : 0; k > 0; k--) {
            dns_build_pointer(&b, 12);
            dns_build_record_end(&b, DNS_BUILD_ANSWER, 1, span_of(address, sizeof address));
        }
        dns_build_opt(&b, 0, true);
        samples[i].len = b.len;
        memcpy(samples[i].bytes, b.data, b.len);
    }
}

static void run_copy(size_t i)
{
    static char copy[SLOT];
    memcpy(copy, samples[i].bytes, samples[i].len);
    __asm__ volatile("" ::"r"(copy) : "memory");
}

static void run_decode(size_t i)
{
    if (i == 0)
        names_end = names;
    sink += dns_decode(&messages[i], span_of(samples[i].bytes, samples[i].len),
                       (uint32_t)samples[i].len, names_end);
    names_end += messages[i].name_len;
}

static void run_walk(size_t i)
{
    messages[i].walked = false;
    messages[i].edns = false;
    dns_walk(&messages[i], span_of(samples[i].bytes, samples[i].len));
    sink += messages[i].edns;
}

static void run_aggregate(size_t i)
{
    struct dns_aggregate parts = dns_aggregate(span_of(messages[i].name, messages[i].name_len), 0);
    sink += parts.qname2.len + parts.qname3.len;
}

static void run_noted_aggregate(size_t i)
{
    struct dns_aggregate parts = dns_message_aggregate(&messages[i]);
    sink += parts.qname2.len + parts.qname3.len;
}

// Best of some repeats: nanoseconds per message.
static double measure(void (*run)(size_t))
{
    double best = 1e9;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double start = seconds();
        for (int round = 0; round < ROUNDS / REPEATS; round++)
            for (size_t i = 0; i < MESSAGES; i++)
                run(i);
        double ns = (seconds() - start) * 1e9 / ((double)MESSAGES * (ROUNDS / REPEATS));
        best = ns < best ? ns : best;
    }
    return best;
}

static void report(const char *kind, const char *name, double value, double baseline)
{
    printf("%s_%-24s %10.2f ns %8.4f\n", kind, name, value, value / baseline);
}

int main(void)
{
    for (int answers = 0; answers <= 1; answers++) {
        const char *kind = answers ? "answer" : "query";
        build_samples(answers);
        double copy = measure(run_copy);
        report(kind, "memcpy", copy, copy);
        report(kind, "dns_decode", measure(run_decode), copy);
        report(kind, "dns_walk", measure(run_walk), copy);
        report(kind, "dns_aggregate", measure(run_aggregate), copy);
        report(kind, "dns_message_aggregate", measure(run_noted_aggregate), copy);
    }
    fprintf(stderr, "checksum %llu\n", (unsigned long long)sink);
    return 0;
}
