#include "cmocka_tui.h"

#include "tui/options.h"

#include <string.h>

enum { WORDS = 12 };

static struct cli_options options;
static struct error err;

// Words that are parted by blanks.
static bool parse(const char *line)
{
    static char text[256];
    static char *words[WORDS + 1];
    int count = 0;
    assert_true(strlen(line) < sizeof text);
    memcpy(text, line, strlen(line) + 1);
    for (char *word = text; word && *word && count < WORDS; count++) {
        words[count] = word;
        word = strchr(word, ' ');
        if (word)
            *word++ = 0;
    }
    words[count] = NULL;
    return cli_options_parse(&options, count, words, &err);
}

static void defaults(void **state)
{
    (void)state;
    assert_true(parse("pktvisor-cli"));
    assert_string_equal(options.host, "localhost");
    assert_int_equal(options.port, 10853);
    assert_null(options.policy);
    assert_int_equal(options.window, 5);
    assert_int_equal(options.interval, 1);
    assert_int_equal(cli_options_page(&options), PAGE_OVERVIEW);
    assert_false(options.tls || options.once || options.ascii);
}

// Upstream's client is written in Go: one dash or two, the value behind = or in the next word.
static void forms(void **state)
{
    static const char *const lines[] = {"x -p 80 -H h -P q", "x --p 80 --H h --P q",
                                        "x -p=80 -H=h -P=q", "x --p=80 --H=h --P=q --"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_true(parse(lines[i]));
        assert_int_equal(options.port, 80);
        assert_string_equal(options.host, "h");
        assert_string_equal(options.policy, "q");
    }
}

static void flags(void **state)
{
    (void)state;
    assert_true(parse("x -tls") && options.tls && !options.tls_noverify);
    assert_true(parse("x --tls-noverify") && options.tls && options.tls_noverify);
    assert_true(parse("x -ca=file") && options.tls);
    assert_true(parse("x -tls=true") && options.tls);
    assert_true(parse("x -tls -tls=false") && !options.tls);
    assert_true(parse("x -version") && options.version);
    assert_true(parse("x -h") && options.help);
    assert_true(parse("x --help") && options.help);
    assert_true(parse("x -once -ascii -page dns -window 0 -interval 60"));
    assert_true(options.once && options.ascii);
    assert_int_equal(cli_options_page(&options), PAGE_DNS);
    assert_true(parse("x -page policies"));
    assert_int_equal(cli_options_page(&options), PAGE_POLICIES);
}

static void faults(void **state)
{
    static const struct {
        const char *line, *text;
    } cases[] = {
        {"x -port 80", "unknown option -port"},
        {"x --onec", "unknown option --onec (did you mean -once?)"},
        {"x --", NULL},
        {"x -p", "-p needs an argument: PORT"},
        {"x -p 0", "-p: 1 to 65535 expected, got \"0\""},
        {"x -p 65536", "-p: 1 to 65535 expected, got \"65536\""},
        {"x -p=-1", "-p: 1 to 65535 expected, got \"-1\""},
        {"x -p 80x", "-p: 1 to 65535 expected, got \"80x\""},
        {"x -window 11", "-window: 0 to 10 expected, got \"11\""},
        {"x -interval 0", "-interval: 1 to 3600 expected, got \"0\""},
        {"x -tls=maybe", "-tls: true or false expected, got \"maybe\""},
        {"x -H=", "-H: a value expected, got \"\""},
        {"x -page top", "-page: overview, dns, network, others or policies expected, got \"top\""},
        {"x word", "an option expected, got \"word\""},
        {"x -tls word -p 80", "an option expected, got \"word\""},
        {"x -=1", "unknown option -=1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i].line), cases[i].text == NULL);
        if (cases[i].text)
            assert_string_equal(err.text, cases[i].text);
    }
}

static void documents(void **state)
{
    void (*const makers[])(struct buffer *) = {cli_options_help, cli_options_man,
                                               cli_options_markdown, cli_options_completion};
    (void)state;
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        struct buffer text;
        buffer_init(&text, CLI_TEXT_MAX);
        makers[i](&text);
        bool fine = !text.failed && strstr(buffer_text(&text), "noverify") &&
                    strstr(buffer_text(&text), "overview") && !strstr(buffer_text(&text), "WHAT");
        buffer_done(&text);
        assert_true(fine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults), cmocka_unit_test(forms),     cmocka_unit_test(flags),
        cmocka_unit_test(faults),   cmocka_unit_test(documents),
    };
    return cmocka_run_group_tests(tests, prepare_tui, NULL);
}
