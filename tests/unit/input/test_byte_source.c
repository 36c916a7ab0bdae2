#include "cmocka_input.h"

#include "base/random.h"
#include "input/byte_source.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { CONTENT = 300000, ROOM = 2 * CONTENT, GZIP = 16 + MAX_WBITS };

// Half of it compresses well, half does not.
static void make_content(uint8_t *content)
{
    struct random_stream stream = {5};
    for (size_t i = 0; i < CONTENT; i++)
        content[i] = (uint8_t)(i % 1000 < 500 ? i / 1000 : random_next(&stream));
}

struct coded {
    uint8_t bytes[ROOM];
    size_t len;
};

static void add_gzip(struct coded *out, const uint8_t *content, size_t len)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (uint8_t *)content;
    z.avail_in = (unsigned)len;
    z.next_out = out->bytes + out->len;
    z.avail_out = (unsigned)(ROOM - out->len);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len = ROOM - z.avail_out;
    deflateEnd(&z);
}

static void add_zstd(struct coded *out, const uint8_t *content, size_t len)
{
    size_t size = ZSTD_compress(out->bytes + out->len, ROOM - out->len, content, len, 3);
    assert_false(ZSTD_isError(size));
    out->len += size;
}

typedef void add_fn(struct coded *out, const uint8_t *content, size_t len);

static void add_plain(struct coded *out, const uint8_t *content, size_t len)
{
    memcpy(out->bytes + out->len, content, len);
    out->len += len;
}

struct got {
    uint8_t bytes[ROOM];
    size_t len;
    ssize_t result;
    struct error err;
};

// Reads in steps of `step` bytes until the end or a failure, which must be said twice.
static void read_all(struct byte_source *source, struct got *got, size_t step)
{
    got->len = 0;
    do {
        got->result = source_read(source, got->bytes + got->len, step, &got->err);
        assert_true(got->result <= (ssize_t)step);
        got->len += got->result > 0 ? (size_t)got->result : 0;
        assert_true(got->len + step <= ROOM);
    } while (got->result > 0);
    uint8_t more[8];
    assert_int_equal(source_read(source, more, sizeof more, NULL), got->result);
    source_close(source);
}

static void read_memory(const struct coded *coded, size_t len, struct got *got, size_t step)
{
    struct error err;
    struct byte_source *source = source_open_memory(span_of(coded->bytes, len), &err);
    assert_non_null(source);
    assert_int_equal(source_size(source), len);
    read_all(source, got, step);
}

static uint8_t content[CONTENT];
static struct coded coded;
static struct got got;

static int set_up(void **state)
{
    (void)state;
    make_content(content);
    coded.len = 0;
    return 0;
}

static void test_codings(void **state)
{
    (void)state;
    add_fn *const adds[] = {add_plain, add_gzip, add_zstd};
    static const size_t steps[] = {1000, 65536, CONTENT};
    for (size_t i = 0; i < COUNT(adds); i++)
        for (size_t s = 0; s < COUNT(steps); s++) {
            coded.len = 0;
            adds[i](&coded, content, CONTENT);
            read_memory(&coded, coded.len, &got, steps[s]);
            assert_int_equal(got.result, 0);
            assert_int_equal(got.len, CONTENT);
            assert_memory_equal(got.bytes, content, CONTENT);
        }
}

// Several members or frames, empty ones too, are one file.
static void test_concatenated(void **state)
{
    (void)state;
    add_fn *const adds[] = {add_gzip, add_zstd};
    for (size_t i = 0; i < COUNT(adds); i++) {
        coded.len = 0;
        adds[i](&coded, content, 10);
        adds[i](&coded, content, 0);
        adds[i](&coded, content + 10, 100000);
        adds[i](&coded, content + 100010, CONTENT - 100010);
        adds[i](&coded, content, 0);
        read_memory(&coded, coded.len, &got, 4096);
        assert_int_equal(got.result, 0);
        assert_int_equal(got.len, CONTENT);
        assert_memory_equal(got.bytes, content, CONTENT);
    }
}

static void test_zeros_behind_gzip(void **state)
{
    (void)state;
    add_gzip(&coded, content, 100);
    memset(coded.bytes + coded.len, 0, 512);
    coded.len += 512;
    add_gzip(&coded, content + 100, 100);
    memset(coded.bytes + coded.len, 0, 512);
    read_memory(&coded, coded.len + 512, &got, 50);
    assert_int_equal(got.result, 0);
    assert_int_equal(got.len, 200);
    assert_memory_equal(got.bytes, content, 200);
}

static void test_skippable_zstd_frame(void **state)
{
    (void)state;
    memcpy(coded.bytes, "\x5a\x2a\x4d\x18\x03\0\0\0abc", 11);
    coded.len = 11;
    add_zstd(&coded, content, 100);
    read_memory(&coded, coded.len, &got, 50);
    assert_int_equal(got.result, 0);
    assert_int_equal(got.len, 100);
}

// Cut anywhere: a prefix of the content, then one failure.
static void test_cut(void **state)
{
    (void)state;
    add_fn *const adds[] = {add_gzip, add_zstd};
    static const char *const names[] = {"gzip", "zstd"};
    for (size_t i = 0; i < COUNT(adds); i++) {
        coded.len = 0;
        adds[i](&coded, content, 30000);
        for (size_t len = 4; len < coded.len; len += 1 + len / 10) {
            read_memory(&coded, len, &got, 4096);
            assert_int_equal(got.result, -1);
            assert_true(got.len <= 30000);
            assert_memory_equal(got.bytes, content, got.len);
            assert_int_equal(got.err.code, ERROR_FORMAT);
            assert_contains(got.err.text, "file ends inside compressed data: ");
            assert_contains(got.err.text, names[i]);
        }
    }
}

// Bytes that are wrong: all that can be decoded before them is handed out first.
static void test_damage(void **state)
{
    (void)state;
    add_fn *const adds[] = {add_gzip, add_zstd};
    static const char *const texts[] = {"damaged gzip data", "damaged zstd data"};
    for (size_t i = 0; i < COUNT(adds); i++) {
        coded.len = 0;
        adds[i](&coded, content, 1000);
        adds[i](&coded, content + 1000, 1000);
        memcpy(coded.bytes + coded.len, "not a member and not a frame", 28);
        read_memory(&coded, coded.len + 28, &got, 300);
        assert_int_equal(got.result, -1);
        assert_int_equal(got.len, 2000);
        assert_memory_equal(got.bytes, content, 2000);
        assert_contains(got.err.text, texts[i]);
    }
}

// Short inputs are plain, whatever they begin with.
static void test_short(void **state)
{
    (void)state;
    memcpy(coded.bytes, "\x1f\x8b\x08", 3);
    for (size_t len = 0; len <= 3; len++) {
        read_memory(&coded, len, &got, 10);
        assert_int_equal(got.result, 0);
        assert_int_equal(got.len, len);
    }
}

static void test_file(void **state)
{
    (void)state;
    char path[] = "/tmp/byte_source_XXXXXX";
    int file = mkstemp(path);
    add_gzip(&coded, content, CONTENT);
    assert_int_equal(write(file, coded.bytes, coded.len), coded.len);
    close(file);
    struct error err;
    struct byte_source *source = source_open(path, &err);
    unlink(path);
    assert_non_null(source);
    assert_int_equal(source_size(source), coded.len);
    assert_int_equal(source_offset(source), 0);
    assert_true(source_read(source, got.bytes, 100, &err) > 0);
    assert_in_range(source_offset(source), 1, SOURCE_INPUT_BYTES);
    source_close(source);
}

static void test_open_fails(void **state)
{
    (void)state;
    struct error err;
    assert_null(source_open("/nowhere/at.all", &err));
    assert_int_equal(err.code, ERROR_IO);
    assert_string_equal(err.text, "No such file or directory");
    assert_null(source_open("/", &err));
    if (err.code != ERROR_MEMORY)
        assert_string_equal(err.text, "Is a directory");
}

// Standard input that brings one byte at a time.
static void test_standard_input(void **state)
{
    (void)state;
    int ends[2];
    add_gzip(&coded, content, 50);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    for (size_t i = 0; i < coded.len; i++)
        assert_int_equal(send(ends[1], coded.bytes + i, 1, MSG_DONTWAIT), 1);
    close(ends[1]);
    int before = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct error err;
    struct byte_source *source = source_open("-", &err);
    if (source) {
        assert_int_equal(source_size(source), 0);
        read_all(source, &got, 7);
    }
    dup2(before, STDIN_FILENO);
    close(before);
    assert_non_null(source);
    assert_int_equal(got.result, 0);
    assert_int_equal(got.len, 50);
    assert_memory_equal(got.bytes, content, 50);
}

// A pipe that stays open, and a reader that is told to stop: its bytes, then the end.
static void test_stopped(void **state)
{
    (void)state;
    add_fn *const adds[] = {add_plain, add_gzip, add_zstd};
    for (size_t i = 0; i < COUNT(adds); i++) {
        int ends[2];
        char path[32];
        atomic_bool stop = false;
        coded.len = 0;
        adds[i](&coded, content, 10000);
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], coded.bytes, coded.len / 2), coded.len / 2);
        snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
        struct error err;
        struct byte_source *source = source_open_until(path, &stop, &err);
        if (source) {
            stop = true;
            got.len = 0;
            do {
                got.result = source_read(source, got.bytes + got.len, 64, &err);
                got.len += got.result > 0 ? (size_t)got.result : 0;
            } while (got.result > 0);
            source_close(source);
        }
        close(ends[0]);
        close(ends[1]);
        assert_non_null(source);
        assert_int_equal(got.result, 0);
        assert_memory_equal(got.bytes, content, got.len);
    }
}

// A window of 8 MiB is accepted, a larger one refused before memory is taken for it.
static void test_zstd_windows(void **state)
{
    (void)state;
    for (int lg = 22; lg <= 27; lg++) {
        ZSTD_CCtx *context = ZSTD_createCCtx();
        assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, lg)));
        ZSTD_inBuffer in = {content, 1000, 0};
        ZSTD_outBuffer out = {coded.bytes, ROOM, 0};
        // Without a size in its header the frame states the window alone.
        assert_false(ZSTD_isError(ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush)));
        assert_int_equal(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0);
        ZSTD_freeCCtx(context);
        coded.len = out.pos;
        read_memory(&coded, coded.len, &got, 500);
        assert_int_equal(got.result, lg <= SOURCE_ZSTD_WINDOW_LG ? 0 : -1);
        assert_int_equal(got.len, lg <= SOURCE_ZSTD_WINDOW_LG ? 1000 : 0);
        if (got.result == 0)
            continue;
        assert_int_equal(got.err.code, ERROR_UNSUPPORTED);
        assert_string_equal(got.err.text, "zstd data with a window of more than 8 MiB");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_codings, set_up),
        cmocka_unit_test_setup(test_concatenated, set_up),
        cmocka_unit_test_setup(test_zeros_behind_gzip, set_up),
        cmocka_unit_test_setup(test_skippable_zstd_frame, set_up),
        cmocka_unit_test_setup(test_cut, set_up),
        cmocka_unit_test_setup(test_damage, set_up),
        cmocka_unit_test_setup(test_short, set_up),
        cmocka_unit_test_setup(test_file, set_up),
        cmocka_unit_test_setup(test_open_fails, set_up),
        cmocka_unit_test_setup(test_standard_input, set_up),
        cmocka_unit_test_setup(test_stopped, set_up),
        cmocka_unit_test_setup(test_zstd_windows, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
