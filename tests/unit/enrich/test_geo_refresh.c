// Databases whose files change while they are in use. The other version of MaxMind's ISP test
// database is made by turning round a name in it.
#include "enrich/geo.h"

#include "base/memory.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_LENGTH = 4096, FILE_LENGTH = 1 << 20 };

static const char first_name[] = "Telstra Pty Ltd", second_name[] = "Ltd Pty Telstra";

static uint8_t bytes[2][FILE_LENGTH]; // the two versions

struct bench {
    char folder[PATH_LENGTH], path[PATH_LENGTH + 16], other[PATH_LENGTH + 16];
    size_t len;
    int64_t time; // of the next change, so that no two files look alike
    struct geo *geo;
    struct geo_cache *cache;
    struct error err;
    bool changed;
};

static void write_file(struct bench *b, const char *path, int flags, size_t from,
                       struct span content)
{
    int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, content.ptr, content.len, (off_t)from), content.len);
    struct timespec times[2] = {{b->time, 0}, {b->time, 0}};
    b->time++;
    assert_int_equal(futimens(fd, times), 0);
    assert_int_equal(close(fd), 0);
}

static struct span version(const struct bench *b, unsigned which)
{
    return span_of(bytes[which], b->len);
}

static void write_in_place(struct bench *b, struct span content)
{
    write_file(b, b->path, O_TRUNC, 0, content);
}

static void rename_over(struct bench *b, struct span content)
{
    write_file(b, b->other, O_TRUNC, 0, content);
    assert_int_equal(rename(b->other, b->path), 0);
}

static bool read_versions(struct bench *b)
{
    char path[PATH_LENGTH];
    const char *shared = getenv("PKTVISOR_SHARED");
    snprintf(path, sizeof path, "%s/captures/GeoIP2-ISP-Test.mmdb", shared ? shared : ".");
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    b->len = fread(bytes[0], 1, FILE_LENGTH, file);
    fclose(file);
    memcpy(bytes[1], bytes[0], b->len);
    uint8_t *name = memmem(bytes[1], b->len, first_name, sizeof first_name - 1);
    assert_non_null(name);
    memcpy(name, second_name, sizeof second_name - 1);
    return true;
}

static void end(struct bench *b)
{
    geo_cache_free(b->cache);
    geo_close(b->geo);
    unlink(b->path);
    unlink(b->other);
    assert_int_equal(rmdir(b->folder), 0);
}

static void begin(struct bench *b, unsigned entries)
{
    *b = (struct bench){.time = 1700000000};
    snprintf(b->folder, sizeof b->folder, "/tmp/geo-XXXXXX");
    if (!read_versions(b))
        skip();
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->path, sizeof b->path, "%s/asn.mmdb", b->folder);
    snprintf(b->other, sizeof b->other, "%s/other.mmdb", b->folder);
    write_in_place(b, version(b, 0));
    b->geo = geo_open_live(NULL, b->path, &b->err);
    b->cache = b->geo ? geo_cache_new(b->geo, entries) : NULL;
    if (b->cache)
        return;
    end(b);
    fail_msg("%s", b->err.text);
}

static bool refresh(struct bench *b)
{
    b->err = (struct error){0};
    return geo_refresh(b->geo, &b->changed, &b->err);
}

// True when the second refresh from now replaces the database.
static bool replaced(struct bench *b)
{
    bool too_early = !refresh(b) || b->changed;
    return refresh(b) && b->changed && !too_early;
}

static unsigned version_seen(struct geo_cache *cache)
{
    struct ip_address ip;
    assert_true(ip_parse("1.128.0.0", &ip));
    const struct geo_text *text = geo_asn(cache, &ip);
    if (span_equal(text->name, span_text("1221/Ltd Pty Telstra")))
        return 1;
    return span_equal(text->name, span_text("1221/Telstra Pty Ltd")) ? 0 : 2;
}

static struct geo_status status_of(const struct bench *b)
{
    struct geo_status status = {0};
    assert_true(geo_status(b->geo, GEO_ASN, &status));
    return status;
}

static void nothing_changes(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 16);
    for (unsigned i = 0; i < 5; i++)
        assert_true(refresh(&b) && !b.changed);
    assert_int_equal(version_seen(b.cache), 0);
    assert_int_equal(status_of(&b).replaced, 0);
    assert_int_equal(status_of(&b).failures, 0);
    end(&b);
}

// Remembered answers of the old database are forgotten.
static void another_file_by_the_name(void **state)
{
    (void)state;
    for (unsigned entries = 0; entries < 32; entries += 16) {
        struct bench b;
        begin(&b, entries);
        for (unsigned round = 1; round < 6; round++) {
            assert_int_equal(version_seen(b.cache), (round - 1) % 2);
            rename_over(&b, version(&b, round % 2));
            assert_true(replaced(&b));
            assert_int_equal(version_seen(b.cache), round % 2);
            assert_int_equal(version_seen(b.cache), round % 2);
            assert_true(refresh(&b) && !b.changed);
            assert_int_equal(status_of(&b).replaced, round);
        }
        end(&b);
    }
}

static void overwritten_in_place(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 0);
    write_in_place(&b, version(&b, 1));
    assert_int_equal(version_seen(b.cache), 0);
    assert_true(replaced(&b));
    assert_int_equal(version_seen(b.cache), 1);
    end(&b);
}

// While a copy is under way nothing is opened; where it stops half-way that is said once, and the
// old database goes on.
static void half_a_file(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 0);
    size_t step = b.len / 8;
    write_in_place(&b, span_of(bytes[1], step));
    for (size_t from = step; from < b.len / 2; from += step) {
        assert_true(refresh(&b) && !b.changed);
        assert_int_equal(version_seen(b.cache), 0);
        write_file(&b, b.path, 0, from, span_of(bytes[1] + from, step));
    }
    assert_true(refresh(&b) && !b.changed);
    assert_int_equal(status_of(&b).failures, 0);
    assert_false(refresh(&b));
    assert_non_null(strstr(b.err.text, b.path));
    assert_true(refresh(&b) && !b.changed);
    assert_int_equal(status_of(&b).failures, 1);
    assert_int_equal(version_seen(b.cache), 0);
    write_in_place(&b, version(&b, 1));
    assert_true(replaced(&b));
    assert_int_equal(version_seen(b.cache), 1);
    end(&b);
}

static void broken_files(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 0);
    struct span broken[] = {span_text(""), span_text("no database"),
                            span_of(bytes[1], b.len - 1000)};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        rename_over(&b, broken[i]);
        assert_true(refresh(&b) && !b.changed);
        assert_false(refresh(&b));
        assert_false(b.changed);
        assert_int_equal(b.err.code, ERROR_IO);
        assert_true(refresh(&b));
        assert_int_equal(version_seen(b.cache), 0);
        assert_int_equal(status_of(&b).failures, i + 1);
    }
    assert_int_equal(status_of(&b).replaced, 0);
    end(&b);
}

// Metadata are at the end of a file, so it opens when its front is that of another one.
static void a_tree_that_is_not_sound(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 0);
    memset(bytes[1], 0xff, b.len / 3);
    rename_over(&b, version(&b, 1));
    assert_true(refresh(&b));
    assert_false(refresh(&b));
    assert_non_null(strstr(b.err.text, "corrupt"));
    assert_int_equal(version_seen(b.cache), 0);
    end(&b);
}

static void a_missing_file(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 0);
    char expected[2 * PATH_LENGTH];
    snprintf(expected, sizeof expected, "%s: Error opening the specified MaxMind DB file", b.path);
    assert_int_equal(rename(b.path, b.other), 0);
    assert_false(refresh(&b));
    assert_string_equal(b.err.text, expected);
    assert_true(refresh(&b) && !b.changed); // once
    assert_int_equal(version_seen(b.cache), 0);
    assert_int_equal(rename(b.other, b.path), 0);
    assert_true(refresh(&b) && !b.changed); // the same file again
    assert_int_equal(unlink(b.path), 0);
    assert_false(refresh(&b));
    write_in_place(&b, version(&b, 1));
    assert_true(replaced(&b));
    assert_int_equal(version_seen(b.cache), 1);
    assert_int_equal(status_of(&b).failures, 2);
    // At the start it is an error.
    assert_null(geo_open_live(b.other, b.path, &b.err));
    assert_non_null(strstr(b.err.text, b.other));
    end(&b);
}

static void counts_of_caches(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 16);
    struct geo_cache *second = geo_cache_new(b.geo, 16);
    assert_non_null(second);
    for (unsigned i = 0; i < 10; i++) {
        version_seen(b.cache);
        version_seen(second);
    }
    struct geo_status status = status_of(&b);
    assert_int_equal(status.hits, 18);
    assert_int_equal(status.misses, 2);
    assert_string_equal(status.path, b.path);
    assert_in_range(status.build_time, 1400000000, 2000000000);
    geo_cache_free(second);
    assert_int_equal(status_of(&b).hits, 18);
    assert_int_equal(status_of(&b).misses, 2);
    assert_false(geo_status(b.geo, GEO_CITY, &status));
    assert_false(geo_status(NULL, GEO_ASN, &status));
    assert_string_equal(geo_kind_names[GEO_ASN], "asn");
    end(&b);
}

static void without_memory(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 0);
    rename_over(&b, version(&b, 1));
    assert_true(refresh(&b));
    mem_fail_at(1);
    assert_false(refresh(&b));
    assert_int_equal(b.err.code, ERROR_MEMORY);
    mem_fail_at(0);
    assert_int_equal(version_seen(b.cache), 0);
    assert_true(refresh(&b) && b.changed); // tried again, though the file is the same
    assert_int_equal(version_seen(b.cache), 1);
    end(&b);
}

struct worker {
    struct geo *geo;
    const atomic_bool *stop;
    unsigned entries;
    uint64_t looked_up, strange;
    bool ran;
};

static void *look_up_until_stopped(void *worker_)
{
    struct worker *w = worker_;
    struct geo_cache *cache = geo_cache_new(w->geo, w->entries);
    while (cache && !atomic_load(w->stop)) {
        w->strange += version_seen(cache) > 1;
        w->looked_up++;
        struct ip_address ip;
        ip_parse("2401:8080::", &ip);
        w->strange += !span_equal(geo_asn(cache, &ip)->name, span_text("237/Merit Network Inc."));
        w->looked_up++;
    }
    w->ran = cache != NULL;
    geo_cache_free(cache);
    return NULL;
}

// Whoever looks up meanwhile gets an answer of one database or the other, and the old one is gone
// when refresh returns (AddressSanitizer and ThreadSanitizer watch).
static void lookups_while_files_change(void **state)
{
    (void)state;
    enum { WORKERS = 3, CHANGES = 60 };
    struct bench b;
    begin(&b, 16);
    atomic_bool stop = false;
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.geo = b.geo, .stop = &stop, .entries = i * 8};
        assert_int_equal(pthread_create(&threads[i], NULL, look_up_until_stopped, &workers[i]), 0);
    }
    bool all = true;
    for (unsigned i = 1; i <= CHANGES; i++) {
        rename_over(&b, version(&b, i % 2));
        all &= replaced(&b);
        all &= version_seen(b.cache) == i % 2;
        struct geo_status status;
        geo_status(b.geo, GEO_ASN, &status);
    }
    atomic_store(&stop, true);
    uint64_t looked_up = CHANGES;
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        all &= workers[i].ran && workers[i].strange == 0;
        looked_up += workers[i].looked_up;
    }
    struct geo_status status = status_of(&b);
    end(&b);
    assert_true(all);
    assert_int_equal(status.hits + status.misses, looked_up);
    assert_int_equal(status.replaced, CHANGES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changes),      cmocka_unit_test(another_file_by_the_name),
        cmocka_unit_test(overwritten_in_place), cmocka_unit_test(half_a_file),
        cmocka_unit_test(broken_files),         cmocka_unit_test(a_tree_that_is_not_sound),
        cmocka_unit_test(a_missing_file),       cmocka_unit_test(counts_of_caches),
        cmocka_unit_test(without_memory),       cmocka_unit_test(lookups_while_files_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
