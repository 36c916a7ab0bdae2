#include "agent/options.h"

#include "agent/options_table.h"
#include "agent/options_value.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS_MAX = 16 };

// A start of the program: words of the command line, variables, and visor.config as flow YAML.
struct start {
    const char *words[WORDS_MAX];
    const char *variables[WORDS_MAX];
    const char *config;
};

struct outcome {
    struct agent_options options;
    struct config_file file;
    struct error err;
    bool fine;
};

static bool read_file(const char *config, struct option_layers *layers, struct outcome *outcome)
{
    char path[] = "/tmp/options-XXXXXX";
    int fd = mkstemp(path);
    bool written = fd >= 0 && dprintf(fd, "version: '1.0'\nvisor:\n  config: %s\n", config) > 0;
    if (fd >= 0)
        close(fd);
    bool fine = config_file_read(&outcome->file, path) &&
                options_read_config(layers, &outcome->options, &outcome->file);
    unlink(path);
    return written && fine;
}

static void begin(const struct start *start, struct outcome *outcome)
{
    struct option_layers layers = {0};
    char *argv[WORDS_MAX + 2] = {(char *)(uintptr_t) "pktvisord"};
    int argc = 1;
    for (; start->words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)start->words[argc - 1];
    *outcome = (struct outcome){0};
    options_init(&outcome->options);
    options_read_environment(&layers, &outcome->options,
                             (char *const *)(uintptr_t)start->variables);
    outcome->fine = options_read_command(&layers, argc, argv, &outcome->err) &&
                    (!start->config || read_file(start->config, &layers, outcome)) &&
                    options_resolve(&outcome->options, &layers, &outcome->err);
}

static void end(struct outcome *outcome)
{
    config_file_done(&outcome->file);
    options_done(&outcome->options);
}

static const struct option_row *row_of_field(size_t field)
{
    for (size_t i = 0; i < option_rows_count; i++)
        if (option_rows[i].field == field)
            return &option_rows[i];
    return NULL;
}

static void the_table_is_sound(void **state)
{
    (void)state;
    unsigned arguments = 0;
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];
        arguments += option_is_argument(row);
        assert_true(row->help && !strchr("., ", row->help[strlen(row->help) - 1]));
        assert_true((row->kind == OPTION_FLAG) == (row->argument == NULL));
        assert_true((row->kind == OPTION_CHOICE) == (row->choices != NULL));
        assert_true(row->kind != OPTION_NUMBER || row->standard);
        assert_ptr_equal(row_of_field(row->field), row); // no field twice
        if (row->key && row->name)
            for (size_t c = 0; c <= strlen(row->name); c++)
                assert_int_equal(row->key[c], row->name[c] == '-' ? '_' : row->name[c]);
        if (row->variable && row->key && strcmp(row->key, "user") != 0)
            for (size_t c = 0; c <= strlen(row->key); c++)
                assert_int_equal(row->variable[c], toupper((unsigned char)row->key[c]));
        struct error err = {0};
        if (row->standard && !option_value_check(row, SOURCE_COMMAND, row->standard, &err))
            fail_msg("%s", err.text);
        for (size_t j = 0; j < i; j++) {
            const struct option_row *other = &option_rows[j];
            assert_false(row->name && other->name && strcmp(row->name, other->name) == 0);
            assert_false(row->letter && row->letter == other->letter);
            assert_false(row->key && other->key && strcmp(row->key, other->key) == 0);
            assert_false(row->variable && other->variable &&
                         strcmp(row->variable, other->variable) == 0);
        }
    }
    assert_int_equal(arguments, 1);
}

// A value that differs from the default, and how a file writes it.
static const char *other_value(const struct option_row *row, char *room, size_t size)
{
    if (row->kind == OPTION_NUMBER)
        snprintf(room, size, "%llu",
                 (unsigned long long)(strtoull(row->standard, NULL, 10) == row->most ? row->least
                                                                                     : row->most));
    else
        snprintf(room, size, "%s",
                 row->kind == OPTION_CHOICE ? row->choices[1]
                 : row->kind == OPTION_FLAG ? "true"
                                            : "some text");
    return room;
}

static void assert_only_this(const struct outcome *outcome, const struct option_row *row,
                             const char *value)
{
    if (!outcome->fine)
        fail_msg("%s%s", outcome->err.text,
                 outcome->file.faults.count ? outcome->file.faults.faults[0].text : "");
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *other = &option_rows[i];
        char room[OPTION_VALUE_ROOM];
        const char *text = option_value_text(other, &outcome->options, room);
        bool speaks_for = row->name && other->fallback && strcmp(other->fallback, row->name) == 0;
        const char *expected = other == row || speaks_for   ? value
                               : other->kind == OPTION_FLAG ? "false"
                                                            : other->standard;
        assert_string_equal(text ? text : "(none)", expected ? expected : "(none)");
    }
}

// The table both ways: each row is heard from each source, and sets its own field alone.
static void every_row_from_every_source(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];
        struct outcome outcome;
        char value[32], word[128], config[128];
        other_value(row, value, sizeof value);
        bool flag = row->kind == OPTION_FLAG;
        if (row->name) {
            snprintf(word, sizeof word, flag ? "--%s" : "--%s=%s", row->name, value);
            begin(&(struct start){.words = {word}}, &outcome);
            assert_only_this(&outcome, row, value);
            end(&outcome);
            snprintf(word, sizeof word, "--%s", row->name);
            begin(&(struct start){.words = {word, flag ? NULL : value}}, &outcome);
            assert_only_this(&outcome, row, value);
            end(&outcome);
        }
        if (row->letter) {
            snprintf(word, sizeof word, "-%c%s", row->letter, flag ? "" : value);
            begin(&(struct start){.words = {word}}, &outcome);
            assert_only_this(&outcome, row, value);
            end(&outcome);
        }
        if (row->variable) {
            snprintf(word, sizeof word, "PKTVISORD_%s=%s", row->variable, value);
            begin(&(struct start){.variables = {word}}, &outcome);
            assert_only_this(&outcome, row, value);
            end(&outcome);
        }
        if (row->key) {
            snprintf(config, sizeof config, "{%s: %s}", row->key, value);
            begin(&(struct start){.config = config}, &outcome);
            assert_only_this(&outcome, row, value);
            end(&outcome);
        }
    }
}

// Each line of the list is weaker than the one above.
static void precedence(void **state)
{
    static const struct {
        struct start start;
        const char *city;
    } rows[] = {
        {{{"--geo-city=c", "--default-geo-city=dc"},
          {"PKTVISORD_GEO_CITY=e", "PKTVISORD_DEFAULT_GEO_CITY=de"},
          "{geo_city: f, default_geo_city: df}"},
         "c"},
        {{{"--default-geo-city=dc"},
          {"PKTVISORD_GEO_CITY=e", "PKTVISORD_DEFAULT_GEO_CITY=de"},
          "{geo_city: f, default_geo_city: df}"},
         "e"},
        {{{"--default-geo-city=dc"},
          {"PKTVISORD_DEFAULT_GEO_CITY=de"},
          "{geo_city: f, default_geo_city: df}"},
         "f"},
        {{{"--default-geo-city=dc"}, {"PKTVISORD_DEFAULT_GEO_CITY=de"}, "{default_geo_city: df}"},
         "dc"},
        {{{NULL}, {"PKTVISORD_DEFAULT_GEO_CITY=de"}, "{default_geo_city: df}"}, "de"},
        {{{NULL}, {"PKTVISORD_GEO_CITY="}, "{default_geo_city: df}"}, "df"},
        {{{NULL}, {NULL}, "{}"}, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome outcome;
        begin(&rows[i].start, &outcome);
        assert_true(outcome.fine);
        if (rows[i].city)
            assert_string_equal(outcome.options.geo_city, rows[i].city);
        else
            assert_null(outcome.options.geo_city);
        end(&outcome);
    }
}

static void flags_are_on_when_anything_says_so(void **state)
{
    (void)state;
    for (unsigned said = 0; said < 8; said++)
        for (int denied = 0; denied < 2; denied++) {
            struct outcome outcome;
            struct start start = {.words = {said & 1 ? "--admin-api" : NULL},
                                  .variables = {said & 2 ? "PKTVISORD_ADMIN_API=yes"
                                                : denied ? "PKTVISORD_ADMIN_API=0"
                                                         : NULL},
                                  .config = said & 4 ? "{admin_api: TRUE}"
                                            : denied ? "{admin_api: false}"
                                                     : NULL};
            begin(&start, &outcome);
            assert_true(outcome.fine);
            assert_int_equal(outcome.options.admin_api, said != 0);
            end(&outcome);
        }
}

static void habits_of_docopt(void **state)
{
    struct outcome outcome;
    (void)state;
    begin(
        &(struct start){.words = {"eth0", "-dvp80", "-l", "::1", "--periods", "3", "--periods=4"}},
        &outcome);
    assert_true(outcome.fine);
    assert_string_equal(outcome.options.iface, "eth0");
    assert_string_equal(outcome.options.host, "::1");
    assert_true(outcome.options.daemon && outcome.options.verbose);
    assert_int_equal(outcome.options.port, 80);
    assert_int_equal(outcome.options.periods, 4);
    end(&outcome);
    begin(&(struct start){.words = {"-v", "--", "-d"}}, &outcome);
    assert_true(outcome.fine && !outcome.options.daemon);
    assert_string_equal(outcome.options.iface, "-d");
    end(&outcome);
    begin(&(struct start){.words = {"-b", "-x", "--prom-instance="}}, &outcome);
    assert_true(outcome.fine);
    assert_string_equal(outcome.options.bpf, "-x");
    assert_null(outcome.options.prom_instance);
    end(&outcome);
}

static void lines_that_make_no_sense(void **state)
{
    static const struct {
        struct start start;
        const char *text;
    } rows[] = {
        {{.words = {"--nosuch"}}, "unknown option --nosuch"},
        {{.words = {"--port=1"}}, "unknown option --port (did you mean -p?)"},
        {{.words = {"--geo-cty=x"}}, "unknown option --geo-cty (did you mean --geo-city?)"},
        {{.words = {"--admin"}}, "unknown option --admin"}, // names are not shortened
        {{.words = {"--prin"}}, "unknown option --prin"},   // nor is what is hidden told
        {{.words = {"-vx"}}, "unknown option -x"},
        {{.words = {"--tls=yes"}}, "--tls must not have an argument"},
        {{.words = {"--tls-cert"}}, "--tls-cert requires argument"},
        {{.words = {"-p"}}, "-p requires argument"},
        {{.words = {"a", "b"}}, "one IFACE expected, got a and b"},
        {{.words = {"-p", "65536"}}, "-p: 0 to 65535 expected, got \"65536\""},
        {{.words = {"-p", "-1"}}, "-p: 0 to 65535 expected, got \"-1\""},
        {{.words = {"-p", "80x"}}, "-p: 0 to 65535 expected, got \"80x\""},
        {{.words = {"-p", ""}}, "-p: 0 to 65535 expected, got \"\""},
        {{.words = {"--periods=99999999999999999999"}},
         "--periods: 1 to 10 expected, got \"99999999999999999999\""},
        {{.words = {"--log-format", "xml"}}, "--log-format: text or json expected, got \"xml\""},
        {{.words = {"--prometheus-names", ""}},
         "--prometheus-names: upstream, native or both expected, got \"\""},
        {{.variables = {"PKTVISORD_PORT=http"}},
         "PKTVISORD_PORT: 0 to 65535 expected, got \"http\""},
        {{.variables = {"PKTVISORD_TLS=maybe"}},
         "PKTVISORD_TLS: true or false expected, got \"maybe\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome outcome;
        begin(&rows[i].start, &outcome);
        assert_false(outcome.fine);
        assert_string_equal(outcome.err.text, rows[i].text);
        end(&outcome);
    }
}

static void values_of_the_file_have_their_types(void **state)
{
    static const struct {
        const char *config, *text, *detail;
    } rows[] = {
        {"{port: http}", "wrong type for key: port", "a number expected"},
        {"{port: true}", "wrong type for key: port", "a number expected"},
        {"{tls: 1}", "wrong type for key: tls", "true or false expected"},
        {"{tls: yes}", "wrong type for key: tls", "true or false expected"},
        {"{host: 127}", "wrong type for key: host", "a text expected"},
        {"{log_file: [a]}", "wrong type for key: log_file", "a file name expected"},
        {"{geo_city: {}}", "wrong type for key: geo_city", "a file name expected"},
        {"{log_format: true}", "wrong type for key: log_format", "a word expected"},
        {"{port: 65536}", "port: 0 to 65535 expected, got \"65536\"", NULL},
        {"{log_format: xml}", "log_format: text or json expected, got \"xml\"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome outcome;
        begin(&(struct start){.config = rows[i].config}, &outcome);
        assert_false(outcome.fine);
        assert_int_equal(outcome.file.faults.count, 1);
        const struct fault *fault = &outcome.file.faults.faults[0];
        assert_string_equal(fault->text, rows[i].text);
        assert_string_equal(fault->detail ? fault->detail : "",
                            rows[i].detail ? rows[i].detail : "");
        assert_int_equal(fault->line, 3);
        assert_int_equal(fault->column, 12);
        end(&outcome);
    }
}

static void all_faults_of_a_file_are_told(void **state)
{
    struct outcome outcome;
    (void)state;
    begin(&(struct start){.config = "{port: http, tls: 1, host: localhost, periods: no}"},
          &outcome);
    assert_false(outcome.fine);
    assert_int_equal(outcome.file.faults.count, 3);
    end(&outcome);
}

static void assert_warned(const struct start *start, const char *text)
{
    struct outcome outcome;
    begin(start, &outcome);
    assert_true(outcome.fine);
    assert_int_equal(outcome.options.n_warnings, text != NULL);
    if (text)
        assert_string_equal(outcome.options.warnings[0], text);
    end(&outcome);
}

static void what_is_not_taken_as_written_is_said(void **state)
{
    (void)state;
    assert_warned(&(struct start){.words = {"--periods=11"}},
                  "--periods 11 is outside 1 to 10, using 10");
    assert_warned(&(struct start){.config = "{max_deep_sample: 0}"},
                  "--max-deep-sample 0 is outside 1 to 100, using 1");
    assert_warned(&(struct start){.config = "{prot: 80}"},
                  "visor.config.prot: unknown key, ignored; did you mean 'port'?");
    assert_warned(&(struct start){.config = "{something_else: 80}"},
                  "visor.config.something_else: unknown key, ignored");
    assert_warned(&(struct start){.config = "[port, 80]"}, "visor.config: not a map, ignored");
    assert_warned(&(struct start){.variables = {"PKTVISORD_PROT=1"}},
                  "PKTVISORD_PROT is not known, did you mean PKTVISORD_PORT?");
    assert_warned(&(struct start){.variables = {"PKTVISORD_SERVICE_HOST=10.0.0.1"}}, NULL);
    assert_warned(&(struct start){.variables = {"PKTVISORD_PORT=tcp://10.0.0.1:10853"}},
                  "PKTVISORD_PORT=tcp://10.0.0.1:10853 is left alone: it is Kubernetes' address of "
                  "a service");
    assert_warned(&(struct start){.variables = {"PKTVISORD=1", "PKTVISORD_", "PATH=/bin"}}, NULL);
}

static void clamped_values(void **state)
{
    struct outcome outcome;
    (void)state;
    begin(&(struct start){.words = {"--periods=0", "--max-deep-sample=101",
                                    "--geo-cache-size=999999"}},
          &outcome);
    assert_true(outcome.fine);
    assert_int_equal(outcome.options.periods, 1);
    assert_int_equal(outcome.options.max_deep_sample, 100);
    assert_int_equal(outcome.options.geo_cache_size, 131072);
    assert_int_equal(outcome.options.n_warnings, 3);
    end(&outcome);
}

static void what_options_demand_of_each_other(void **state)
{
    static const char tls[] = "you must specify --tls-key and --tls-cert to use --tls";
    static const char otel[] =
        "you must specify --otel-tls-key and --otel-tls-cert to use --otel-tls";
    static const char crashpad[] = "missing information to setup crashpad";
    static const struct {
        struct start start;
        const char *text;
    } rows[] = {
        {{.words = {NULL}}, NULL},
        {{.words = {"--tls"}}, tls},
        {{.words = {"--tls", "--tls-cert=a"}}, tls},
        {{.words = {"--tls", "--tls-key=a"}}, tls},
        {{.words = {"--tls", "--tls-cert=a", "--tls-key=b"}}, NULL},
        {{.words = {"--tls-cert=a"}}, NULL},
        {{.words = {"--otel-tls", "--otel-tls-cert=a"}}, otel},
        {{.words = {"--otel-tls", "--otel-tls-cert=a", "--otel-tls-key=b"}}, NULL},
        {{.words = {"--cp-token=a"}}, crashpad},
        {{.words = {"--cp-token=a", "--cp-url=b"}}, crashpad},
        {{.words = {"--cp-token=a", "--cp-url=b", "--cp-path=c"}}, NULL},
        {{.words = {"--cp-token=a", "--cp-disable"}}, NULL},
        {{.words = {"--cp-custom=a"}}, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome outcome;
        struct error err = {0};
        begin(&rows[i].start, &outcome);
        assert_true(outcome.fine);
        assert_int_equal(options_agree(&outcome.options, &err), rows[i].text == NULL);
        assert_string_equal(err.text, rows[i].text ? rows[i].text : "");
        end(&outcome);
    }
}

static void difference(void **state)
{
    struct outcome a, b;
    struct buffer names;
    (void)state;
    begin(&(struct start){.config = "{port: 80, host: a, tls: true}"}, &a);
    begin(&(struct start){.config = "{port: 81, host: a, verbose: true}"}, &b);
    assert_true(a.fine && b.fine);
    buffer_init(&names, 1000);
    options_difference(&a.options, &b.options, &names);
    assert_string_equal(buffer_text(&names), "-p, --tls, -v");
    buffer_clear(&names);
    options_difference(&a.options, &a.options, &names);
    assert_int_equal(names.len, 0);
    buffer_done(&names);
    end(&a);
    end(&b);
}

static void warnings_have_a_limit(void **state)
{
    struct agent_options options;
    (void)state;
    options_init(&options);
    for (int i = 0; i < 2 * OPTIONS_WARNINGS_MAX; i++)
        options_warn(&options, "%d", i);
    assert_int_equal(options.n_warnings, OPTIONS_WARNINGS_MAX);
    assert_string_equal(options.warnings[OPTIONS_WARNINGS_MAX - 1], "31");
    options_done(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(every_row_from_every_source),
        cmocka_unit_test(precedence),
        cmocka_unit_test(flags_are_on_when_anything_says_so),
        cmocka_unit_test(habits_of_docopt),
        cmocka_unit_test(lines_that_make_no_sense),
        cmocka_unit_test(values_of_the_file_have_their_types),
        cmocka_unit_test(all_faults_of_a_file_are_told),
        cmocka_unit_test(what_is_not_taken_as_written_is_said),
        cmocka_unit_test(clamped_values),
        cmocka_unit_test(what_options_demand_of_each_other),
        cmocka_unit_test(difference),
        cmocka_unit_test(warnings_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
