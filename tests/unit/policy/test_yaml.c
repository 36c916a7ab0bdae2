#include "policy/yaml.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

// The document as compact JSON, keys in their order.
static void assert_reads(const char *text, const char *expected)
{
    struct yaml yaml;
    struct fault_list faults = {0};
    assert_true(yaml_read(&yaml, span_text(text), &faults));
    assert_true(fault_list_empty(&faults));
    char json[4096];
    size_t length = json_dumpb(yaml.root, json, sizeof json - 1, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_true(length > 0 && length < sizeof json);
    json[length] = 0;
    yaml_done(&yaml);
    assert_string_equal(json, expected);
}

static const char *first_text(const struct fault_list *faults)
{
    return faults->count ? faults->faults[0].text : "";
}

static void assert_refused_at(struct span text, const char *path, const char *fault, unsigned line,
                              unsigned column)
{
    struct yaml yaml;
    struct fault_list faults = {0};
    assert_false(yaml_read(&yaml, text, &faults));
    assert_null(yaml.root);
    assert_false(faults.no_memory);
    assert_true(faults.count > 0);
    assert_string_equal(first_text(&faults), fault);
    assert_string_equal(faults.faults[0].path, path);
    assert_int_equal(faults.faults[0].line, line);
    assert_int_equal(faults.faults[0].column, column);
    fault_list_done(&faults);
}

static void assert_refused(const char *text, const char *path, const char *fault, unsigned line,
                           unsigned column)
{
    assert_refused_at(span_text(text), path, fault, line, column);
}

static void test_digits_are_numbers_however_quoted(void **state)
{
    (void)state;
    assert_reads("{a: 123, b: \"123\", c: '123', d: 0}", "{\"a\":123,\"b\":123,\"c\":123,\"d\":0}");
    assert_reads("a: 010", "{\"a\":10}");
    assert_reads("a: 9223372036854775807", "{\"a\":9223372036854775807}");
}

static void test_numbers_beyond_the_range_stay_text(void **state)
{
    (void)state;
    assert_reads("a: 9223372036854775808", "{\"a\":\"9223372036854775808\"}");
}

static void test_booleans_in_any_case(void **state)
{
    (void)state;
    assert_reads("[{a: true, b: FALSE, c: \"True\", d: 'false'}]",
                 "[{\"a\":true,\"b\":false,\"c\":true,\"d\":false}]");
}

static void test_everything_else_is_text(void **state)
{
    (void)state;
    assert_reads("{a: 0x10, b: yes, c: 1.5, d: -1, e: 1e3, f: 2020-01-01, g: .inf, h: off}",
                 "{\"a\":\"0x10\",\"b\":\"yes\",\"c\":\"1.5\",\"d\":\"-1\",\"e\":\"1e3\","
                 "\"f\":\"2020-01-01\",\"g\":\".inf\",\"h\":\"off\"}");
}

static void test_null_is_unquoted(void **state)
{
    (void)state;
    assert_reads("{a: ~, b: null, c: Null, d: NULL, e: , f: \"~\", g: '', h: nULL}",
                 "{\"a\":null,\"b\":null,\"c\":null,\"d\":null,\"e\":null,\"f\":\"~\",\"g\":\"\","
                 "\"h\":\"nULL\"}");
}

static void test_lists_hold_text_as_written(void **state)
{
    (void)state;
    assert_reads("a: [010, true, ~, \"7\", {b: 010}, [1]]",
                 "{\"a\":[\"010\",\"true\",null,\"7\",{\"b\":10},[\"1\"]]}");
}

static void test_keys_are_text(void **state)
{
    (void)state;
    assert_reads("{1: a, true: b, 010: c, ~: d}",
                 "{\"1\":\"a\",\"true\":\"b\",\"010\":\"c\",\"~\":\"d\"}");
}

static void test_tags_are_ignored(void **state)
{
    (void)state;
    assert_reads("a: !!str 5\nb: !!int x\nc: !own {d: 1}", "{\"a\":5,\"b\":\"x\",\"c\":{\"d\":1}}");
}

static void test_block_text(void **state)
{
    (void)state;
    assert_reads("a: |\n  one\n  two\nb: >-\n  three\n  four\n",
                 "{\"a\":\"one\\ntwo\\n\",\"b\":\"three four\"}");
}

static void test_json(void **state)
{
    (void)state;
    assert_reads("{\n\t\"a\":{\"b\":[\"c\",1,null,false]},\n\t\"d\":\"\\u00e9\\/\\n\",\"e\":1.5}\n",
                 "{\"a\":{\"b\":[\"c\",\"1\",null,\"false\"]},\"d\":\"\u00e9/\\n\",\"e\":\"1.5\"}");
}

static void test_order_of_keys_is_kept(void **state)
{
    (void)state;
    assert_reads("{z: 1, a: 2, m: 3}", "{\"z\":1,\"a\":2,\"m\":3}");
}

static void test_aliases_are_copied(void **state)
{
    (void)state;
    assert_reads("a: &x {b: [1]}\nc: *x\nd: &y 7\ne: *y",
                 "{\"a\":{\"b\":[\"1\"]},\"c\":{\"b\":[\"1\"]},\"d\":7,\"e\":7}");
}

static void test_merge_keys(void **state)
{
    (void)state;
    assert_reads("a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3, m: 4}",
                 "{\"a\":{\"k\":1,\"l\":2},\"b\":{\"l\":3,\"m\":4,\"k\":1}}");
    assert_reads("a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc: {<<: [*x, *y]}",
                 "{\"a\":{\"k\":1},\"b\":{\"k\":2,\"l\":2},\"c\":{\"k\":1,\"l\":2}}");
    assert_reads("a: &x {k: 1}\nb: &y {<<: *x}\nc: {<<: *y}",
                 "{\"a\":{\"k\":1},\"b\":{\"k\":1},\"c\":{\"k\":1}}");
    assert_reads("a: {\"<<\": 1}", "{\"a\":{\"<<\":1}}");
}

static void test_merge_keys_want_maps(void **state)
{
    (void)state;
    const char *text = "a: {<<: 5}";
    assert_refused(text, "a",
                   "yaml-cpp: error at line 1, column 9: the merge key << expects a map or a list "
                   "of maps",
                   1, 9);
    assert_refused("a: &x {}\nb:\n  <<: *x\n  <<: *x\n", "b",
                   "yaml-cpp: error at line 4, column 3: duplicate key '<<'", 4, 3);
}

static void test_duplicate_keys(void **state)
{
    (void)state;
    assert_refused("a:\n  b: 1\n  c: 2\n  \"b\": 3\n", "a.b",
                   "yaml-cpp: error at line 4, column 3: duplicate key 'b', first at line 2", 4, 3);
}

static void test_all_duplicate_keys_are_told(void **state)
{
    (void)state;
    struct yaml yaml;
    struct fault_list faults = {0};
    assert_false(yaml_read(&yaml, span_text("{a: 1, a: 2, b: {c: 1, c: 2}}"), &faults));
    assert_int_equal(faults.count, 2);
    assert_string_equal(faults.faults[1].path, "b.c");
    fault_list_done(&faults);
}

static void test_keys_are_scalars(void **state)
{
    (void)state;
    assert_refused("a:\n  ? [b]\n  : c\n", "a",
                   "yaml-cpp: error at line 2, column 5: expecting a scalar as key", 2, 5);
}

static void test_zero_characters(void **state)
{
    (void)state;
    assert_refused("a: \"b\\0c\"", "a", "yaml-cpp: error at line 1, column 4: zero character", 1,
                   4);
    assert_refused("\"a\\0b\": c", "", "yaml-cpp: error at line 1, column 1: zero character", 1, 1);
}

static void test_one_document(void **state)
{
    (void)state;
    assert_reads("---\na: 1\n...\n", "{\"a\":1}");
    assert_refused("a: 1\n---\nb: 2\n", "",
                   "yaml-cpp: error at line 2, column 1: a second document begins; only one is "
                   "expected",
                   2, 1);
}

static void test_empty_documents(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# nothing\n", "---\n", "~", "null"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_refused(texts[i], "", "empty data", 0, 0);
}

static void test_scalar_documents(void **state)
{
    (void)state;
    assert_reads("hello", "\"hello\"");
    assert_reads("\"\"", "\"\"");
}

static void test_syntax_errors_have_a_place(void **state)
{
    (void)state;
    assert_refused(
        "a:\n  b: [1, 2\nc: 3\n", "",
        "yaml-cpp: error at line 3, column 2: while parsing a flow sequence: did not find "
        "expected ',' or ']'",
        3, 2);
    assert_refused("a: *b\n", "", "yaml-cpp: error at line 1, column 4: found undefined alias", 1,
                   4);
    assert_refused("{\"a\": \"b", "",
                   "yaml-cpp: error at line 1, column 9: while scanning a quoted scalar: found "
                   "unexpected end of stream",
                   1, 9);
}

static void test_invalid_utf8(void **state)
{
    (void)state;
    assert_refused("a: b\nc: \xff\n", "",
                   "yaml-cpp: error at line 2, column 4: invalid leading UTF-8 octet", 2, 4);
}

static void test_anchors_are_defined_once(void **state)
{
    (void)state;
    assert_refused("a: &x 1\nb: &x 2\n", "",
                   "yaml-cpp: error at line 2, column 4: found duplicate anchor; first "
                   "occurrence: second occurrence",
                   2, 4);
}

static void test_endless_aliases(void **state)
{
    (void)state;
    struct yaml yaml;
    struct fault_list faults = {0};
    assert_false(yaml_read(&yaml, span_text("a: &x [*x]"), &faults));
    assert_string_equal(first_text(&faults),
                        "yaml-cpp: error at line 1, column 4: deeper than 64 levels");
    fault_list_done(&faults);
    assert_false(yaml_read(&yaml, span_text("a: &x {<<: *x, b: 1}"), &faults));
    assert_string_equal(first_text(&faults),
                        "yaml-cpp: error at line 1, column 19: deeper than 64 levels");
    fault_list_done(&faults);
    assert_false(yaml_read(&yaml, span_text("a: &x [*x, *x, *x]"), &faults));
    assert_int_equal(faults.count, 1);
    fault_list_done(&faults);
}

// Each list has the one before it ten times.
static void test_multiplying_aliases(void **state)
{
    (void)state;
    struct buffer text;
    buffer_init(&text, 1 << 16);
    buffer_add_text(&text, "a0: &a0 [x]\n");
    for (unsigned i = 1; i < 9; i++) {
        buffer_printf(&text, "a%u: &a%u [", i, i);
        for (unsigned j = 0; j < 10; j++)
            buffer_printf(&text, "*a%u,", i - 1);
        buffer_add_text(&text, "]\n");
    }
    struct yaml yaml;
    struct fault_list faults = {0};
    assert_false(yaml_read(&yaml, buffer_span(&text), &faults));
    assert_int_equal(faults.count, 1);
    assert_non_null(
        strstr(first_text(&faults), "aliases and merge keys stand for more than 10000 values"));
    fault_list_done(&faults);
    buffer_done(&text);
}

static void test_expanded_values_up_to_the_limit(void **state)
{
    (void)state;
    struct buffer text;
    struct yaml yaml;
    struct fault_list faults = {0};
    buffer_init(&text, 1 << 20);
    buffer_add_text(&text, "a: &a x\nb:\n");
    for (unsigned i = 0; i < YAML_EXPANDED_MAX; i++)
        buffer_add_text(&text, "- *a\n");
    assert_true(yaml_read(&yaml, buffer_span(&text), &faults));
    assert_int_equal(json_array_size(json_object_get(yaml.root, "b")), YAML_EXPANDED_MAX);
    yaml_done(&yaml);
    for (unsigned i = 0; i < 8; i++)
        buffer_add_text(&text, "- *a\n");
    assert_false(yaml_read(&yaml, buffer_span(&text), &faults));
    fault_list_done(&faults);
    buffer_done(&text);
}

static bool reads_nested(unsigned levels)
{
    struct buffer text;
    struct yaml yaml;
    struct fault_list faults = {0};
    buffer_init(&text, 1 << 12);
    for (unsigned i = 0; i < levels; i++)
        buffer_add_char(&text, '[');
    for (unsigned i = 0; i < levels; i++)
        buffer_add_char(&text, ']');
    bool read = yaml_read(&yaml, buffer_span(&text), &faults);
    yaml_done(&yaml);
    fault_list_done(&faults);
    buffer_done(&text);
    return read;
}

static void test_depth_limit(void **state)
{
    (void)state;
    assert_true(reads_nested(YAML_DEPTH_MAX));
    assert_false(reads_nested(YAML_DEPTH_MAX + 1));
    assert_false(reads_nested(1500));
}

static void test_length_limits(void **state)
{
    (void)state;
    struct buffer text;
    struct yaml yaml;
    struct fault_list faults = {0};
    buffer_init(&text, YAML_TEXT_MAX + 1);
    buffer_add_text(&text, "? ");
    for (unsigned i = 0; i < YAML_KEY_MAX; i++)
        buffer_add_char(&text, 'k');
    size_t longest = text.len;
    buffer_add_text(&text, "\n: 1\n");
    assert_true(yaml_read(&yaml, buffer_span(&text), &faults));
    yaml_done(&yaml);
    text.len = longest;
    buffer_add_text(&text, "k\n: 1\n");
    assert_false(yaml_read(&yaml, buffer_span(&text), &faults));
    assert_non_null(strstr(first_text(&faults), "key longer than 1024 bytes"));
    fault_list_done(&faults);
    while (text.len <= YAML_TEXT_MAX && !text.failed)
        buffer_add_char(&text, '#');
    assert_refused_at(buffer_span(&text), "",
                      "yaml-cpp: error at line 1, column 1: text longer than 1 MiB", 1, 1);
    buffer_done(&text);
}

static void test_faults_are_bounded(void **state)
{
    (void)state;
    struct buffer text;
    struct yaml yaml;
    struct fault_list faults = {0};
    buffer_init(&text, 1 << 16);
    for (unsigned i = 0; i < 2 * FAULTS_MAX; i++)
        buffer_printf(&text, "k%u: 1\nk%u: 2\n", i, i);
    assert_false(yaml_read(&yaml, buffer_span(&text), &faults));
    assert_int_equal(faults.count, FAULTS_MAX);
    fault_list_done(&faults);
    buffer_done(&text);
}

static void assert_place(const struct yaml *yaml, const struct yaml_at *at, const char *path,
                         unsigned line, unsigned column)
{
    struct buffer text;
    buffer_init(&text, 1024);
    yaml_path(at, &text);
    assert_string_equal(buffer_text(&text), path);
    buffer_done(&text);
    struct yaml_place place = yaml_place(yaml, at);
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static void test_places(void **state)
{
    (void)state;
    struct yaml yaml;
    struct fault_list faults = {0};
    const char *text = "visor:\n"
                       "  taps: &taps\n"
                       "    eth-0: {type: pcap}\n"
                       "  list:\n"
                       "  - one\n"
                       "  - 10.0.0.1: {\"a \\\"b\": x}\n"
                       "  more: {<<: [*taps]}\n"
                       "  same: *taps\n";
    assert_true(yaml_read(&yaml, span_text(text), &faults));
    struct yaml_at visor = yaml_key(NULL, "visor");
    struct yaml_at taps = yaml_key(&visor, "taps"), eth = yaml_key(&taps, "eth-0");
    struct yaml_at type = yaml_key(&eth, "type");
    assert_place(&yaml, NULL, "", 1, 1);
    assert_place(&yaml, &visor, "visor", 1, 1);
    assert_place(&yaml, &taps, "visor.taps", 2, 3);
    assert_place(&yaml, &type, "visor.taps.eth-0.type", 3, 13);
    struct yaml_at list = yaml_key(&visor, "list"), second = yaml_index(&list, 1);
    struct yaml_at address = yaml_key(&second, "10.0.0.1"), quoted = yaml_key(&address, "a \"b");
    assert_place(&yaml, &second, "visor.list[1]", 6, 5);
    assert_place(&yaml, &quoted, "visor.list[1].\"10.0.0.1\".\"a \\\"b\"", 6, 16);
    struct yaml_at more = yaml_key(&visor, "more"), merged = yaml_key(&more, "eth-0");
    struct yaml_at same = yaml_key(&visor, "same"), aliased = yaml_key(&same, "eth-0");
    assert_place(&yaml, &merged, "visor.more.eth-0", 3, 5);
    assert_place(&yaml, &aliased, "visor.same.eth-0", 3, 5);
    struct yaml_at nowhere = yaml_key(&visor, "nothing"), below = yaml_key(&nowhere, "x");
    struct yaml_at far = yaml_index(&list, 9), in_text = yaml_key(&type, "x");
    assert_place(&yaml, &below, "visor.nothing.x", 0, 0);
    assert_place(&yaml, &far, "visor.list[9]", 0, 0);
    assert_place(&yaml, &in_text, "visor.taps.eth-0.type.x", 0, 0);
    yaml_done(&yaml);
}

static void test_an_empty_one(void **state)
{
    (void)state;
    struct yaml yaml = {0};
    assert_int_equal(yaml_place(&yaml, NULL).line, 0);
    yaml_done(&yaml);
}

int main(void)
{
    json_set_alloc_funcs(mem_alloc, mem_free); // so that the failing allocations are jansson's, too
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits_are_numbers_however_quoted),
        cmocka_unit_test(test_numbers_beyond_the_range_stay_text),
        cmocka_unit_test(test_booleans_in_any_case),
        cmocka_unit_test(test_everything_else_is_text),
        cmocka_unit_test(test_null_is_unquoted),
        cmocka_unit_test(test_lists_hold_text_as_written),
        cmocka_unit_test(test_keys_are_text),
        cmocka_unit_test(test_tags_are_ignored),
        cmocka_unit_test(test_block_text),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_order_of_keys_is_kept),
        cmocka_unit_test(test_aliases_are_copied),
        cmocka_unit_test(test_merge_keys),
        cmocka_unit_test(test_merge_keys_want_maps),
        cmocka_unit_test(test_duplicate_keys),
        cmocka_unit_test(test_all_duplicate_keys_are_told),
        cmocka_unit_test(test_keys_are_scalars),
        cmocka_unit_test(test_zero_characters),
        cmocka_unit_test(test_one_document),
        cmocka_unit_test(test_empty_documents),
        cmocka_unit_test(test_scalar_documents),
        cmocka_unit_test(test_syntax_errors_have_a_place),
        cmocka_unit_test(test_invalid_utf8),
        cmocka_unit_test(test_anchors_are_defined_once),
        cmocka_unit_test(test_endless_aliases),
        cmocka_unit_test(test_multiplying_aliases),
        cmocka_unit_test(test_expanded_values_up_to_the_limit),
        cmocka_unit_test(test_depth_limit),
        cmocka_unit_test(test_length_limits),
        cmocka_unit_test(test_faults_are_bounded),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
