#include "agent/config_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static bool read_text(struct config_file *file, const char *text)
{
    char path[] = "/tmp/config-XXXXXX";
    int fd = mkstemp(path);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    bool fine = config_file_read(file, path);
    unlink(path);
    assert_true(written);
    return fine;
}

static void files_that_are_refused(void **state)
{
    static const struct {
        const char *text, *line; // the line of the log, %s: the file
    } rows[] = {
        {"", "empty data in config file: %s"},
        {"~", "empty data in config file: %s"},
        {"just text", "invalid schema in config file: %s:1:1"},
        {"- a\n- b\n", "invalid schema in config file: %s:1:1"},
        {"version: '1.0'\n", "invalid schema in config file: %s:1:1"},
        {"visor: 5\n", "invalid schema in config file: %s:1:1"},
        {"visor: {}\nversion: '2.0'\n",
         "unsupported version (\"1.0\" expected) in config file: %s:2:1"},
        {"version: [1.0]\nvisor: {}\n",
         "unsupported version (\"1.0\" expected) in config file: %s:1:1"},
        {"version: 1\nvisor: {}\n",
         "unsupported version (\"1.0\" expected) in config file: %s:1:1"},
        {"version: ~\nvisor: {}\n",
         "unsupported version (\"1.0\" expected) in config file: %s:1:1"},
        {"visor: {}\nvisor: {}\n", "yaml-cpp: error at line 2, column 1: duplicate key 'visor', "
                                   "first at line 1 in config file: %s:2:1"},
        {"visor: [\n", "yaml-cpp: error at line 2, column 1: while parsing a flow node: did not "
                       "find expected node content in config file: %s:2:1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config_file file;
        struct buffer line;
        char expected[512];
        buffer_init(&line, 4096);
        assert_false(read_text(&file, rows[i].text));
        assert_int_equal(file.faults.count, 1);
        config_file_say(&file, &file.faults.faults[0], &line);
        snprintf(expected, sizeof expected, rows[i].line, file.path);
        assert_string_equal(buffer_text(&line), expected);
        buffer_done(&line);
        config_file_done(&file);
    }
}

static void files_that_cannot_be_read(void **state)
{
    static const struct {
        const char *path, *line;
    } rows[] = {
        {"/nonexistent/x.yaml", "No such file or directory in config file: /nonexistent/x.yaml"},
        {"/tmp", "Is a directory in config file: /tmp"},
        {"/dev/zero", "longer than 1 MiB in config file: /dev/zero"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config_file file;
        struct buffer line;
        buffer_init(&line, 4096);
        assert_false(config_file_read(&file, rows[i].path));
        assert_int_equal(file.faults.count, 1);
        config_file_say(&file, &file.faults.faults[0], &line);
        assert_string_equal(buffer_text(&line), rows[i].line);
        buffer_done(&line);
        config_file_done(&file);
    }
}

static void files_that_are_read(void **state)
{
    static const struct {
        const char *text;
        bool no_version, options, ignored;
    } rows[] = {
        {"visor: {}", true, false, false},
        {"version: 1.0\nvisor: {}", false, false, false},
        {"version: \"1.0\"\nvisor: {config: {port: 80}}", false, true, false},
        {"{\"version\": \"1.0\", \"visor\": {\"config\": {}}}", false, true, false},
        {"version: 1.0\nvisor: {config: [port]}", false, false, true},
        {"version: 1.0\nvisor: {config: text}", false, false, true},
        {"version: 1.0\nvisor: {taps: 5}", false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config_file file;
        bool ignored;
        assert_true(read_text(&file, rows[i].text));
        assert_int_equal(file.no_version, rows[i].no_version);
        assert_int_equal(config_file_options(&file, &ignored) != NULL, rows[i].options);
        assert_int_equal(ignored, rows[i].ignored);
        assert_int_equal(file.text.len, strlen(rows[i].text));
        config_file_done(&file);
    }
}

static void faults_as_compilers_write_them(void **state)
{
    struct config_file file;
    struct buffer line;
    char expected[256];
    (void)state;
    buffer_init(&line, 4096);
    assert_true(read_text(&file, "visor:\n  config:\n    port: x\n"));
    config_file_fault(&file, "port", "wrong type for key: port", "a number expected");
    assert_int_equal(file.faults.count, 1);
    fault_say(&file.faults.faults[0], file.path, &line);
    snprintf(expected, sizeof expected,
             "%s:3:5: visor.config.port: wrong type for key: port (a number expected)", file.path);
    assert_string_equal(buffer_text(&line), expected);
    buffer_clear(&line);
    struct fault fault = {.path = "", .text = "text", .hint = "port"};
    fault_say(&fault, file.path, &line);
    snprintf(expected, sizeof expected, "%s: text (did you mean 'port'?)", file.path);
    assert_string_equal(buffer_text(&line), expected);
    buffer_done(&line);
    config_file_done(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_are_refused),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(files_that_are_read),
        cmocka_unit_test(faults_as_compilers_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
