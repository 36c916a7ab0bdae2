#include "folder.h"

#include "push/minute.h"

#define END INT64_C(1700000040000000000)

static struct folder folder;
static struct minute_reader reader;

static int set_up(void **state)
{
    (void)state;
    reader.fd = -1;
    folder_make(&folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    minute_close(&reader);
    folder_remove(&folder);
    return 0;
}

static int make(const char *name)
{
    int fd = open(folder_path(&folder, name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static void write_example(const char *name)
{
    struct minute_writer writer;
    struct error err;
    minute_begin(&writer, make(name), PUSH_REMOTE_WRITE, END);
    minute_add(&writer, MINUTE_REQUEST, 7, span_text("a request"));
    minute_add(&writer, MINUTE_SERIES, 3, span_text("some series"));
    minute_add(&writer, MINUTE_REQUEST, 0, span_of(NULL, 0));
    assert_true(minute_finish(&writer, &err));
    assert_int_equal(writer.requests, 2);
}

static bool open_example(const char *name, struct error *err)
{
    int fd = open(folder_path(&folder, name), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return minute_open(&reader, fd, err);
}

// Records that can be read; err says how it ended.
static unsigned count_records(struct error *err)
{
    struct minute_record record;
    unsigned count = 0;
    while (minute_next(&reader, &record, err))
        count++;
    return count;
}

static void test_what_is_written_is_read(void **state)
{
    struct minute_record record;
    struct error err;
    (void)state;
    write_example("m");
    assert_true(open_example("m", &err));
    assert_int_equal(reader.protocol, PUSH_REMOTE_WRITE);
    assert_true(reader.end == END);
    for (int round = 0; round < 2; round++) {
        assert_true(minute_next(&reader, &record, &err));
        assert_true(record.kind == MINUTE_REQUEST && record.count == 7);
        assert_true(span_equal(record.payload, span_text("a request")));
        assert_true(minute_next(&reader, &record, &err));
        assert_true(record.kind == MINUTE_SERIES && record.count == 3);
        assert_true(minute_next(&reader, &record, &err));
        assert_int_equal(record.payload.len, 0);
        assert_false(minute_next(&reader, &record, &err));
        assert_int_equal(err.code, ERROR_NONE);
        minute_rewind(&reader);
    }
}

static void test_the_layout(void **state)
{
    static const uint8_t begin[] = "PKTVPUSH\1\0\0\0\1\0\0";
    uint8_t bytes[4096];
    (void)state;
    write_example("m");
    size_t len = folder_read(&folder, "m", bytes, sizeof bytes);
    assert_int_equal(len, 32 + 16 + 9 + 16 + 11 + 16 + 16 + 12);
    uint64_t time = (uint64_t)END;
    assert_memory_equal(bytes, begin, 16);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(bytes[16 + i], (uint8_t)(time >> 8 * i));
    assert_memory_equal(bytes + 32, "\x09\0\0\0\1\0\0\0\7\0\0\0", 12);
    assert_memory_equal(bytes + 48, "a request", 9);
}

static void test_totals(void **state)
{
    struct minute_totals totals;
    (void)state;
    write_example("m");
    int fd = open(folder_path(&folder, "m"), O_RDWR | O_CLOEXEC);
    bool found = minute_totals(fd, &totals);
    bool cut = ftruncate(fd, 60) == 0 && minute_totals(fd, &totals);
    bool empty = ftruncate(fd, 0) == 0 && minute_totals(fd, &totals);
    close(fd);
    assert_true(found && !cut && !empty);
    assert_int_equal(totals.requests, 2);
    assert_int_equal(totals.samples, 7);
}

// Whatever is cut off is noticed, and what is before it is read.
static void test_cut_at_every_length(void **state)
{
    static const unsigned ends[] = {32 + 16 + 9, 32 + 16 + 9 + 16 + 11, 32 + 16 + 9 + 16 + 11 + 16};
    uint8_t bytes[4096];
    (void)state;
    write_example("m");
    size_t len = folder_read(&folder, "m", bytes, sizeof bytes);
    for (size_t cut = 0; cut < len; cut++) {
        struct error err = {0};
        folder_write(&folder, "cut", bytes, cut);
        bool open = open_example("cut", &err);
        unsigned count = open ? count_records(&err) : 0;
        minute_close(&reader);
        assert_int_equal(open, cut >= 32);
        assert_int_equal(err.code, ERROR_FORMAT);
        assert_int_equal(count, (cut >= ends[0]) + (cut >= ends[1]) + (cut >= ends[2]));
    }
}

static void test_every_changed_byte_is_noticed(void **state)
{
    uint8_t bytes[4096];
    (void)state;
    write_example("m");
    size_t len = folder_read(&folder, "m", bytes, sizeof bytes);
    for (size_t at = 0; at < len; at++) {
        struct error err = {0};
        bytes[at] ^= 0x10;
        folder_write(&folder, "changed", bytes, len);
        bytes[at] ^= 0x10;
        if (open_example("changed", &err))
            count_records(&err);
        minute_close(&reader);
        assert_int_equal(err.code, ERROR_FORMAT);
    }
}

static void test_a_record_that_is_too_long(void **state)
{
    struct minute_writer writer;
    struct error err;
    (void)state;
    minute_begin(&writer, make("m"), PUSH_OTLP, END);
    minute_add(&writer, MINUTE_REQUEST, 1, span_of("", (size_t)MINUTE_PAYLOAD_MAX + 1));
    minute_add(&writer, MINUTE_REQUEST, 1, span_text("later"));
    assert_false(minute_finish(&writer, &err));
    assert_int_equal(err.code, ERROR_INVALID);
    assert_int_equal(writer.fd, -1);
}

static void test_a_disk_that_refuses(void **state)
{
    struct minute_writer writer;
    struct error err;
    (void)state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    minute_begin(&writer, fd, PUSH_OTLP, END);
    minute_add(&writer, MINUTE_REQUEST, 1, span_text("later"));
    assert_false(minute_finish(&writer, &err));
    assert_int_equal(err.code, ERROR_IO);
    assert_non_null(strstr(err.text, "No space left"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_written_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_layout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_totals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_at_every_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_changed_byte_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_record_that_is_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_disk_that_refuses, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
