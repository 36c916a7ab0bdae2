#include "folder.h"

#include "push/queue.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

enum { NAME = 64 };
#define MINUTE INT64_C(60000000000)

static struct folder folder;
static struct queue *queue;

static int set_up(void **state)
{
    (void)state;
    folder_make(&folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    queue_close(queue);
    queue = NULL;
    folder_remove(&folder);
    return 0;
}

static void open_queue(uint64_t max_bytes)
{
    struct error err = {0};
    const struct queue_options options = {folder_path(&folder, "a/b"), max_bytes,
                                          PUSH_REMOTE_WRITE};
    queue_close(queue);
    queue = queue_open(&options, &err);
    assert_non_null(queue);
}

// Minute n has the requests "n.0" and "n.1", of ten samples each.
static bool put(unsigned n, struct error *err)
{
    struct minute_writer writer;
    if (!queue_begin(queue, n * MINUTE, &writer, err))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        char text[NAME];
        snprintf(text, sizeof text, "%u.%u", n, i);
        minute_add(&writer, MINUTE_REQUEST, 10, span_text(text));
    }
    return queue_commit(queue, &writer, err);
}

static void put_all(unsigned from, unsigned to)
{
    for (unsigned n = from; n < to; n++)
        assert_true(put(n, NULL));
}

// The oldest minute is the one that `put` has made.
static bool oldest_is(unsigned n, uint64_t *number)
{
    struct minute_reader reader;
    struct minute_record record;
    struct error err;
    if (!queue_oldest(queue, &reader, number, &err))
        return false;
    bool same = reader.end == n * MINUTE;
    for (unsigned i = 0; i < 2 && same; i++) {
        char text[NAME];
        snprintf(text, sizeof text, "%u.%u", n, i);
        same = minute_next(&reader, &record, &err) && span_equal(record.payload, span_text(text));
    }
    minute_close(&reader);
    return same;
}

static void send_all(unsigned from, unsigned to)
{
    for (unsigned n = from; n < to; n++) {
        uint64_t number;
        assert_true(oldest_is(n, &number));
        queue_sent(queue, number);
    }
}

static bool is_empty(void)
{
    struct minute_reader reader;
    struct error err;
    uint64_t number;
    bool found = queue_oldest(queue, &reader, &number, &err);
    if (found)
        minute_close(&reader);
    return !found && err.code == ERROR_NONE;
}

static struct queue_status status(void)
{
    struct queue_status now;
    queue_status(queue, &now);
    return now;
}

static void test_first_in_first_out(void **state)
{
    (void)state;
    open_queue(1 << 20);
    assert_true(is_empty());
    assert_true(queue_newest_end(queue) == INT64_MIN);
    put_all(1, 4);
    assert_int_equal(status().minutes, 3);
    send_all(1, 3);
    put_all(4, 5);
    send_all(3, 5);
    assert_true(is_empty());
    assert_int_equal(status().minutes, 0);
    assert_int_equal(status().bytes, 0);
}

static void test_it_survives(void **state)
{
    (void)state;
    open_queue(1 << 20);
    put_all(1, 5);
    send_all(1, 2);
    uint64_t bytes = status().bytes;
    open_queue(1 << 20);
    assert_int_equal(status().minutes, 3);
    assert_int_equal(status().bytes, bytes);
    assert_true(queue_newest_end(queue) == 4 * MINUTE);
    send_all(2, 5);
    open_queue(1 << 20);
    assert_true(is_empty());
    assert_true(queue_newest_end(queue) == 4 * MINUTE);
    put_all(5, 6);
    send_all(5, 6);
}

static void test_the_newest_stays_for_its_series(void **state)
{
    struct minute_reader reader;
    struct error err;
    (void)state;
    open_queue(1 << 20);
    assert_false(queue_newest(queue, &reader, &err));
    for (unsigned n = 1; n < 4; n++) {
        put_all(n, n + 1);
        assert_true(queue_newest(queue, &reader, &err));
        assert_true(reader.end == n * MINUTE);
        minute_close(&reader);
        send_all(n, n + 1);
        assert_true(queue_newest(queue, &reader, &err));
        assert_true(reader.end == n * MINUTE);
        minute_close(&reader);
    }
    assert_false(folder_has(&folder, "a/b/0000000000000001.sent"));
    assert_true(folder_has(&folder, "a/b/0000000000000002.sent"));
}

static void test_the_bound_takes_the_oldest(void **state)
{
    uint64_t number;
    (void)state;
    open_queue(1 << 20);
    put_all(1, 2);
    uint64_t one = status().bytes;
    open_queue(3 * one);
    put_all(2, 6);
    assert_int_equal(status().minutes, 3);
    assert_int_equal(status().full.minutes, 2);
    assert_int_equal(status().full.requests, 4);
    assert_int_equal(status().full.samples, 40);
    assert_true(oldest_is(3, &number));
    put_all(6, 7);
    assert_false(queue_holds(queue, number));
    queue_sent(queue, number); // too late: it is counted as lost already
    assert_int_equal(status().minutes, 3);
    send_all(4, 7);
}

static void test_the_newest_stays_whatever_the_bound(void **state)
{
    (void)state;
    open_queue(1);
    put_all(1, 3);
    assert_int_equal(status().minutes, 1);
    send_all(2, 3);
}

static void test_damage_costs_one_minute(void **state)
{
    static const char name[] = "a/b/0000000000000001.minute";
    uint8_t bytes[1024];
    (void)state;
    open_queue(1 << 20);
    put_all(1, 4);
    size_t len = folder_read(&folder, name, bytes, sizeof bytes);
    bytes[50] ^= 1;
    folder_write(&folder, name, bytes, len);
    send_all(1, 2);
    send_all(3, 4);
    assert_int_equal(status().damaged.minutes, 1);
    assert_int_equal(status().damaged.samples, 20);
    assert_true(is_empty());
}

// A folder in a minute's place opens, but is not read.
static void test_what_the_disk_does_not_read(void **state)
{
    static const char name[] = "a/b/0000000000000000.minute";
    struct minute_reader reader;
    struct error err;
    uint64_t number;
    (void)state;
    open_queue(1 << 20);
    put_all(1, 3);
    unlink(folder_path(&folder, name));
    assert_int_equal(mkdir(folder_path(&folder, name), 0700), 0);
    for (unsigned i = 1; i < QUEUE_TRIES; i++) {
        assert_false(queue_oldest(queue, &reader, &number, &err));
        assert_int_equal(err.code, ERROR_IO);
    }
    assert_int_equal(status().damaged.minutes, 0);
    send_all(2, 3);
    assert_int_equal(status().damaged.minutes, 1);
    assert_true(is_empty());
}

static void test_removed_by_somebody_else(void **state)
{
    (void)state;
    open_queue(1 << 20);
    put_all(1, 4);
    unlink(folder_path(&folder, "a/b/0000000000000000.minute"));
    send_all(2, 4);
    assert_true(is_empty());
    assert_int_equal(status().bytes, 0);
    assert_int_equal(status().minutes, 0);
}

static void test_one_agent_alone(void **state)
{
    struct error err;
    (void)state;
    open_queue(1 << 20);
    const struct queue_options options = {folder_path(&folder, "a/b"), 1 << 20, PUSH_REMOTE_WRITE};
    assert_null(queue_open(&options, &err));
    assert_true(err.code == ERROR_EXISTS || err.code == ERROR_MEMORY);
}

static void test_folders_that_cannot_be_made(void **state)
{
    struct error err;
    (void)state;
    folder_write(&folder, "file", "", 0);
    const struct queue_options options = {folder_path(&folder, "file/x"), 1, PUSH_REMOTE_WRITE};
    assert_null(queue_open(&options, &err));
    assert_true(err.code == ERROR_MEMORY || strstr(err.text, "Not a directory"));
}

static void test_given_up(void **state)
{
    struct minute_writer writer;
    (void)state;
    open_queue(1 << 20);
    put_all(1, 2);
    assert_true(queue_begin(queue, 2 * MINUTE, &writer, NULL));
    queue_abandon(queue, &writer);
    assert_false(folder_has(&folder, "a/b/next.tmp"));
    send_all(1, 2);
    assert_true(is_empty());
}

// The process ends after any number of bytes that it has written: what was there stays, byte for
// byte, and the minute that was being written has never been.
static void test_crash_at_every_write(void **state)
{
    uint8_t bytes[1024], before[1024], after[1024];
    (void)state;
    open_queue(1 << 20);
    put_all(1, 3);
    size_t len = folder_read(&folder, "a/b/0000000000000001.minute", bytes, sizeof bytes);
    size_t kept = folder_read(&folder, "a/b/0000000000000000.minute", before, sizeof before);
    unlink(folder_path(&folder, "a/b/0000000000000001.minute"));
    for (size_t cut = 0; cut <= len; cut++) {
        uint64_t number;
        queue_close(queue);
        queue = NULL;
        folder_write(&folder, "a/b/next.tmp", bytes, cut);
        open_queue(1 << 20);
        assert_int_equal(status().torn, 1);
        assert_int_equal(status().minutes, 1);
        assert_false(folder_has(&folder, "a/b/next.tmp"));
        assert_true(oldest_is(1, &number));
        assert_int_equal(folder_read(&folder, "a/b/0000000000000000.minute", after, sizeof after),
                         kept);
        assert_memory_equal(before, after, kept);
    }
    put_all(2, 3);
    send_all(1, 3);
}

// A disk that lost the end of a file although it had said otherwise.
static void test_a_file_cut_anywhere(void **state)
{
    static const char name[] = "a/b/0000000000000001.minute";
    uint8_t bytes[1024];
    (void)state;
    open_queue(1 << 20);
    put_all(1, 3);
    size_t len = folder_read(&folder, name, bytes, sizeof bytes);
    for (size_t cut = 0; cut < len; cut++) {
        uint64_t number;
        folder_write(&folder, name, bytes, cut);
        open_queue(1 << 20);
        assert_int_equal(status().minutes, 2);
        assert_true(oldest_is(1, &number));
        uint8_t first[1024];
        size_t first_len = folder_read(&folder, "a/b/0000000000000000.minute", first, sizeof first);
        queue_sent(queue, number);
        assert_true(is_empty());
        assert_int_equal(status().damaged.minutes, 1);
        folder_write(&folder, "a/b/0000000000000000.minute", first, first_len);
    }
}

// A full disk: no minute is half there, and the next one fits again.
static void test_a_full_disk(void **state)
{
    struct rlimit limit, small;
    struct error err = {0};
    (void)state;
    open_queue(1 << 20);
    put_all(1, 2);
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGXFSZ, &ignore, NULL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 40;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool fits = put(2, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_false(fits);
    assert_int_equal(err.code, ERROR_IO);
    assert_false(folder_has(&folder, "a/b/next.tmp"));
    put_all(3, 4);
    send_all(1, 2);
    send_all(3, 4);
}

// One thread writes, one sends: each minute is sent once, in order.
enum { ROUNDS = 200 };
static atomic_bool written;

static void *write_rounds(void *context)
{
    unsigned *failed = context;
    for (unsigned n = 1; n <= ROUNDS; n++)
        *failed += !put(n, NULL);
    atomic_store(&written, true);
    return NULL;
}

static void test_writing_while_sending(void **state)
{
    pthread_t writer;
    unsigned failed = 0, next = 1, wrong = 0;
    (void)state;
    open_queue(1 << 20);
    atomic_store(&written, false);
    assert_int_equal(pthread_create(&writer, NULL, write_rounds, &failed), 0);
    for (;;) {
        struct minute_reader reader;
        struct error err;
        uint64_t number;
        bool last = atomic_load(&written);
        if (!queue_oldest(queue, &reader, &number, &err)) {
            if (last)
                break;
            usleep(200);
            continue;
        }
        wrong += reader.end != next++ * MINUTE;
        minute_close(&reader);
        queue_sent(queue, number);
    }
    pthread_join(writer, NULL);
    assert_int_equal(failed + wrong, 0);
    assert_int_equal(next, ROUNDS + 1);
    assert_true(is_empty());
    assert_int_equal(status().minutes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_first_in_first_out),
        TEST(test_it_survives),
        TEST(test_the_newest_stays_for_its_series),
        TEST(test_the_bound_takes_the_oldest),
        TEST(test_the_newest_stays_whatever_the_bound),
        TEST(test_damage_costs_one_minute),
        TEST(test_what_the_disk_does_not_read),
        TEST(test_removed_by_somebody_else),
        TEST(test_one_agent_alone),
        TEST(test_folders_that_cannot_be_made),
        TEST(test_given_up),
        TEST(test_crash_at_every_write),
        TEST(test_a_file_cut_anywhere),
        TEST(test_a_full_disk),
        TEST(test_writing_while_sending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
