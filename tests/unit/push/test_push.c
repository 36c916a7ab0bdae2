#include "rig.h"

#include "metric/sink.h"
#include "push/push.h"
#include "receiver.h"

#include <stdatomic.h>
#include <sys/syscall.h>

// The clock of all of this program: it can be set back.
static _Atomic int64_t set_back; // seconds

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME)
        now->tv_sec -= atomic_load(&set_back);
    return result;
}

static struct folder folder;
static struct receiver receiver;
static struct push_target all[2];
static struct push_targets targets;
static struct push *push;
static char url[64], folders[2][128];
static atomic_bool is_ready, has_memory;
static atomic_uint wishes, policies;

static bool is_past(void *context, int64_t period)
{
    (void)context;
    (void)period;
    return atomic_load(&is_ready);
}

static bool write_period(void *context, const struct push_wish *wish)
{
    static const struct metric_sink_family family = {
        .name = {(const uint8_t *)"m", 1}, .type = METRIC_FAMILY_GAUGE, .help = "h"};
    struct label label = {span_text("n"), span_text("v")};
    struct label_set set = {&label, 1};
    struct metric_sample sample = {.suffix = "", .labels = &set, .integer = 7};
    (void)context;
    atomic_fetch_add(&wishes, 1);
    if (wish->policy)
        wish->policy(wish->context, "p");
    atomic_fetch_add(&policies, wish->policy != NULL);
    wish->sink->family(wish->sink->context, &family);
    wish->sink->sample(wish->sink->context, &sample);
    return atomic_load(&has_memory);
}

static void say(void *context, enum log_level level, const char *text)
{
    (void)context;
    (void)level;
    (void)text;
}

static int set_up(void **state)
{
    (void)state;
    receiver = (struct receiver){0};
    atomic_store(&is_ready, true);
    atomic_store(&has_memory, true);
    atomic_store(&wishes, 0);
    atomic_store(&policies, 0);
    atomic_store(&set_back, 0);
    folder_make(&folder);
    receiver_start(&receiver);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/write", http_server_port(receiver.server));
    for (unsigned i = 0; i < 2; i++) {
        snprintf(folders[i], sizeof folders[i], "%s/q%u", folder.path, i);
        all[i] = (struct push_target){.protocol = i ? PUSH_OTLP : PUSH_REMOTE_WRITE,
                                      .name = (char *)(uintptr_t)(i ? "b" : "a"),
                                      .url = url,
                                      .folder = folders[i],
                                      .max_bytes = 1 << 20,
                                      .names = PUSH_UPSTREAM,
                                      .interval = 1,
                                      .timeout = 5};
    }
    targets = (struct push_targets){all, 2};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (push)
        push_stop(push);
    push_free(push);
    push = NULL;
    receiver_stop(&receiver);
    folder_remove(&folder);
    return 0;
}

static void start(void)
{
    const struct push_options options = {.targets = &targets,
                                         .period_seconds = 1,
                                         .source = {is_past, write_period, NULL},
                                         .say = say};
    assert_non_null(push = push_new(&options, NULL));
    assert_true(push_start(push, NULL));
}

static struct push_status status(size_t index)
{
    struct push_status now;
    push_status(push, index, &now);
    return now;
}

static void test_minutes_of_both_protocols(void **state)
{
    (void)state;
    start();
    assert_int_equal(push_count(push), 2);
    RECEIVER_WAIT(status(0).minutes >= 2 && status(1).minutes >= 2);
    push_wake(push);
    RECEIVER_WAIT(status(0).sent.requests >= 2 && status(1).sent.requests >= 2);
    assert_int_equal(status(0).series, 2); // m, and what was not seen
    assert_true(atomic_load(&policies) >= 2 && atomic_load(&policies) < atomic_load(&wishes));
}

// Half a period later the minute is written with what there is.
static void test_late_ones_are_not_waited_for_long(void **state)
{
    (void)state;
    atomic_store(&is_ready, false);
    start();
    RECEIVER_WAIT(status(0).minutes >= 1);
    RECEIVER_WAIT(status(0).missed[PUSH_MISS_UNREADY] >= 1);
    assert_string_equal(push_miss_name(PUSH_MISS_UNREADY), "unready");
    // When all is closed again, nothing more is counted, but for what is being written.
    atomic_store(&is_ready, true);
    struct push_status before = status(0);
    RECEIVER_WAIT(status(0).minutes >= before.minutes + 2);
    assert_true(status(0).missed[PUSH_MISS_UNREADY] <= before.missed[PUSH_MISS_UNREADY] + 1);
}

static void test_what_fails_is_counted(void **state)
{
    (void)state;
    atomic_store(&has_memory, false);
    start();
    RECEIVER_WAIT(status(1).missed[PUSH_MISS_MEMORY] >= 1);
    atomic_store(&has_memory, true);
    RECEIVER_WAIT(status(1).minutes >= 1);
}

static void test_a_disk_that_refuses(void **state)
{
    (void)state;
    start();
    RECEIVER_WAIT(status(0).minutes >= 1);
    // Files can no longer be made there; while it goes, one may come.
    RECEIVER_WAIT((folder_remove(&folder), access(folder.path, F_OK) != 0));
    RECEIVER_WAIT(status(0).missed[PUSH_MISS_DISK] >= 1);
}

static void test_a_queue_that_is_in_use(void **state)
{
    struct error err = {0};
    (void)state;
    snprintf(folders[1], sizeof folders[1], "%s", folders[0]);
    const struct push_options options = {.targets = &targets, .period_seconds = 1, .say = say};
    assert_null(push_new(&options, &err));
    assert_true(err.code == ERROR_EXISTS || err.code == ERROR_MEMORY);
}

static void test_the_clock_was_set_back(void **state)
{
    (void)state;
    struct minute_writer writer;
    const struct queue_options options = {folders[0], 1 << 20, PUSH_REMOTE_WRITE};
    struct queue *queue = queue_open(&options, NULL);
    assert_non_null(queue);
    int64_t ahead = ((int64_t)time(NULL) + 1000) * INT64_C(1000000000);
    bool saved = queue_begin(queue, ahead, &writer, NULL) && queue_commit(queue, &writer, NULL);
    queue_close(queue);
    assert_true(saved);
    start();
    RECEIVER_WAIT(status(1).minutes >= 1);
    RECEIVER_WAIT(status(0).missed[PUSH_MISS_CLOCK] >= 1);
    assert_int_equal(status(0).minutes, 0);
    assert_string_equal(push_miss_name(PUSH_MISS_CLOCK), "clock");
}

// While it runs, by less than the hour in which minutes are known: those that come again are told
// as missing, one after the other.
static void test_the_clock_is_set_back(void **state)
{
    (void)state;
    start();
    RECEIVER_WAIT(status(0).minutes >= 1 && status(1).minutes >= 1);
    atomic_store(&set_back, 30);
    push_wake(push);
    RECEIVER_WAIT(status(0).missed[PUSH_MISS_CLOCK] >= 2);
    RECEIVER_WAIT(status(1).missed[PUSH_MISS_CLOCK] >= 2);
    assert_int_equal(status(0).missed[PUSH_MISS_DISK] + status(0).missed[PUSH_MISS_MEMORY], 0);
    // By more: time begins anew.
    uint64_t before = status(0).minutes;
    atomic_store(&set_back, 8000);
    push_wake(push);
    RECEIVER_WAIT(status(0).minutes > before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_minutes_of_both_protocols), TEST(test_late_ones_are_not_waited_for_long),
        TEST(test_what_fails_is_counted),     TEST(test_a_disk_that_refuses),
        TEST(test_a_queue_that_is_in_use),    TEST(test_the_clock_was_set_back),
        TEST(test_the_clock_is_set_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
