// Sends the frames of a capture on an interface, paced or as fast as the kernel takes them, and
// says exactly what it has sent:
//   {"frames": 1000, "bytes": 245000, "seconds": 0.010012}
#include "frames_file.h"

#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define SECOND  1000000000LL
#define MAY_LAG (SECOND / 50) // what is later than that is not caught up with

enum { FAULT = 2, STEPS_A_SECOND = 1000 };

struct job {
    const char *interface, *capture;
    uint64_t count; // at most so many frames; 0: no bound
    int64_t length; // ns; 0: no bound
    uint64_t rate;  // frames a second; 0: as many as go
};

struct sent {
    uint64_t frames, bytes;
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static int64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static void wait_until(int64_t time)
{
    struct timespec when = {.tv_sec = time / SECOND, .tv_nsec = time % SECOND};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

// All of them, however the kernel splits the batch.
static void send_all(int fd, const struct send_frame *frames, size_t n, struct sent *sent)
{
    uint64_t taken = send_frames(fd, frames, n, n);
    if (taken != n)
        err(FAULT, "send");
    sent->frames += n;
    for (size_t i = 0; i < n; i++)
        sent->bytes += frames[i].len;
}

// A batch for each step of the pace, at most SEND_BATCH.
static size_t batch_of(const struct job *job)
{
    uint64_t batch = job->rate / STEPS_A_SECOND + 1;
    return job->rate == 0 || batch > SEND_BATCH ? SEND_BATCH : (size_t)batch;
}

static void run(const struct job *job, int fd, struct frames_file *file, struct sent *sent)
{
    struct send_frame frames[SEND_BATCH];
    const size_t batch = batch_of(job);
    const int64_t begun = monotonic(), end = job->length ? begun + job->length : INT64_MAX;
    for (int64_t due = begun; !stopped && monotonic() < end;) {
        size_t wanted = batch;
        if (job->count && job->count - sent->frames < wanted)
            wanted = job->count - sent->frames;
        size_t n = frames_next(file, wanted, frames);
        if (n == 0)
            return;
        send_all(fd, frames, n, sent);
        if (job->rate == 0)
            continue;
        due += (int64_t)n * SECOND / (int64_t)job->rate;
        if (monotonic() - due > MAY_LAG)
            due = monotonic() - MAY_LAG;
        wait_until(due < end ? due : end);
    }
}

static uint64_t number(const char *text)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno || *end || end == text)
        errx(FAULT, "%s: not a number", text);
    return value;
}

static struct job parse(int argc, char **argv)
{
    static const struct option options[] = {{"count", required_argument, NULL, 'c'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"rate", required_argument, NULL, 'r'},
                                            {0}};
    struct job job = {0};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'c')
            job.count = number(optarg);
        else if (option == 's')
            job.length = (int64_t)number(optarg) * SECOND;
        else if (option == 'r')
            job.rate = number(optarg);
        else
            exit(FAULT);
    }
    if (argc - optind != 2 || (job.count == 0 && job.length == 0))
        errx(FAULT, "usage: sender [--rate N] [--count N] [--seconds N] INTERFACE CAPTURE|-\n"
                    "one of --count and --seconds is needed");
    job.interface = argv[optind];
    job.capture = argv[optind + 1];
    return job;
}

int main(int argc, char **argv)
{
    struct job job = parse(argc, argv);
    struct frames_file file;
    struct sent sent = {0};
    frames_open(&file, job.capture);
    int fd = send_open(job.interface, false);
    if (fd < 0)
        err(FAULT, "%s", job.interface);
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    int64_t begun = monotonic();
    run(&job, fd, &file, &sent);
    printf("{\"frames\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"seconds\": %.6f}\n", sent.frames,
           sent.bytes, (double)(monotonic() - begun) / (double)SECOND);
    close(fd);
    frames_close(&file);
    return 0;
}
