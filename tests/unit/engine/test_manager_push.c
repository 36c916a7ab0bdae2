// Closed periods given to a sink: which, of what, and that they are the same as in JSON.
#include "manager_rig.h"

#include "metric/sink.h"

static struct rig rig;
static struct {
    char policies[256];
    unsigned families, samples, native;
    double udp; // sum over packets_udp
} seen;

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

static bool in_udp;

static void on_family(void *context, const struct metric_sink_family *family)
{
    (void)context;
    seen.families++;
    seen.native += family->name.len > 9 && memcmp(family->name.ptr, "pktvisor_", 9) == 0;
    in_udp = span_equal(family->name, span_text("packets_udp"));
}

static void on_sample(void *context, const struct metric_sample *sample)
{
    (void)context;
    seen.samples++;
    if (in_udp)
        seen.udp += (double)sample->integer;
}

static void on_policy(void *context, const char *name)
{
    (void)context;
    size_t used = strlen(seen.policies);
    snprintf(seen.policies + used, sizeof seen.policies - used, "%s ", name);
}

static const struct metric_sink sink = {.family = on_family, .sample = on_sample};

static int64_t now_period(void)
{
    return clock_ns(CLOCK_REALTIME) / 1000000000;
}

// A period that began after the call and is over; false: it could not be had.
static int64_t wait_for_period(void)
{
    int64_t period = now_period() + 1;
    for (unsigned i = 0;
         i < 2000 && (now_period() <= period || !manager_is_past(rig.manager, period)); i++)
        pause_ms(5);
    assert_true(manager_is_past(rig.manager, period));
    return period;
}

static struct manager_push push_of(int64_t period, unsigned names, bool by_policy)
{
    struct manager_push push = {
        .names = names, .period = period, .sink = &sink, .policy = by_policy ? on_policy : NULL};
    memset(&seen, 0, sizeof seen);
    assert_true(manager_push(rig.manager, &push));
    return push;
}

static void begin(void)
{
    assert_int_equal(post_tap(&rig, MOCK_TAP("t", "")), MANAGER_DONE);
    assert_int_equal(post_policy(&rig, NET_AT("p", "t")), MANAGER_DONE);
}

static void test_nothing_runs(void **state)
{
    (void)state;
    assert_true(manager_is_past(rig.manager, now_period() + 5));
    assert_int_equal(push_of(now_period(), MANAGER_UPSTREAM, false).missing, 0);
    assert_int_equal(seen.samples, 0);
}

static void test_a_closed_period(void **state)
{
    (void)state;
    begin();
    assert_false(manager_is_past(rig.manager, now_period() + 5));
    assert_true(manager_is_past(rig.manager, now_period() - 5)); // before it began
    int64_t period = wait_for_period();
    struct manager_push push = push_of(period, MANAGER_UPSTREAM, false);
    struct buffer json;
    buffer_init(&json, 1 << 20);
    struct metric_request newest = {.bucket = 1};
    bool fine = manager_json(rig.manager, "p", newest, 0, &json, NULL);
    json_t *document = json_loadb((const char *)json.data, json.len, 0, NULL);
    buffer_done(&json);
    assert_true(fine && document);
    json_t *packets = member(document, "p", "p-t-n", "packets", NULL);
    int64_t start = json_integer_value(member(packets, "period", "start_ts", NULL));
    int64_t udp = json_integer_value(member(packets, "udp", NULL));
    json_decref(document);
    assert_true(start != period || (push.missing == 0 && (int64_t)seen.udp == udp));
    assert_true(push.missing || seen.samples > 20);
    assert_string_equal(seen.policies, "");
}

static void test_another_period_is_missing(void **state)
{
    (void)state;
    begin();
    int64_t period = wait_for_period();
    assert_true(push_of(period - 100, MANAGER_UPSTREAM, false).missing > 0);
    assert_int_equal(seen.udp, 0);
}

static void test_native_names(void **state)
{
    (void)state;
    begin();
    for (unsigned tries = 0; tries < 5 && seen.native < 5; tries++)
        push_of(wait_for_period(), MANAGER_NATIVE, false);
    assert_true(seen.native >= 5);
}

static void test_policy_by_policy(void **state)
{
    (void)state;
    begin();
    assert_int_equal(post_policy(&rig, NET_AT("q", "t")), MANAGER_DONE);
    push_of(wait_for_period(), MANAGER_UPSTREAM, true);
    assert_non_null(strstr(seen.policies, "p q "));
    assert_non_null(strstr(seen.policies, "-resources "));
}

static void test_the_budget_of_all_holds_over_policies(void **state)
{
    (void)state;
    struct manager_options options = {.defaults = {.periods = 5, .deep_sample_rate = 100},
                                      .workers = 1,
                                      .period_seconds = 1,
                                      .series_max = 30};
    manager_free(rig.manager);
    assert_non_null(rig.manager = manager_new(&options, NULL));
    begin();
    assert_int_equal(post_policy(&rig, NET_AT("q", "t")), MANAGER_DONE);
    push_of(wait_for_period(), MANAGER_UPSTREAM, true);
    // What says how complete a period is is not counted.
    assert_true(seen.samples < 30 + 3 * 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_runs),
        TEST(test_a_closed_period),
        TEST(test_another_period_is_missing),
        TEST(test_native_names),
        TEST(test_policy_by_policy),
        TEST(test_the_budget_of_all_holds_over_policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
