// Every recorded capture, cut at random places and with random bytes changed, through all handlers
// with all groups on, to all outputs. Whatever the bytes say: there is an answer in time, it is
// well-formed, nothing stays allocated, and a cut file's packets are all in it. In the ASan build
// this also shows that nothing is touched that should not be.
#include "base/memory.h"
#include "base/random.h"
#include "common/pcap_read.h"
#include "enrich/geo.h"
#include "reader/output.h"
#include "well_formed.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    CASES = 200,           // of each kind, for each capture
    SECONDS_PER_CASE = 20, // the slowest takes a fifth of a second under ASan
    OUTPUT_MAX = 1 << 26,
    CAPTURES_MAX = 64,
};

static const char hosts[] = "10.0.0.0/8,192.168.0.0/16,127.0.0.0/8,fe80::/10,2001:db8::/32";

// Half of the cases keep one bucket, half rotate.
static const unsigned periods[] = {1, 5};
enum { SPECS = sizeof periods / sizeof *periods };

// What all cases share.
static struct {
    struct policy_spec *specs[SPECS];
    struct host_spec hosts;
    struct geo *geo;
    struct pool pool;
    struct handler_env env;
    struct buffer output;
} house;
static char running[512]; // names the case for the watchdog

static void on_alarm(int signal)
{
    (void)signal;
    static const char text[] = ": no end in time\n";
    ssize_t written = write(STDERR_FILENO, running, strlen(running));
    written += write(STDERR_FILENO, text, sizeof text - 1);
    _exit(written > 0 ? 1 : 2);
}

// Every handler class in a chain of its own, all of its groups on.
static struct policy_spec *everything(unsigned kept)
{
    struct policy_defaults defaults = {
        .periods = kept, .deep_sample_rate = 100, .recorded = true, .input = INPUT_PCAP};
    struct policy_spec *spec = mem_zalloc(sizeof *spec);
    size_t count = 0;
    while (handler_classes[count])
        count++;
    spec->name = mem_strdup("everything");
    spec->chains = mem_calloc(count, sizeof *spec->chains);
    spec->n_chains = count;
    for (size_t i = 0; i < count; i++) {
        const struct handler_class *class = handler_classes[i];
        struct handler_spec *handler = mem_zalloc(sizeof *handler);
        char name[64];
        snprintf(name, sizeof name, "%s-%s", class->type, class->version);
        *handler = (struct handler_spec){.name = mem_strdup(name),
                                         .class = class,
                                         .settings = policy_settings(&defaults, class),
                                         .options = json_object()};
        handler->settings.groups = (uint32_t)((UINT64_C(1) << class->metrics->n_groups) - 1);
        spec->chains[i] = (struct chain_spec){handler, 1};
    }
    return spec;
}

static const char *shared(const char *name, char path[static 512])
{
    const char *folder = getenv("PKTVISOR_SHARED");
    snprintf(path, 512, "%s/captures/%s", folder ? folder : ".", name);
    return path;
}

static int house_open(void **state)
{
    char city[512], asn[512];
    (void)state;
    house.geo =
        geo_open(shared("GeoIP2-City-Test.mmdb", city), shared("GeoIP2-ISP-Test.mmdb", asn), NULL);
    house.env = (struct handler_env){
        .geo = house.geo, .geo_cache_size = 64, .pool = &house.pool, .workers = 1};
    host_spec_init(&house.hosts);
    buffer_init(&house.output, OUTPUT_MAX);
    for (unsigned s = 0; s < SPECS; s++)
        house.specs[s] = everything(periods[s]);
    signal(SIGALRM, on_alarm);
    return house.geo && host_spec_parse(&house.hosts, hosts, NULL) ? 0 : -1;
}

static int house_close(void **state)
{
    (void)state;
    for (unsigned s = 0; s < SPECS; s++)
        policy_spec_free(house.specs[s]);
    buffer_done(&house.output);
    host_spec_done(&house.hosts);
    geo_close(house.geo);
    return 0;
}

typedef bool writer_fn(const struct reader_output *output, struct buffer *out, struct error *err);
typedef const char *fault_fn(struct span text);

static void check_outputs(const struct reader_output *output)
{
    static const struct {
        const char *name;
        writer_fn *write;
        fault_fn *fault;
    } forms[] = {{"json", reader_json, json_fault},
                 {"prometheus", reader_prometheus, prometheus_fault},
                 {"text", reader_text, text_fault}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct error err = {0};
        buffer_clear(&house.output);
        if (!forms[i].write(output, &house.output, &err))
            fail_msg("%s: no %s: %s", running, forms[i].name, err.text);
        const char *fault = forms[i].fault(buffer_span(&house.output));
        if (fault)
            fail_msg("%s: bad %s: %s", running, forms[i].name, fault);
    }
}

static struct replay_result run(struct capture *capture, unsigned spec)
{
    struct replay_options options = {
        .hosts = &house.hosts, .stream_limits = stream_default_limits, .periods = periods[spec]};
    struct replay_result result;
    struct error err = {0};
    struct pipeline *pipeline = pipeline_new(house.specs[spec], &house.env, &err);
    if (!pipeline)
        fail_msg("%s: %s", running, err.text);
    if (!replay_run(capture, &options, pipeline, house.env.workers, &result, &err) &&
        err.code != ERROR_FORMAT)
        fail_msg("%s: %s", running, err.text);
    check_outputs(&(struct reader_output){.pipeline = pipeline,
                                          .result = &result,
                                          .periods = periods[spec],
                                          .naming = {.by_handler = true},
                                          .policy = house.specs[spec]->name});
    pipeline_free(pipeline);
    return result;
}

// How many packets of these bytes were seen; 0 where they are not a capture at all.
static uint64_t run_bytes(struct span bytes, unsigned spec)
{
    struct error err = {0};
    uint64_t packets = 0;
    alarm(SECONDS_PER_CASE);
    struct capture *capture = capture_open_memory(bytes, &err);
    if (capture)
        packets = run(capture, spec).packets;
    else if (err.code != ERROR_FORMAT && err.code != ERROR_UNSUPPORTED)
        fail_msg("%s: %s", running, err.text);
    capture_close(capture);
    alarm(0);
    assert_int_equal(atomic_load(&house.pool.used), 0);
    return packets;
}

static uint64_t whole_packets(struct pcap_file file, size_t size)
{
    struct pcap_packet packet;
    uint64_t packets = 0;
    file.size = size;
    while (size >= PCAP_FILE_HEADER && pcap_read_next(&file, &packet))
        packets++;
    return packets;
}

static void test_cut(const char *name, const struct pcap_file *file, struct random_stream *random)
{
    for (unsigned i = 0; i < CASES; i++) {
        size_t size = random_below(random, file->size + 1);
        snprintf(running, sizeof running, "%s cut after %zu bytes", name, size);
        uint64_t packets = run_bytes(span_of(file->data, size), i % SPECS);
        if (packets != whole_packets(*file, size))
            fail_msg("%s: %llu packets", running, (unsigned long long)packets);
    }
}

static void test_flips(const char *name, struct pcap_file *file, struct random_stream *random)
{
    for (unsigned i = 0; i < CASES; i++) {
        size_t at = random_below(random, file->size);
        uint8_t flip = (uint8_t)(1 + random_below(random, UINT8_MAX));
        snprintf(running, sizeof running, "%s with byte %zu changed by 0x%02x", name, at, flip);
        file->data[at] ^= flip;
        run_bytes(span_of(file->data, file->size), i % SPECS);
        file->data[at] ^= flip;
    }
}

static void test_capture(void **state)
{
    const char *name = *state;
    struct random_stream random = {.state = 1};
    struct pcap_file file;
    pool_init(&house.pool, 0); // what a failed test has left is no concern of this one
    assert_true(pcap_read_open(&file, name));
    test_cut(name, &file, &random);
    test_flips(name, &file, &random);
    pcap_read_close(&file);
}

static int is_capture(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');
    return end && strcmp(end, ".pcap") == 0;
}

int main(void)
{
    static struct CMUnitTest tests[CAPTURES_MAX];
    struct dirent **entries;
    char folder[512];
    int count = scandir(shared("", folder), &entries, is_capture, alphasort);
    if (count <= 0 || count > CAPTURES_MAX) {
        fprintf(stderr, "%s: no captures, or too many\n", folder);
        return 1;
    }
    for (int i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){.name = entries[i]->d_name,
                                       .test_func = test_capture,
                                       .initial_state = entries[i]->d_name};
    int failed = _cmocka_run_group_tests("captures", tests, (size_t)count, house_open, house_close);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return failed;
}
