#include "rig.h"

#include <snappy-c.h>
#include <zlib.h>

enum { MANY = 30000 };

static struct rig rig;

static int set_up(void **state)
{
    (void)state;
    rig_up(&rig);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rig_down(&rig);
    return 0;
}

static bool series(const char *identity)
{
    return draft_series(&rig.draft, span_text(identity));
}

struct gone {
    char text[256];
    unsigned count;
};

static void note(void *context, struct span identity)
{
    struct gone *gone = context;
    size_t used = strlen(gone->text);
    snprintf(gone->text + used, sizeof gone->text - used, "%.*s ", (int)identity.len, identity.ptr);
    gone->count++;
}

static void test_a_series_is_written_once(void **state)
{
    (void)state;
    assert_true(series("a"));
    assert_true(series("b"));
    assert_false(series("a"));
    assert_int_equal(rig.draft.duplicates, 1);
}

static void test_what_has_gone(void **state)
{
    struct gone gone = {0};
    (void)state;
    rig_open(&rig);
    draft_compare(&rig.draft, rig.queue, note, &gone);
    assert_int_equal(gone.count, 0);
    assert_true(series("a") && series("b") && series("c"));
    rig_save(&rig);
    assert_true(series("b") && series("d"));
    draft_compare(&rig.draft, rig.queue, note, &gone);
    assert_string_equal(gone.text, "a c ");
    assert_int_equal(rig.draft.markers, 2);
    rig_save(&rig);
    rig_open(&rig); // as after a restart
    gone = (struct gone){0};
    assert_true(series("d"));
    draft_compare(&rig.draft, rig.queue, note, &gone);
    assert_string_equal(gone.text, "b ");
}

static void test_a_minute_that_was_not_saved_has_never_been(void **state)
{
    struct gone gone = {0};
    (void)state;
    rig_open(&rig);
    assert_true(series("a"));
    rig_save(&rig);
    assert_true(series("b"));
    draft_clear(&rig.draft);
    assert_true(series("c"));
    draft_compare(&rig.draft, rig.queue, note, &gone);
    assert_string_equal(gone.text, "a ");
}

static void property_many_series(void **state)
{
    struct gone gone = {0};
    char text[32];
    bool added = true;
    (void)state;
    rig_open(&rig);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "series-%u", i);
        added &= series(text);
    }
    assert_true(added);
    rig_save(&rig);
    for (unsigned i = 0; i < MANY; i += 3) {
        snprintf(text, sizeof text, "series-%u", i);
        added &= series(text);
    }
    draft_compare(&rig.draft, rig.queue, note, &gone);
    assert_true(added);
    assert_int_equal(gone.count, MANY - MANY / 3);
}

static void test_requests(void **state)
{
    struct buffer all;
    uint32_t samples;
    (void)state;
    rig_open(&rig);
    buffer_add_text(&rig.draft.request, "one ");
    rig.draft.samples = 3;
    draft_flush(&rig.draft);
    draft_flush(&rig.draft);
    buffer_add_text(&rig.draft.request, "two");
    rig.draft.samples = 4;
    rig_save(&rig);
    buffer_init(&all, 4096);
    unsigned count = rig_requests(&rig, &all, &samples);
    bool same = span_equal(buffer_span(&all), span_text("one two"));
    buffer_done(&all);
    assert_true(same);
    assert_int_equal(count, 2);
    assert_int_equal(samples, 7);
}

static void test_an_empty_minute_is_saved(void **state)
{
    (void)state;
    rig_open(&rig);
    rig_save(&rig);
    assert_true(queue_newest_end(rig.queue) == RIG_MINUTE);
}

static void test_failures_stick(void **state)
{
    struct error err = {0};
    (void)state;
    rig_open(&rig);
    rig.draft.request.failed = true;
    draft_flush(&rig.draft);
    assert_false(draft_save(&rig.draft, rig.queue, RIG_MINUTE, &err));
    assert_int_equal(err.code, ERROR_MEMORY);
    assert_true(queue_newest_end(rig.queue) == INT64_MIN);
}

static void fill(struct buffer *plain)
{
    buffer_init(plain, 1 << 20);
    for (unsigned i = 0; i < 3000; i++)
        buffer_printf(plain, "label %u ", i % 700);
}

static void test_snappy(void **state)
{
    struct buffer plain, packed;
    char *room = mem_alloc(1 << 20);
    size_t len = 1 << 20;
    (void)state;
    fill(&plain);
    buffer_init(&packed, 1 << 20);
    bool fine = room && draft_pack_snappy(buffer_span(&plain), &packed) &&
                snappy_uncompress((char *)packed.data, packed.len, room, &len) == SNAPPY_OK &&
                packed.len < plain.len / 2 && span_equal(buffer_span(&plain), span_of(room, len));
    mem_free(room);
    buffer_done(&plain);
    buffer_done(&packed);
    assert_true(fine);
}

static void test_gzip(void **state)
{
    struct buffer plain, packed;
    uint8_t *room = mem_alloc(1 << 20);
    z_stream stream = {.next_out = room, .avail_out = 1 << 20};
    (void)state;
    fill(&plain);
    buffer_init(&packed, 1 << 20);
    bool fine = room && draft_pack_gzip(buffer_span(&plain), &packed) &&
                inflateInit2(&stream, 15 + 16) == Z_OK;
    if (fine) {
        stream.next_in = packed.data;
        stream.avail_in = (uInt)packed.len;
        fine = inflate(&stream, Z_FINISH) == Z_STREAM_END &&
               span_equal(buffer_span(&plain), span_of(room, stream.total_out));
        inflateEnd(&stream);
    }
    mem_free(room);
    buffer_done(&plain);
    buffer_done(&packed);
    assert_true(fine);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_series_is_written_once),
        TEST(test_what_has_gone),
        TEST(test_a_minute_that_was_not_saved_has_never_been),
        TEST(property_many_series),
        TEST(test_requests),
        TEST(test_an_empty_minute_is_saved),
        TEST(test_failures_stick),
        cmocka_unit_test(test_snappy),
        cmocka_unit_test(test_gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
