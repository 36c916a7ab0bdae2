#include "http/rendering.h"

#include "base/memory.h"
#include "http/pack.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <zlib.h>

#include <cmocka.h>

enum { LINES = 5000, THREADS = 4 };

static void fill(struct buffer *content, unsigned lines)
{
    buffer_init(content, 1 << 20);
    for (unsigned i = 0; i < lines; i++)
        buffer_printf(content, "dns_udp{policy=\"default\"} %u\n", i);
}

static void assert_unpacks(struct span packed, struct span plain)
{
    uint8_t *bytes = mem_alloc(plain.len + 1);
    assert_non_null(bytes);
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed.ptr, .avail_in = (uInt)packed.len};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_out = bytes;
    stream.avail_out = (uInt)plain.len + 1;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    bool equal = span_equal(span_of(bytes, stream.total_out), plain);
    inflateEnd(&stream);
    mem_free(bytes);
    assert_true(equal);
}

static void test_packing_gives_the_same_bytes(void **state)
{
    (void)state;
    struct buffer plain, packed = {0};
    fill(&plain, LINES);
    assert_false(plain.failed);
    http_pack(buffer_span(&plain), &packed);
    assert_true(packed.len > 0 && packed.len < plain.len / 5);
    assert_unpacks(buffer_span(&packed), buffer_span(&plain));
    buffer_done(&packed);
    buffer_done(&plain);
}

static void test_what_does_not_shrink_stays(void **state)
{
    (void)state;
    uint8_t noise[4096];
    struct buffer packed = {0};
    uint32_t x = 1;
    for (unsigned i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
    http_pack(span_of(noise, sizeof noise), &packed);
    assert_int_equal(packed.len, 0);
    memset(noise, 'a', sizeof noise);
    http_pack(span_of(noise, HTTP_PACK_LEAST - 1), &packed);
    assert_int_equal(packed.len, 0);
    assert_false(packed.failed);
}

static void *use(void *context)
{
    struct http_rendering *rendering = context;
    struct span gzip = http_rendering_gzip(rendering);
    if (gzip.len == 0 || gzip.ptr != http_rendering_gzip(rendering).ptr)
        rendering = NULL;
    http_rendering_release(context);
    return rendering;
}

static void test_several_threads_share_one(void **state)
{
    (void)state;
    struct buffer plain;
    fill(&plain, LINES);
    struct http_rendering *rendering = http_rendering_new(&plain, "text/plain");
    assert_non_null(rendering);
    assert_null(plain.data);
    pthread_t threads[THREADS];
    void *result;
    for (unsigned i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, use, http_rendering_hold(rendering));
    bool good = true;
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &result);
        good &= result != NULL;
    }
    struct span gzip = http_rendering_gzip(rendering), content = http_rendering_plain(rendering);
    if (gzip.len > 0)
        assert_unpacks(gzip, content);
    http_rendering_release(rendering);
    assert_true(good);
}

static void test_a_failed_buffer_is_no_rendering(void **state)
{
    (void)state;
    struct buffer plain;
    buffer_init(&plain, 4);
    buffer_add_text(&plain, "too long");
    assert_null(http_rendering_new(&plain, "text/plain"));
    http_rendering_release(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packing_gives_the_same_bytes),
        cmocka_unit_test(test_what_does_not_shrink_stays),
        cmocka_unit_test(test_several_threads_share_one),
        cmocka_unit_test(test_a_failed_buffer_is_no_rendering),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
