// A capture file read and walked record by record, against read(2) of the same file in pieces of
// the same size, which every reader must pay. The file has 2^18 records of 60 to 420 bytes, as pcap
// and as pcapng, and lies in the page cache. Prints `name value unit ratio`: ns of CPU time per
// record; the ratio is to read(2) of that file.
#include "../common/capture_build.h"
#include "base/random.h"
#include "input/capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { RECORDS = 1 << 18, ROUNDS = 7, SHORTEST = 60, LONGEST = 420, ETHERNET = 1 };

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(EXIT_FAILURE);
}

static void read_only(const char *path)
{
    static uint8_t buffer[CAPTURE_CHUNK_BYTES];
    int file = open(path, O_RDONLY);
    ssize_t got;
    if (file < 0)
        fail("cannot open the file");
    while ((got = read(file, buffer, sizeof buffer)) > 0)
        continue;
    close(file);
}

static volatile uint64_t seen_bytes; // so that no walk is left out

static void read_capture(const char *path)
{
    struct error err;
    struct chunk chunk;
    struct capture *capture = capture_open(path, &err);
    if (!capture || !chunk_init(&chunk))
        fail("cannot open the capture");
    uint32_t records = 0;
    uint64_t bytes = 0;
    while (capture_next(capture, &chunk, &err) > 0) {
        for (uint32_t i = 0; i < chunk.count; i++)
            bytes += chunk.records[i].captured;
        records += chunk.count;
    }
    if (records != RECORDS)
        fail("records are missing");
    seen_bytes = bytes;
    chunk_done(&chunk);
    capture_close(capture);
}

static double best_of(void (*run)(const char *path), const char *path)
{
    double best = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        double begin = cpu_ns();
        run(path);
        double took = cpu_ns() - begin;
        if (round == 0 || took < best)
            best = took;
    }
    return best;
}

static void write_file(const char *path, const struct capture_build *b)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(b->data, 1, b->len, file) != b->len || fclose(file) != 0)
        fail("cannot write the file");
}

static void build(struct capture_build *b, bool pcapng)
{
    static const uint8_t bytes[LONGEST];
    struct random_stream stream = {1};
    capture_build_begin(b, false);
    if (pcapng) {
        capture_build_section(b);
        capture_build_interface(b, ETHERNET);
    } else {
        capture_build_pcap(b, PCAP_MAGIC_MICRO, ETHERNET);
    }
    for (uint32_t i = 0; i < RECORDS; i++) {
        uint32_t size = SHORTEST + (uint32_t)random_below(&stream, LONGEST - SHORTEST);
        if (pcapng)
            capture_build_enhanced(b, 0, i, size, span_of(bytes, size));
        else
            capture_build_record(b, i, 0, size, span_of(bytes, size));
    }
}

static void measure(const char *name, const char *path, bool pcapng)
{
    struct capture_build b;
    build(&b, pcapng);
    write_file(path, &b);
    capture_build_done(&b);
    double baseline = best_of(read_only, path);
    double took = best_of(read_capture, path);
    printf("capture/%s/read %.1f ns/record 1.00\n", name, baseline / RECORDS);
    printf("capture/%s/walk %.1f ns/record %.2f\n", name, took / RECORDS, took / baseline);
    unlink(path);
}

int main(void)
{
    char folder[] = "/tmp/bench_capture_XXXXXX";
    char path[64];
    if (!mkdtemp(folder))
        fail("cannot make a temporary folder");
    snprintf(path, sizeof path, "%s/file", folder);
    measure("pcap", path, false);
    measure("pcapng", path, true);
    rmdir(folder);
    return EXIT_SUCCESS;
}
