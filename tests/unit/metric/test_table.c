#include "fake.h"

static void kinds_have_names(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < METRIC_KIND_COUNT; kind++) {
        const char *name = metric_kind_name((enum metric_kind)kind);
        assert_non_null(name);
        for (unsigned other = 0; other < kind; other++)
            assert_string_not_equal(name, metric_kind_name((enum metric_kind)other));
    }
    assert_null(metric_kind_name(METRIC_KIND_COUNT));
}

static void groups_by_name(void **state)
{
    (void)state;
    assert_int_equal(metric_groups_default(&fake_table), COUNTERS | TOPS);
    assert_int_equal(metric_groups_all(&fake_table), COUNTERS | TOPS | DETAILS);
    for (int i = 0; i < fake_table.n_groups; i++)
        assert_int_equal(metric_group_find(&fake_table, fake_groups[i].name), i);
    assert_int_equal(metric_group_find(&fake_table, "all"), -1);
    assert_int_equal(metric_group_find(&fake_table, ""), -1);
}

static void visibility(void **state)
{
    (void)state;
    assert_false(metric_groups_visible(&fake_table, 0));
    assert_true(metric_groups_visible(&fake_table, DETAILS));
    struct metric_table plain = fake_table;
    plain.n_groups = 0;
    assert_true(metric_groups_visible(&plain, 0));
    assert_true(metric_row_visible(&fake_rows[EVENTS], 0));
    assert_false(metric_row_visible(&fake_rows[SHARE], DETAILS));
    assert_true(metric_row_visible(&fake_rows[SHARE], DETAILS | COUNTERS));
}

static void prometheus_names(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1000);
    metric_prometheus_name(&fake_table, &fake_rows[QUERIES], &out);
    assert_string_equal(buffer_text(&out), "fake_wire_queries");
    buffer_clear(&out);
    metric_prometheus_name(&fake_table, &fake_rows[PAYLOAD], &out);
    assert_string_equal(buffer_text(&out), "payload_bytes");
    buffer_done(&out);
}

static void rows_are_found(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROW_COUNT; i++)
        assert_int_equal(metric_row_find(&fake_table, fake_rows[i].scope, fake_rows[i].path), i);
    assert_int_equal(metric_row_find(&fake_table, ROOT, "packets"), -1);
}

static void the_fake_table_is_sound(void **state)
{
    (void)state;
    assert_null(metric_table_fault(&fake_table));
}

static void faults_of_rows(void **state)
{
    (void)state;
    static const char long_path[] = "a.b.c.d.e.f.g";
    const struct {
        const char *fault;
        struct metric_row row; // stands behind the rows of the fake table
    } cases[] = {
        {"a row has no path", {.path = NULL}},
        {"invalid metric name: test*", {.path = "test*"}},
        {"invalid metric name: ", {.path = ""}},
        {"invalid metric name: a..b", {.path = "a..b"}},
        {"invalid metric name: a.", {.path = "a."}},
        {"invalid metric name: a.4", {.path = "a.4"}},
        {"a.b.c.d.e.f.g: more than 6 parts", {.path = long_path}},
        {"x has no id", {.path = "x", .id = 0}},
        {"x: id 21 stands twice", {.path = "x", .id = 21, .unit = "1", .help = "h"}},
        {"x: unknown kind", {.path = "x", .id = 99, .kind = METRIC_KIND_COUNT}},
        {"x: no such scope", {.path = "x", .id = 99, .scope = SCOPE_COUNT}},
        {"x: no such group", {.path = "x", .id = 99, .groups = 16}},
        {"invalid metric name: 2x", {.path = "x", .id = 99, .name = "2x"}},
        {"x: only a top list has items", {.path = "x", .id = 99, .label = "qname"}},
        {"x: only a top list has items", {.path = "x", .id = 99, .item = ITEM_NUMBER}},
        {"x: unknown kind of item",
         {.path = "x", .id = 99, .kind = METRIC_TOP, .item = ITEM_PLACE + 1}},
        {"x: items of 16 bits are numbers or codes",
         {.path = "x", .id = 99, .kind = METRIC_TOP16, .item = ITEM_IPV4, .label = "ip"}},
        {"x: a top list needs a label", {.path = "x", .id = 99, .kind = METRIC_TOP}},
        {"x: a top list needs a label",
         {.path = "x", .id = 99, .kind = METRIC_TOP, .label = "q-name"}},
        {"x: label device is that of a scope",
         {.path = "x", .id = 99, .kind = METRIC_TOP, .label = "device", .scope = INTERFACE}},
        {"x: lat and lon are the labels of a place",
         {.path = "x", .id = 99, .kind = METRIC_TOP, .item = ITEM_PLACE, .label = "lat"}},
        {"x: codes, and only codes, have names",
         {.path = "x", .id = 99, .kind = METRIC_TOP, .item = ITEM_CODE, .label = "rcode"}},
        {"x: codes, and only codes, have names",
         {.path = "x", .id = 99, .kind = METRIC_TOP, .label = "a", .code_name = fake_code_name}},
        {"x: only quantiles and histograms are real", {.path = "x", .id = 99, .real = true}},
        {"x: only a counter is aside, optional or a gauge",
         {.path = "x", .id = 99, .kind = METRIC_RATE, .aside = true}},
        {"x: only a counter is aside, optional or a gauge",
         {.path = "x", .id = 99, .kind = METRIC_RATE, .optional = true}},
        {"x: only a counter is aside, optional or a gauge",
         {.path = "x", .id = 99, .kind = METRIC_RATE, .gauge = true}},
        {"x: a gauge stands in the root, and not aside",
         {.path = "x", .id = 99, .gauge = true, .aside = true}},
        {"x: a gauge stands in the root, and not aside",
         {.path = "x", .id = 99, .gauge = true, .scope = DEVICE}},
        {"x.y: what is aside has a path of one part", {.path = "x.y", .id = 99, .aside = true}},
        {"x: only a distinct count has a size", {.path = "x", .id = 99, .lg_k = 12}},
        {"x: lg_k is not in 4 to 21", {.path = "x", .id = 99, .kind = METRIC_DISTINCT, .lg_k = 22}},
        {"x has no unit", {.path = "x", .id = 99}},
        {"x has no help", {.path = "x", .id = 99, .unit = "1"}},
        {"x: help is one line without a full stop",
         {.path = "x", .id = 99, .unit = "1", .help = "something."}},
        {"x: help is one line without a full stop",
         {.path = "x", .id = 99, .unit = "1", .help = "two\nlines"}},
        {"period: the path is taken", {.path = "period", .id = 99, .unit = "1", .help = "h"}},
        {"untracked: the path is taken",
         {.path = "untracked", .id = 99, .unit = "1", .help = "h", .aside = true}},
        {"complete: the path is taken",
         {.path = "complete", .id = 99, .unit = "1", .help = "h", .aside = true}},
        {"in: the path is that of a scope", {.path = "in", .id = 99, .unit = "1", .help = "h"}},
        {"out.x: the path is that of a scope",
         {.path = "out.x", .id = 99, .unit = "1", .help = "h"}},
        {"devices: the path is that of a scope",
         {.path = "devices", .id = 99, .unit = "1", .help = "h"}},
        {"events: the path stands twice", {.path = "events", .id = 99, .unit = "1", .help = "h"}},
        {"wire: the path stands twice", {.path = "wire", .id = 99, .unit = "1", .help = "h"}},
        {"events.x: the path stands twice",
         {.path = "events.x", .id = 99, .unit = "1", .help = "h"}},
        {"evicted: the path stands twice",
         {.path = "evicted", .id = 99, .unit = "1", .help = "h", .aside = true}},
        {"wire_queries: the Prometheus name stands twice",
         {.path = "wire_queries", .id = 99, .unit = "1", .help = "h"}},
        {"x: the Prometheus name stands twice",
         {.path = "x", .id = 99, .unit = "1", .help = "h", .name = "fake_time_us_bucket"}},
        {"ratio_quantiles_sum: the Prometheus name stands twice",
         {.path = "ratio_quantiles_sum", .id = 99, .unit = "1", .help = "h"}},
        {NULL, {.path = "eventsx", .id = 99, .unit = "1", .help = "h"}},
        {NULL, {.path = "in", .id = 99, .unit = "1", .help = "h", .scope = DEVICE}},
        {NULL, {.path = "events", .id = 99, .unit = "1", .help = "h", .aside = true}},
    };
    struct metric_row rows[ROW_COUNT + 1];
    memcpy(rows, fake_rows, sizeof fake_rows);
    struct metric_table table = fake_table;
    table.rows = rows;
    table.n_rows = ROW_COUNT + 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rows[ROW_COUNT] = cases[i].row;
        const char *fault = metric_table_fault(&table);
        if (cases[i].fault) {
            assert_non_null(fault);
            assert_string_equal(fault, cases[i].fault);
        } else {
            assert_null(fault);
        }
    }
}

static void faults_of_scopes(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    static const char *const twice[] = {"a", "a", NULL};
    static const char *const wrong[] = {"a b", NULL};
    static const char *const many[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", NULL};
    const struct {
        const char *fault;
        struct metric_scope_row scope; // the last one
    } cases[] = {
        {"scope 3 has no valid label", {.path = "x"}},
        {"scope 3 has no valid label", {.label = "a-b", .path = "x"}},
        {"scope x stands before the one around it", {.label = "x", .path = "x", .parent = 3}},
        {"label device stands for two scopes", {.label = "device", .path = "x"}},
        {"scope x: no parent key to put before its own",
         {.label = "x", .path = "x", .label_prefix = true}},
        {"scope x has no path", {.label = "x"}},
        {"invalid metric name: x-y", {.label = "x", .path = "x-y"}},
        {"scope x has no limit", {.label = "x", .path = "x"}},
        {"scope x: keys of any kind need a path", {.label = "x", .path = "", .max_instances = 1}},
        {"scope x: a fixed scope has 1 to 8 keys", {.label = "x", .path = "", .keys = none}},
        {"scope x: a fixed scope has 1 to 8 keys", {.label = "x", .path = "", .keys = many}},
        {"scope x: key a stands twice", {.label = "x", .path = "", .keys = twice}},
        {"scope x: invalid key a b", {.label = "x", .path = "", .keys = wrong}},
    };
    struct metric_scope_row scopes[SCOPE_COUNT];
    memcpy(scopes, fake_scopes, sizeof fake_scopes);
    struct metric_table table = fake_table;
    table.scopes = scopes;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scopes[INTERFACE] = cases[i].scope;
        assert_string_equal(metric_table_fault(&table), cases[i].fault);
    }
    memcpy(scopes, fake_scopes, sizeof fake_scopes);
    scopes[ROOT].label = "root";
    assert_string_equal(metric_table_fault(&table), "scope 0 is the root, without label and keys");
    table.n_scopes = 0;
    assert_string_equal(metric_table_fault(&table), "a table has 1 to 8 scopes");
}

static void faults_of_groups_and_table(void **state)
{
    (void)state;
    const struct {
        const char *fault;
        struct metric_group group; // the last one
    } cases[] = {
        {"group 3 has no valid name", {.help = "h"}},
        {"group 3 has no valid name", {.name = "a b", .help = "h"}},
        {"group a has no help", {.name = "a"}},
        {"group tops stands twice", {.name = "tops", .help = "h"}},
        {"group a is on by default and by its name only",
         {.name = "a", .on = true, .named = true, .help = "h"}},
    };
    struct metric_group groups[4];
    memcpy(groups, fake_groups, sizeof fake_groups);
    struct metric_table table = fake_table;
    table.groups = groups;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        groups[3] = cases[i].group;
        assert_string_equal(metric_table_fault(&table), cases[i].fault);
    }
    table = fake_table;
    table.schema = "root*";
    assert_string_equal(metric_table_fault(&table), "invalid schema name: root*");
    table = fake_table;
    table.title = NULL;
    assert_string_equal(metric_table_fault(&table), "fake: the table has no title");
    table = fake_table;
    table.n_rows = 0;
    assert_string_equal(metric_table_fault(&table), "a table has 1 to 1024 rows");
    table = fake_table;
    table.n_groups = METRIC_GROUPS_MAX + 1;
    assert_string_equal(metric_table_fault(&table), "more than 32 groups");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(groups_by_name),
        cmocka_unit_test(visibility),
        cmocka_unit_test(prometheus_names),
        cmocka_unit_test(rows_are_found),
        cmocka_unit_test(the_fake_table_is_sound),
        cmocka_unit_test(faults_of_rows),
        cmocka_unit_test(faults_of_scopes),
        cmocka_unit_test(faults_of_groups_and_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
