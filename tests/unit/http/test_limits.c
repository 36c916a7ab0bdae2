// Clients that are slow, many or broken: each is bounded, none delays another.
#include "http_rig.h"

#include <semaphore.h>
#include <sys/resource.h>

enum { CROWD = 1000 };

// A scrape must stay quick however many others hang on; the machine of the tests may be busy.
#define QUICK_SECONDS 1.0

// One of three: a crowd would delay each, another program on this machine hardly all.
static void assert_scrape_is_quick(unsigned port)
{
    double took = QUICK_SECONDS;
    for (unsigned i = 0; i < 3 && took >= QUICK_SECONDS; i++) {
        double begin = rig_seconds();
        assert_int_equal(rig_ask(port, RIG_GET("/hello", ""))->status, 200);
        took = rig_seconds() - begin;
    }
    assert_true(took < QUICK_SECONDS);
}

static void allow_files(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void property_crowds_do_not_delay_a_scrape(void **state)
{
    (void)state;
    static int fds[2 * CROWD];
    struct http_server_options options = rig_options();
    struct http_counters counters;
    allow_files();
    struct http_server *server = rig_start(&options);
    unsigned port = http_server_port(server);
    for (unsigned i = 0; i < CROWD; i++)
        fds[i] = rig_connect(port);
    assert_scrape_is_quick(port);
    for (unsigned i = CROWD; i < 2 * CROWD; i++) {
        fds[i] = rig_connect(port);
        rig_send(fds[i], "GET /hello HTTP/1.1\r\nHost: local");
    }
    assert_scrape_is_quick(port);
    http_server_counters(server, &counters);
    assert_true(counters.open <= 1024);
    assert_true(counters.evicted > 0 && counters.evicted <= CROWD + 6);
    for (unsigned i = 0; i < 2 * CROWD; i++)
        close(fds[i]);
    http_server_free(server);
}

static bool is_open(int fd)
{
    char byte;
    return rig_receive(fd, &byte, 1, 0) == -1;
}

static void wait_for_end(int fd)
{
    char bytes[4096];
    while (rig_receive(fd, bytes, sizeof bytes, PATIENCE_MS) > 0)
        continue;
    assert_int_equal(rig_receive(fd, bytes, 1, 0), 0);
}

static void test_the_one_that_waits_longest_goes(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    struct http_counters counters;
    static struct rig_answer answer;
    int fds[5];
    options.max_connections = 4;
    options.threads = 1; // so that each is idle before the next one is answered
    struct http_server *server = rig_start(&options);
    for (unsigned i = 0; i < 4; i++) {
        fds[i] = rig_connect(http_server_port(server));
        rig_send(fds[i], RIG_GET("/hello", ""));
        rig_read(fds[i], &answer, false);
        assert_int_equal(answer.status, 200);
    }
    rig_send(fds[0], RIG_GET("/hello", ""));
    rig_read(fds[0], &answer, false);
    fds[4] = rig_connect(http_server_port(server));
    rig_send(fds[4], RIG_GET("/hello", ""));
    rig_read(fds[4], &answer, false);
    assert_int_equal(answer.status, 200);
    wait_for_end(fds[1]);
    assert_true(is_open(fds[0]) && is_open(fds[2]) && is_open(fds[3]) && is_open(fds[4]));
    http_server_counters(server, &counters);
    assert_int_equal(counters.evicted, 1);
    assert_int_equal(counters.open, 4);
    assert_int_equal(counters.connections, 5);
    for (unsigned i = 0; i < 5; i++)
        close(fds[i]);
    http_server_free(server);
}

// A byte now and then keeps nothing alive: the whole request has a time.
static void property_slow_senders_are_cut(void **state)
{
    (void)state;
    static const char *const begins[] = {
        "",
        "GE",
        "GET /hello HTTP/1.1\r\nHost: local",
        "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n",
    };
    enum { COUNT = sizeof begins / sizeof *begins };
    struct http_server_options options = rig_options();
    struct http_counters counters;
    int fds[COUNT];
    options.request_seconds = 1;
    struct http_server *server = rig_start(&options);
    double begin = rig_seconds();
    for (unsigned i = 0; i < COUNT; i++) {
        fds[i] = rig_connect(http_server_port(server));
        send(fds[i], begins[i], strlen(begins[i]), MSG_NOSIGNAL);
    }
    while (rig_seconds() - begin < 0.7) {
        usleep(100000);
        for (unsigned i = 1; i < COUNT; i++) {
            bool taken = send(fds[i], "x", 1, MSG_NOSIGNAL) == 1;
            assert_true(taken || rig_seconds() - begin > 0.9); // none is cut before its time
        }
    }
    for (unsigned i = 0; i < COUNT; i++) {
        wait_for_end(fds[i]);
        close(fds[i]);
    }
    assert_true(rig_seconds() - begin < 1 + PATIENCE_MS / 2000);
    http_server_counters(server, &counters);
    assert_int_equal(counters.timeouts, COUNT);
    http_server_free(server);
}

static void slow_read(void *context, const struct http_request *request,
                      struct http_response *response)
{
    (void)context, (void)request;
    usleep(3500000);
    response->status = 204;
}

// The time is the client's: a request that the server has not come to is not late.
static void property_who_waits_for_the_server_is_not_cut(void **state)
{
    (void)state;
    static const struct http_route routes[] = {
        {HTTP_GET, "/slow", slow_read, HTTP_READ, "slow"},
        {HTTP_GET, "/hello", rig_hello, HTTP_READ, "hello"},
    };
    struct http_server_options options = rig_options();
    struct http_counters counters;
    static struct rig_answer answer;
    options.routes = routes;
    options.n_routes = 2;
    options.threads = 1;
    options.request_seconds = options.idle_seconds = 3; // more than this test may be held up
    struct http_server *server = rig_start(&options);
    int kept = rig_connect(http_server_port(server)), slow = rig_connect(http_server_port(server));
    rig_send(kept, RIG_GET("/hello", ""));
    rig_read(kept, &answer, false);
    rig_send(slow, RIG_GET("/slow", ""));
    usleep(100000);
    rig_send(kept, RIG_GET("/hello", ""));
    assert_int_equal(rig_ask(http_server_port(server), RIG_GET("/hello", ""))->status, 200);
    rig_read(kept, &answer, false);
    assert_int_equal(answer.status, 200);
    rig_read(slow, &answer, false);
    assert_int_equal(answer.status, 204);
    http_server_counters(server, &counters);
    assert_int_equal(counters.timeouts, 0);
    close(kept);
    close(slow);
    http_server_free(server);
}

static void property_idle_connections_are_closed(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    static struct rig_answer answer;
    options.idle_seconds = 1;
    struct http_server *server = rig_start(&options);
    int fd = rig_connect(http_server_port(server));
    double begin = rig_seconds();
    rig_send(fd, RIG_GET("/hello", ""));
    rig_read(fd, &answer, false);
    wait_for_end(fd);
    assert_true(rig_seconds() - begin > 0.9);
    close(fd);
    http_server_free(server);
}

// Sends and closes at once: the end must not be overlooked until the time is up.
static void property_who_hangs_up_is_forgotten(void **state)
{
    (void)state;
    static const char *const parts[] = {"GE", "GET /hello HTTP/1.1\r\nHost: local",
                                        "POST /hello HTTP/1.1\r\nHost: localhost\r\n"
                                        "Content-Length: 500\r\n\r\nxxx",
                                        RIG_GET("/hello", "")};
    enum { COUNT = sizeof parts / sizeof *parts, ROUNDS = 50 };
    struct http_server_options options = rig_options();
    struct http_counters counters;
    struct http_server *server = rig_start(&options);
    for (unsigned i = 0; i < ROUNDS * COUNT; i++) {
        int fd = rig_connect(http_server_port(server));
        rig_send(fd, parts[i % COUNT]);
        close(fd);
    }
    double begin = rig_seconds();
    do {
        usleep(20000);
        http_server_counters(server, &counters);
    } while ((counters.open > 0 || counters.connections < ROUNDS * COUNT) &&
             rig_seconds() - begin < 10);
    assert_int_equal(counters.open, 0);
    assert_int_equal(counters.timeouts, 0);
    assert_int_equal(counters.broken, ROUNDS * (COUNT - 1));
    assert_int_equal(counters.requests[200], ROUNDS);
    http_server_free(server);
}

static void huge(void *context, const struct http_request *request, struct http_response *response)
{
    (void)context, (void)request;
    for (unsigned i = 0; i < 2000000; i++)
        buffer_add(&response->body, "0123456789abcde\n", 16);
}

static void property_who_does_not_read_is_cut(void **state)
{
    (void)state;
    static const struct http_route routes[] = {{HTTP_GET, "/huge", huge, HTTP_READ, "huge"}};
    struct http_server_options options = rig_options();
    struct http_counters counters = {0};
    options.routes = routes;
    options.n_routes = 1;
    options.answer_seconds = 1;
    struct http_server *server = rig_start(&options);
    int fd = rig_connect(http_server_port(server));
    rig_send(fd, RIG_GET("/huge", ""));
    for (double begin = rig_seconds(); !counters.timeouts && rig_seconds() - begin < 10;) {
        usleep(50000);
        http_server_counters(server, &counters);
    }
    assert_int_equal(counters.timeouts, 1);
    wait_for_end(fd);
    close(fd);
    http_server_free(server);
}

// Answers that nobody takes are bounded by what they weigh, and those who take theirs get them.
static void property_answers_that_wait_are_bounded(void **state)
{
    (void)state;
    enum { SLOW = 8 };
    static const struct http_route routes[] = {{HTTP_GET, "/huge", huge, HTTP_READ, "huge"},
                                               {HTTP_GET, "/large", rig_large, HTTP_READ, "large"}};
    struct http_server_options options = rig_options();
    struct http_counters counters;
    int fds[SLOW];
    options.routes = routes;
    options.n_routes = 2;
    options.max_answers = 80 << 20; // two and a half of the huge ones
    struct http_server *server = rig_start(&options);
    unsigned port = http_server_port(server);
    for (unsigned i = 0; i < SLOW; i++) {
        fds[i] = rig_connect(port);
        rig_send(fds[i], RIG_GET("/huge", ""));
        double begin = rig_seconds();
        do {
            usleep(5000);
            http_server_counters(server, &counters);
        } while (counters.requests[200] <= i && rig_seconds() - begin < 10);
        assert_int_equal(counters.requests[200], i + 1);
        assert_int_equal(counters.evicted, i < 2 ? 0 : i - 1);
    }
    assert_int_equal(rig_ask(port, RIG_GET("/large", ""))->status, 200);
    http_server_counters(server, &counters);
    assert_int_equal(counters.evicted, SLOW - 2);
    for (unsigned i = 0; i < SLOW; i++)
        close(fds[i]);
    http_server_free(server);
}

static void test_headers_have_a_largest(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    struct http_counters counters;
    static char request[40000];
    struct http_server *server = rig_start(&options);
    snprintf(request, sizeof request, RIG_GET("/hello", "X: %04000d\r\n"), 1);
    assert_int_equal(rig_ask(http_server_port(server), request)->status, 200);
    int fd = rig_connect(http_server_port(server));
    static struct rig_answer answer;
    snprintf(request, sizeof request, RIG_GET("/hello", "X: %035000d\r\n"), 1);
    rig_send(fd, request);
    rig_read(fd, &answer, false);
    assert_true(answer.status == 431 || answer.status == 0);
    close(fd);
    assert_scrape_is_quick(http_server_port(server));
    double begin = rig_seconds();
    do
        http_server_counters(server, &counters);
    while (counters.broken == 0 && rig_seconds() - begin < 10);
    assert_int_equal(counters.broken, 1);
    http_server_free(server);
}

static void test_random_bytes(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    struct http_server *server = rig_start(&options);
    uint64_t x = 88172645463325252u;
    for (unsigned round = 0; round < 200; round++) {
        uint8_t noise[512];
        for (unsigned i = 0; i < sizeof noise; i++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            noise[i] = round % 2 ? (uint8_t)x : (uint8_t) "GET /\r\n: \t%HTP1.0"[x % 18];
        }
        int fd = rig_connect(http_server_port(server));
        send(fd, noise, x % sizeof noise, MSG_NOSIGNAL);
        close(fd);
    }
    assert_scrape_is_quick(http_server_port(server));
    http_server_free(server);
}

static sem_t scraped;

static void slow_write(void *context, const struct http_request *request,
                       struct http_response *response)
{
    struct timespec end;
    (void)context, (void)request;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 2 * PATIENCE_MS / 1000;
    sem_timedwait(&scraped, &end);
    usleep(100000);
    response->status = 201;
}

// A change that takes its time holds up neither readers nor, at the end, itself.
static void test_slow_changes_do_not_delay_a_scrape(void **state)
{
    (void)state;
    static const struct http_route routes[] = {
        {HTTP_POST, "/slow", slow_write, HTTP_WRITE, "slow"},
        {HTTP_GET, "/hello", rig_hello, HTTP_READ, "hello"},
    };
    struct http_server_options options = rig_options();
    static struct rig_answer answer;
    options.routes = routes;
    options.n_routes = 2;
    options.threads = 1;
    sem_init(&scraped, 0, 0);
    struct http_server *server = rig_start(&options);
    int fds[3];
    for (unsigned i = 0; i < 3; i++) {
        fds[i] = rig_connect(http_server_port(server));
        rig_send(fds[i], "POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    }
    // The first one goes on when this has been answered.
    assert_int_equal(rig_ask(http_server_port(server), RIG_GET("/hello", ""))->status, 200);
    for (unsigned i = 0; i < 3; i++)
        sem_post(&scraped);
    rig_read(fds[0], &answer, false);
    assert_int_equal(answer.status, 201);
    http_server_free(server);
    for (unsigned i = 0; i < 3; i++)
        close(fds[i]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(property_crowds_do_not_delay_a_scrape),
        cmocka_unit_test(test_the_one_that_waits_longest_goes),
        cmocka_unit_test(property_slow_senders_are_cut),
        cmocka_unit_test(property_who_waits_for_the_server_is_not_cut),
        cmocka_unit_test(property_idle_connections_are_closed),
        cmocka_unit_test(property_who_hangs_up_is_forgotten),
        cmocka_unit_test(property_who_does_not_read_is_cut),
        cmocka_unit_test(property_answers_that_wait_are_bounded),
        cmocka_unit_test(test_headers_have_a_largest),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_slow_changes_do_not_delay_a_scrape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
