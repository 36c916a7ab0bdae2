// What is asked for, in which order, and what answers change. Time is a number here.
#include "cmocka_tui.h"

#include "base/clock.h"
#include "tui/feed.h"

#include <stdio.h>

static struct model model;
static struct feed feed;
static struct request request;
static int64_t now;

static int set_up(void **state)
{
    (void)state;
    model_init(&model);
    model.interval = CLOCK_SECOND;
    model_choose_policy(&model, "default");
    model.window = 5;
    feed_init(&feed, &model);
    now = 1000 * CLOCK_SECOND;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    model_done(&model);
    return 0;
}

#define POLICIES                                                                                  \
    "{\"default\":{\"modules\":{\"h\":{\"module\":{\"type\":\"dns\"}}},\"input\":{\"i\":{}}},"    \
    "\"i-resources\":{\"modules\":{\"r\":{\"module\":{\"type\":\"input_resources\"}}},\"input\":" \
    "{\"i\":{}}}}"
#define METRICS                                                                                    \
    "{\"default\":{\"h\":{\"bgp\":{\"wire_packets\":{\"total\":1},\"rates\":{\"total\":{\"live\":" \
    "3}}}}}}"
#define RESOURCES "{\"i-resources\":{\"r\":{\"input_resources\":{\"cpu_usage\":{\"p50\":1.5}}}}}"

static void expect(const char *path)
{
    assert_true(feed_next(&feed, now, &request));
    assert_string_equal(request.path, path);
}

static void answer(int status, const char *body)
{
    struct answer is = {.status = status, .body = span_text(body)};
    feed_answer(&feed, &request, &is, now);
}

static void no_answer(const char *why)
{
    struct answer is = {.error = why};
    feed_answer(&feed, &request, &is, now);
}

static void expect_rest(void)
{
    assert_false(feed_next(&feed, now, &request));
}

static void first_refresh(void)
{
    expect("/api/v1/metrics/app");
    answer(200, "{\"app\":{\"version\":\"4.6.0\"}}");
    expect("/api/v1/policies");
    answer(200, POLICIES);
    expect("/api/v1/policies/default/metrics/window/5");
    answer(200, METRICS);
    expect_rest();
}

static void in_order(void **state)
{
    (void)state;
    first_refresh();
    assert_true(model.has_metrics && model.has_policies);
    assert_string_equal(model.agent_version, "4.6.0");
    assert_false(model.other_major);
    assert_string_equal(model.trouble, "");
    assert_int_equal(model.seen, now);
    assert_int_equal(feed.refreshes, 1);
    assert_int_equal(feed_wait(&feed, now), CLOCK_SECOND);
    now += CLOCK_SECOND;
    assert_int_equal(feed_wait(&feed, now), 0);
    expect("/api/v1/policies/default/metrics/window/5");
    answer(200, METRICS);
    expect_rest();
    assert_int_equal(model.history.count, 2);
    assert_true(history_shows(&model.history, FACT_BGP_RATE));
    now += 10 * CLOCK_SECOND;
    expect("/api/v1/policies"); // now and then
}

static void late_answers_do_not_pile_up(void **state)
{
    (void)state;
    expect("/api/v1/metrics/app");
    now += 7 * CLOCK_SECOND;
    answer(200, "{\"app\":{\"version\":\"4.6.0\"}}");
    expect("/api/v1/policies");
    answer(200, "{}");
    expect("/api/v1/policies/default/metrics/window/5");
    answer(200, METRICS);
    expect_rest();
    assert_true(feed_wait(&feed, now) > 0); // one, at once, not seven
    now += 1000;
    expect("/api/v1/policies/default/metrics/window/5");
}

static void resources_where_the_page_shows_them(void **state)
{
    (void)state;
    feed.with_policies = true;
    for (int i = 0; i < 2; i++) {
        if (i == 0) {
            expect("/api/v1/metrics/app");
            answer(200, "{\"app\":{\"version\":\"4.6.0\"}}");
        }
        expect("/api/v1/policies");
        answer(200, POLICIES);
        assert_non_null(model.policies.inputs);
        assert_int_equal(model.policies.inputs[0].cpu.has_quantiles, i > 0); // stays
        expect("/api/v1/policies/default/metrics/window/5");
        answer(200, METRICS);
        expect("/api/v1/policies/i-resources/metrics/window/5");
        answer(200, RESOURCES);
        expect_rest();
        assert_true(model.policies.inputs[0].cpu.p50 == 1.5);
        now += CLOCK_SECOND;
    }
    expect("/api/v1/policies");
    answer(200, POLICIES);
    expect("/api/v1/policies/default/metrics/window/5");
    answer(200, METRICS);
    expect("/api/v1/policies/i-resources/metrics/window/5");
    answer(404, "{}"); // it went in between
    expect_rest();
    assert_string_equal(model.trouble, "");
}

static void trouble_and_back(void **state)
{
    (void)state;
    first_refresh();
    int64_t seen = model.seen;
    now += CLOCK_SECOND;
    expect("/api/v1/policies/default/metrics/window/5");
    no_answer("cannot connect: Connection refused");
    assert_string_equal(model.trouble, "cannot connect: Connection refused");
    assert_true(model.has_metrics && model.seen == seen);
    assert_int_equal(model.history.count, 2); // a gap in the lines
    expect_rest();
    now += CLOCK_SECOND;
    expect("/api/v1/metrics/app"); // it may be another one now
    answer(200, "{\"app\":{\"version\":\"5.0.1\"}}");
    assert_true(model.other_major);
    assert_string_not_equal(model.trouble, "");
    expect("/api/v1/policies/default/metrics/window/5");
    answer(200, METRICS);
    expect_rest();
    assert_string_equal(model.trouble, "");
}

static void answers_that_are_none(void **state)
{
    static const struct {
        int status;
        const char *body, *text;
    } cases[] = {
        {401, "{\"error\":\"x\"}", "the agent wants a token (-token-file, PKTVISOR_TOKEN)"},
        {403, "", "the agent wants a token (-token-file, PKTVISOR_TOKEN)"},
        {500, "{\"error\":\"broken\"}", "broken (HTTP 500)"},
        {404, "", "HTTP 404"},
        {200, "{\"app\":1}", "the answer has no app.version: not an agent of pktvisor"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect("/api/v1/metrics/app");
        answer(cases[i].status, cases[i].body);
        assert_string_equal(model.trouble, cases[i].text);
        expect_rest();
        now += CLOCK_SECOND;
    }
    expect("/api/v1/metrics/app");
    answer(200, "<html>");
    assert_non_null(strstr(model.trouble, "the answer is no JSON object"));
}

static void to_metrics(void)
{
    expect("/api/v1/metrics/app");
    answer(200, "{\"app\":{\"version\":\"4.6.0\"}}");
    expect("/api/v1/policies");
    answer(200, POLICIES);
}

// The rule of upstream's client.
static void the_agent_names_its_periods(void **state)
{
    (void)state;
    to_metrics();
    expect("/api/v1/policies/default/metrics/window/5");
    answer(425, "{\"error\":\"invalid metrics period, specify [2, 3]\"}");
    expect("/api/v1/policies/default/metrics/window/3");
    answer(200, METRICS);
    expect_rest();
    assert_int_equal(model.window, 3);
    assert_int_equal(model.window_most, 3);
}

static void an_agent_with_one_period(void **state)
{
    (void)state;
    to_metrics();
    expect("/api/v1/policies/default/metrics/window/5");
    answer(425, "{\"error\":\"invalid metrics period, specify [2, 1]\"}");
    expect("/api/v1/policies/default/metrics/bucket/0");
    answer(200, METRICS);
    expect_rest();
    assert_true(model.has_metrics);
}

static void an_agent_that_does_not_mean_it(void **state)
{
    (void)state;
    to_metrics();
    expect("/api/v1/policies/default/metrics/window/5");
    answer(425, "{\"error\":\"invalid metrics period, specify [2, 5]\"}");
    expect("/api/v1/policies/default/metrics/window/5");
    answer(425, "{\"error\":\"invalid metrics period, specify [2, 5]\"}");
    expect_rest(); // asked once more, not for ever
    assert_string_equal(model.note, "invalid metrics period, specify [2, 5]");
}

static void no_minute_is_complete(void **state)
{
    (void)state;
    model.window = WINDOW_CLOSED;
    to_metrics();
    expect("/api/v1/policies/default/metrics/bucket/1");
    answer(425, "{\"error\":\"requested metrics period has not yet accumulated, current range is "
                "[0, 0]\"}");
    expect_rest();
    assert_string_equal(model.note, "no minute of this policy is complete yet");
    assert_string_equal(model.trouble, "");
}

static void another_policy_is_taken(void **state)
{
    (void)state;
    model_choose_policy(&model, "gone");
    to_metrics();
    expect("/api/v1/policies/gone/metrics/window/5");
    answer(404, "{\"error\":\"policy does not exist\"}");
    expect("/api/v1/policies/default/metrics/window/5");
    answer(404, "{\"error\":\"policy does not exist\"}"); // gone in between
    expect_rest();
    assert_string_equal(model.note,
                        "the agent has no policy \"default\": p or -P chooses another one");
}

static void the_users_policy_is_not_exchanged(void **state)
{
    (void)state;
    model_choose_policy(&model, "gone");
    feed.policy_given = true;
    to_metrics();
    expect("/api/v1/policies/gone/metrics/window/5");
    answer(404, "{\"error\":\"policy does not exist\"}");
    expect_rest();
    assert_string_equal(model.policy, "gone");
    assert_string_equal(model.note,
                        "the agent has no policy \"gone\": p or -P chooses another one");
}

static void names_in_paths(void **state)
{
    (void)state;
    model_choose_policy(&model, "a b/..%?ö");
    to_metrics();
    expect("/api/v1/policies/a%20b%2F..%25%3F%C3%B6/metrics/window/5");
    char longest[NAME_MAX_BYTES];
    memset(longest, '/', sizeof longest);
    longest[sizeof longest - 1] = 0;
    model_choose_policy(&model, longest);
    feed_restart(&feed);
    assert_true(feed_next(&feed, now, &request));
    assert_non_null(strstr(request.path, "%2F/metrics/window/5"));
}

static void keys_ask_at_once(void **state)
{
    (void)state;
    first_refresh();
    feed.paused = true;
    assert_int_equal(feed_wait(&feed, now + 9 * CLOCK_SECOND), INT64_MAX);
    now += 9 * CLOCK_SECOND;
    expect_rest();
    feed_restart(&feed); // a page of policies while stopped
    assert_int_equal(feed_wait(&feed, now), 0);
    expect("/api/v1/policies/default/metrics/window/5");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(in_order),
        TEST(late_answers_do_not_pile_up),
        TEST(resources_where_the_page_shows_them),
        TEST(trouble_and_back),
        TEST(answers_that_are_none),
        TEST(the_agent_names_its_periods),
        TEST(an_agent_with_one_period),
        TEST(an_agent_that_does_not_mean_it),
        TEST(no_minute_is_complete),
        TEST(another_policy_is_taken),
        TEST(the_users_policy_is_not_exchanged),
        TEST(names_in_paths),
        TEST(keys_ask_at_once),
    };
    return cmocka_run_group_tests(tests, prepare_tui, NULL);
}
