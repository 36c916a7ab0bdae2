// Scrapes a path of an HTTP server on loopback with several clients at once, each at its own
// interval, and says how long whole answers took, connecting included:
//   {"scrapes": 1000, "failed": 0, "bytes": 21000000, "p50_us": 410, "p99_us": 1900, "max_us":
//   2400}
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND      1000000000LL
#define MILLISECOND 1000000LL

enum { FAULT = 2, REQUEST_MAX = 512, HEAD_MAX = 4096, READ_SIZE = 1 << 16, MICROSECOND = 1000 };

struct plan {
    unsigned port, scrapers;
    int64_t interval, length; // ns
    bool keep_alive;
    const char *path;
};

struct scraper {
    const struct plan *plan;
    pthread_t thread;
    int64_t begin; // of its first scrape
    int fd;        // -1: not connected
    int64_t *took; // ns
    size_t scrapes, room;
    uint64_t failed, bytes;
};

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

static int connect_to(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool ask(const struct plan *plan, int fd)
{
    char text[REQUEST_MAX];
    int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
                       plan->path, plan->keep_alive ? "" : "Connection: close\r\n");
    return send(fd, text, (size_t)len, MSG_NOSIGNAL) == len;
}

// The head is in `head`, whole; what of the body came with it stays behind it.
static bool read_head(int fd, char head[HEAD_MAX], size_t *len, size_t *body_at)
{
    for (*len = 0; *len < HEAD_MAX - 1;) {
        ssize_t got = recv(fd, head + *len, HEAD_MAX - 1 - *len, 0);
        if (got <= 0)
            return false;
        *len += (size_t)got;
        head[*len] = '\0';
        const char *end = strstr(head, "\r\n\r\n");
        if (end) {
            *body_at = (size_t)(end - head) + 4;
            return true;
        }
    }
    return false;
}

// Bytes of a body of the stated length; 0: something is wrong.
static uint64_t read_answer(int fd)
{
    char head[HEAD_MAX];
    static _Thread_local char rest[READ_SIZE];
    size_t len, body_at;
    if (!read_head(fd, head, &len, &body_at) || strncmp(head, "HTTP/1.1 200 ", 13) != 0)
        return 0;
    const char *field = strcasestr(head, "\r\ncontent-length:");
    if (!field)
        return 0;
    uint64_t length = strtoull(field + strlen("\r\ncontent-length:"), NULL, 10);
    for (uint64_t have = len - body_at; have < length;) {
        ssize_t got = recv(fd, rest, sizeof rest, 0);
        if (got <= 0)
            return 0;
        have += (uint64_t)got;
    }
    return length;
}

static uint64_t scrape(struct scraper *scraper)
{
    if (scraper->fd < 0)
        scraper->fd = connect_to(scraper->plan->port);
    uint64_t bytes =
        scraper->fd >= 0 && ask(scraper->plan, scraper->fd) ? read_answer(scraper->fd) : 0;
    if (scraper->fd >= 0 && (!bytes || !scraper->plan->keep_alive)) {
        close(scraper->fd);
        scraper->fd = -1;
    }
    return bytes;
}

static void *run(void *scraper_)
{
    struct scraper *scraper = scraper_;
    int64_t due = scraper->begin, end = due + scraper->plan->length;
    for (; due < end && scraper->scrapes < scraper->room; due += scraper->plan->interval) {
        wait_until(due);
        int64_t before = monotonic();
        uint64_t bytes = scrape(scraper);
        scraper->took[scraper->scrapes++] = monotonic() - before;
        scraper->bytes += bytes;
        scraper->failed += bytes == 0;
    }
    if (scraper->fd >= 0)
        close(scraper->fd);
    return NULL;
}

static void start(struct scraper *scraper, const struct plan *plan, unsigned number, int64_t now)
{
    *scraper = (struct scraper){.plan = plan, .fd = -1};
    // Spread over the interval, as those of independent servers are.
    scraper->begin = now + plan->interval * number / plan->scrapers;
    scraper->room = (size_t)(plan->length / plan->interval) + 1;
    scraper->took = calloc(scraper->room, sizeof *scraper->took);
    if (!scraper->took || pthread_create(&scraper->thread, NULL, run, scraper) != 0)
        err(FAULT, "scraper");
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void report(const struct scraper *scrapers, unsigned n)
{
    struct scraper all = {0};
    for (unsigned i = 0; i < n; i++)
        all.room += scrapers[i].scrapes;
    all.took = calloc(all.room + 1, sizeof *all.took);
    if (!all.took || all.room == 0)
        errx(FAULT, "no scrapes");
    for (unsigned i = 0; i < n; i++) {
        memcpy(all.took + all.scrapes, scrapers[i].took, scrapers[i].scrapes * sizeof *all.took);
        all.scrapes += scrapers[i].scrapes;
        all.failed += scrapers[i].failed;
        all.bytes += scrapers[i].bytes;
    }
    qsort(all.took, all.scrapes, sizeof *all.took, by_time);
    printf("{\"scrapes\": %zu, \"failed\": %" PRIu64 ", \"bytes\": %" PRIu64
           ", \"p50_us\": %" PRId64 ", \"p99_us\": %" PRId64 ", \"max_us\": %" PRId64 "}\n",
           all.scrapes, all.failed, all.bytes, all.took[all.scrapes / 2] / MICROSECOND,
           all.took[all.scrapes * 99 / 100] / MICROSECOND, all.took[all.scrapes - 1] / MICROSECOND);
    free(all.took);
}

static long number(const char *text, long least)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || end == text || value < least)
        errx(FAULT, "%s: %ld or more expected", text, least);
    return value;
}

int main(int argc, char **argv)
{
    if (argc != 7)
        errx(FAULT, "usage: scraper PORT PATH SCRAPERS INTERVAL-MS SECONDS keep|close");
    struct plan plan = {
        .port = (unsigned)number(argv[1], 1),
        .path = argv[2],
        .scrapers = (unsigned)number(argv[3], 1),
        .interval = number(argv[4], 1) * MILLISECOND,
        .length = number(argv[5], 1) * SECOND,
        .keep_alive = strcmp(argv[6], "keep") == 0,
    };
    struct scraper *scrapers = calloc(plan.scrapers, sizeof *scrapers);
    if (!scrapers)
        err(FAULT, "scrapers");
    int64_t now = monotonic();
    for (unsigned i = 0; i < plan.scrapers; i++)
        start(&scrapers[i], &plan, i, now);
    for (unsigned i = 0; i < plan.scrapers; i++)
        pthread_join(scrapers[i].thread, NULL);
    report(scrapers, plan.scrapers);
    for (unsigned i = 0; i < plan.scrapers; i++)
        free(scrapers[i].took);
    free(scrapers);
    return 0;
}
