#include "cmocka_wire.h"

#include "base/random.h"
#include "wire/dns.h"

struct aggregate_case {
    const char *name;
    const char *suffix; // only its length counts
    const char *qname2, *qname3;
};

static const struct aggregate_case aggregate_cases[] = {
    {"", "", "", ""},
    {"com", "", "com", ""},
    {"biz.foo.bar.com", "", ".bar.com", ".foo.bar.com"},
    {"a.com", "", "a.com", ""},
    {"abcdefg.com.", "", "abcdefg.com.", ""},
    {"foo.bar.com", "", ".bar.com", "foo.bar.com"},
    {".", "", ".", ""},
    {"..", "", "..", ""},
    {"a", "", "a", ""},
    {"a.", "", "a.", ""},
    {"foo.bar.com.", "", ".bar.com.", "foo.bar.com."},
    {".foo.bar.com", "", ".bar.com", ".foo.bar.com"},
    {"a.b.c", "", ".b.c", "a.b.c"},
    {".b.c", "", ".b.c", ""},
    {"nodots", "", "nodots", ""},
    {"biz.foo.bar.com", ".bar.com", ".foo.bar.com", "biz.foo.bar.com"},
    {"biz.foo.bar.com", "bar.com", ".foo.bar.com", "biz.foo.bar.com"},
    {"biz.foo.bar.com", "foo.bar.com", "biz.foo.bar.com", ""},
    {"foo.bar.com.", "longer.than.foo.bar.com.", ".bar.com.", "foo.bar.com."},
    {"foo.bar.com", "foo.bar.com", ".bar.com", "foo.bar.com"},
    {"www.google.co.uk", ".co.uk", ".google.co.uk", "www.google.co.uk"},
    {"www.google.co.uk", "google.co.uk", "www.google.co.uk", ""},
    // Escaped dots belong to their label; an escaped backslash before a dot does not.
    {"one\\.label.bar.com", "", ".bar.com", "one\\.label.bar.com"},
    {"a.one\\.label.com", "", ".one\\.label.com", "a.one\\.label.com"},
    {"a.b\\\\.bar.com", "", ".bar.com", ".b\\\\.bar.com"},
    {"mail\\.admin", "", "mail\\.admin", ""},
    {"foo.bar.com\\.", "", ".bar.com\\.", "foo.bar.com\\."},
    // Dots outside the last 64 characters.
    {"a.b.0123456789012345678901234567890123456789012345678901234567890.com", "",
     ".0123456789012345678901234567890123456789012345678901234567890.com",
     ".b.0123456789012345678901234567890123456789012345678901234567890.com"},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(aggregate_cases); i++) {
        const struct aggregate_case *c = &aggregate_cases[i];
        struct span name = span_text(c->name);
        uint8_t *exact = exact_copy(name);
        struct dns_aggregate got = dns_aggregate(span_of(exact, name.len), strlen(c->suffix));
        assert_span_text(got.qname2, c->qname2);
        assert_span_text(got.qname3, c->qname3);
        free(exact);
    }
}

// Position of the n-th separating dot (1: the last) at `last` or before; -1: there is none.
static long reference_dot(const char *name, long last, int n)
{
    for (long at = last; at >= 0; at--) {
        long backslashes = 0;
        while (backslashes < at && name[at - 1 - backslashes] == '\\')
            backslashes++;
        if (name[at] == '.' && backslashes % 2 == 0 && --n == 0)
            return at;
    }
    return -1;
}

static void check_random_name(struct random_stream *random, const char *alphabet)
{
    char name[300];
    size_t len = 5 + random_below(random, sizeof name - 5);
    if (random_below(random, 2))
        len = 5 + random_below(random, 40);
    for (size_t i = 0; i < len; i++)
        name[i] = alphabet[random_below(random, strlen(alphabet))];
    name[len - 1] = 'z';
    size_t suffix = random_below(random, 3) ? 0 : random_below(random, len + 5);
    long last = (long)(suffix > 0 && suffix < len ? len - suffix : len - 1);

    uint8_t *exact = exact_copy(span_of(name, len));
    struct dns_aggregate got = dns_aggregate(span_of(exact, len), suffix);
    long second = reference_dot(name, last, 2), third = reference_dot(name, last, 3);
    assert_int_equal(got.qname2.len, second < 0 ? len : len - (size_t)second);
    assert_int_equal(got.qname3.len, second < 0 ? 0 : len - (size_t)(third < 0 ? 0 : third));
    assert_ptr_equal(got.qname2.ptr + got.qname2.len, exact + len);
    assert_ptr_equal(got.qname3.ptr + got.qname3.len, exact + len);
    free(exact);
}

static void property_random_names_against_a_plain_scan(void **state)
{
    (void)state;
    static const char *const alphabets[] = {"a.", "abcdefghij.",
                                            "abcdefghijklmnopqrstuvwxyz012345.", "ab.\\"};
    struct random_stream random = {3};
    for (int i = 0; i < 40000; i++)
        check_random_name(&random, alphabets[i % (int)COUNT(alphabets)]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(property_random_names_against_a_plain_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
