#include "http/guard.h"

#include "base/clock.h"
#include "folder.h"

#define API    "api-token-0123456789"
#define READER "read-token-0123456789"

static char last_warning[512];
static unsigned warnings;

static void note(void *context, const char *text)
{
    (void)context;
    snprintf(last_warning, sizeof last_warning, "%s", text);
    warnings++;
}

static struct http_tokens *open_tokens(struct folder *folder, const char *name, const char *text)
{
    struct error err = {0};
    folder_write_text(folder, name, text);
    return http_tokens_open(folder_path(folder, name), note, NULL, &err);
}

static bool matches(struct http_tokens *tokens, const char *token, int64_t now)
{
    return http_tokens_match(tokens, span_text(token), now);
}

static void test_a_file_of_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *text, *refusal; // NULL: accepted
        unsigned warnings;
    } rows[] = {
        {API "\n", NULL, 0},
        {"# admin\n\n  \n" API "  \r\n" READER, NULL, 0},
        {"short\n", NULL, 1},
        {"", "no token in it", 0},
        {"# nothing\n", "no token in it", 0},
        {"two words\n", "line 1 is not a token", 0},
        {API "\nM\xc3\xbcller\n", "line 2 is not a token", 0},
    };
    struct folder folder;
    folder_make(&folder);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {0};
        warnings = 0;
        folder_write_text(&folder, "tokens", rows[i].text);
        struct http_tokens *tokens =
            http_tokens_open(folder_path(&folder, "tokens"), note, NULL, &err);
        assert_int_equal(tokens != NULL, rows[i].refusal == NULL);
        if (rows[i].refusal)
            assert_non_null(strstr(err.text, rows[i].refusal));
        assert_int_equal(warnings, rows[i].warnings);
        http_tokens_free(tokens);
    }
    folder_remove(&folder);
}

static void test_limits_of_a_file_of_tokens(void **state)
{
    (void)state;
    struct folder folder;
    static char text[HTTP_TOKEN_FILE + 2];
    struct error err = {0};
    folder_make(&folder);
    memset(text, 'a', HTTP_TOKEN_BYTES + 1);
    assert_null(open_tokens(&folder, "long", text));
    text[HTTP_TOKEN_BYTES] = 0;
    struct http_tokens *tokens = open_tokens(&folder, "longest", text);
    assert_non_null(tokens);
    http_tokens_free(tokens);
    for (unsigned i = 0; i <= HTTP_TOKENS_MAX; i++)
        snprintf(text + 20 * i, 21, "token-%013u\n", i);
    assert_null(open_tokens(&folder, "many", text));
    text[20 * HTTP_TOKENS_MAX] = 0;
    tokens = open_tokens(&folder, "most", text);
    assert_non_null(tokens);
    assert_true(matches(tokens, "token-0000000000063", 0));
    assert_false(matches(tokens, "token-0000000000064", 0));
    http_tokens_free(tokens);
    memset(text, '\n', HTTP_TOKEN_FILE + 1);
    text[HTTP_TOKEN_FILE + 1] = 0;
    assert_null(open_tokens(&folder, "large", text));
    assert_null(http_tokens_open(folder_path(&folder, "absent"), note, NULL, &err));
    assert_null(http_tokens_open(folder.path, note, NULL, &err));
    assert_non_null(strstr(err.text, "not a regular file"));
    folder_remove(&folder);
}

static void test_tokens_are_read_again(void **state)
{
    (void)state;
    struct folder folder;
    folder_make(&folder);
    struct http_tokens *tokens = open_tokens(&folder, "tokens", API);
    int64_t now = 5 * CLOCK_SECOND;
    assert_non_null(tokens);
    assert_true(matches(tokens, API, now));
    assert_false(matches(tokens, READER, now));
    assert_false(matches(tokens, "", now));
    folder_write_text(&folder, "tokens", READER);
    assert_true(matches(tokens, API, now + CLOCK_SECOND - 1));
    warnings = 0;
    assert_false(matches(tokens, API, now += CLOCK_SECOND));
    assert_true(matches(tokens, READER, now));
    assert_int_equal(warnings, 1);
    unlink(folder_path(&folder, "tokens"));
    assert_false(matches(tokens, READER, now += CLOCK_SECOND));
    assert_non_null(strstr(last_warning, "nobody passes"));
    assert_false(matches(tokens, READER, now += CLOCK_SECOND));
    assert_int_equal(warnings, 2);
    folder_write_text(&folder, "tokens", API);
    assert_true(matches(tokens, API, now += CLOCK_SECOND));
    assert_int_equal(warnings, 3);
    http_tokens_free(tokens);
    folder_remove(&folder);
}

static void test_a_file_that_others_may_use_is_warned_of(void **state)
{
    (void)state;
    struct folder folder;
    struct error err = {0};
    folder_make(&folder);
    warnings = 0;
    folder_write(&folder, "tokens", API, strlen(API), 0640);
    struct http_tokens *tokens = http_tokens_open(folder_path(&folder, "tokens"), note, NULL, &err);
    assert_non_null(tokens);
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(last_warning, "mode 0640"));
    http_tokens_free(tokens);
    folder_remove(&folder);
}

static void test_refusals_say_what_is_missing(void **state)
{
    (void)state;
    static const struct {
        enum verdict verdict;
        unsigned status;
        const char *challenge, *word;
    } rows[] = {
        {VERDICT_NO_TOKEN, 401, "Bearer realm=\"pktvisor\"", "needed"},
        {VERDICT_WRONG_TOKEN, 401, "Bearer realm=\"pktvisor\", error=\"invalid_token\"", "wrong"},
        {VERDICT_READ_ONLY, 403, NULL, "read token"},
        {VERDICT_FOREIGN_HOST, 403, NULL, "Host"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_response response = {0};
        buffer_init(&response.body, 1000);
        guard_answer(rows[i].verdict, &response);
        assert_int_equal(response.status, rows[i].status);
        assert_int_equal(response.n_extra, rows[i].challenge != NULL);
        if (rows[i].challenge) {
            assert_string_equal(response.extra[0].name, "WWW-Authenticate");
            assert_string_equal(response.extra[0].value, rows[i].challenge);
        }
        assert_non_null(strstr(buffer_text(&response.body), rows[i].word));
        http_response_done(&response);
    }
}

// The Host of a request counts only where nothing else shows who asks, and a browser could be it.
static void test_the_rule_of_hosts(void **state)
{
    (void)state;
    struct folder folder;
    folder_make(&folder);
    struct http_tokens *api = open_tokens(&folder, "api", API);
    assert_non_null(api);
    static const struct {
        bool tokens, loopback, local;
        const char *authorization, *host;
        enum verdict verdict;
    } rows[] = {
        {false, true, false, NULL, "localhost", VERDICT_PASS},
        {false, true, false, NULL, "evil.example", VERDICT_FOREIGN_HOST},
        {false, true, false, NULL, NULL, VERDICT_FOREIGN_HOST},
        {false, true, true, NULL, "evil.example", VERDICT_PASS},
        {false, false, false, NULL, "agent.example", VERDICT_PASS},
        {true, true, false, NULL, "evil.example", VERDICT_FOREIGN_HOST},
        {true, true, false, "Bearer " API, "evil.example", VERDICT_PASS},
        {true, true, false, "Bearer x", "evil.example", VERDICT_FOREIGN_HOST},
        {true, true, false, NULL, "127.0.0.1:10853", VERDICT_PASS},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct guard guard = {.api = rows[i].tokens ? api : NULL};
        struct asker asker = {rows[i].authorization, rows[i].host, rows[i].loopback, rows[i].local};
        bool admin;
        assert_int_equal(guard_ask(&guard, HTTP_READ, &asker, 0, &admin), rows[i].verdict);
    }
    http_tokens_free(api);
    folder_remove(&folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_of_tokens),
        cmocka_unit_test(test_limits_of_a_file_of_tokens),
        cmocka_unit_test(test_tokens_are_read_again),
        cmocka_unit_test(test_a_file_that_others_may_use_is_warned_of),
        cmocka_unit_test(test_refusals_say_what_is_missing),
        cmocka_unit_test(test_the_rule_of_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
