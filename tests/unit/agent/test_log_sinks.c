#include "agent/log_sinks.h"

#include "base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct log_line line_of(enum log_level level, const char *text)
{
    return (struct log_line){level, 1700000000 * CLOCK_SECOND + 123456789, text, strlen(text)};
}

// A folder for a test, and standard error in a file of it.
static char folder[32];
static int old_stderr = -1;

static const char *in_folder(const char *name)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int begin(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    snprintf(folder, sizeof folder, "/tmp/log-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    fflush(stderr);
    old_stderr = dup(STDERR_FILENO);
    int fd = open(in_folder("stderr"), O_RDWR | O_CREAT | O_APPEND, 0600);
    dup2(fd, STDERR_FILENO);
    return close(fd);
}

static int end(void **state)
{
    static const char *const names[] = {"stderr", "log", "moved", "socket"};
    (void)state;
    dup2(old_stderr, STDERR_FILENO);
    close(old_stderr);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(in_folder(names[i]));
    return rmdir(folder);
}

static const char *content(const char *name)
{
    static char text[1 << 18];
    int fd = open(in_folder(name), O_RDONLY);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = 0;
    return text;
}

static void json_is_an_object_a_line(void **state)
{
    static char out[LOG_JSON_MAX], text[LOG_TEXT_MAX + 1];
    (void)state;
    struct log_line line = line_of(LOG_LEVEL_WARNING, "a \"b\" \\010 \xc3\xb6");
    size_t len = log_format_json(&line, out);
    static const char expected[] = "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"warning\","
                                   "\"text\":\"a \\\"b\\\" \\\\010 \xc3\xb6\"}\n";
    assert_int_equal(len, sizeof expected - 1);
    assert_memory_equal(out, expected, len);
    memset(text, '"', LOG_TEXT_MAX);
    line = line_of(LOG_LEVEL_WARNING, text);
    line.time = INT64_MIN;
    assert_true(log_format_json(&line, out) <= LOG_JSON_MAX);
}

static void levels_have_syslog_s_numbers(void **state)
{
    (void)state;
    assert_int_equal(log_severity(LOG_LEVEL_DEBUG), 7);
    assert_int_equal(log_severity(LOG_LEVEL_INFO), 6);
    assert_int_equal(log_severity(LOG_LEVEL_WARNING), 4);
    assert_int_equal(log_severity(LOG_LEVEL_ERROR), 3);
}

static void lines_on_standard_error(void **state)
{
    struct log_line line = line_of(LOG_LEVEL_INFO, "text");
    struct log_stream streams[] = {
        {0}, {.json = true}, {.prefix = true}, {.prefix = true, .json = true}, {.colour = true}};
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
        log_stream_write(&streams[i], &line);
    assert_string_equal(
        content("stderr"),
        "[2023-11-14 22:13:20.123] [visor] [info] text\n"
        "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"info\",\"text\":\"text\"}\n"
        "<6>text\n"
        "<6>{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"info\","
        "\"text\":\"text\"}\n"
        "[2023-11-14 22:13:20.123] [visor] [\033[32minfo\033[m] text\n");
}

static void a_full_standard_error_is_counted(void **state)
{
    struct log_line line = line_of(LOG_LEVEL_INFO, "text");
    struct log_stream stream = {0};
    (void)state;
    int full = open("/dev/full", O_WRONLY);
    dup2(full, STDERR_FILENO);
    close(full);
    log_stream_write(&stream, &line);
    assert_int_equal(stream.lost, 1);
}

static void the_journal_s_stream_is_recognised(void **state)
{
    char text[64];
    struct stat info;
    (void)state;
    assert_int_equal(fstat(STDERR_FILENO, &info), 0);
    unsetenv("JOURNAL_STREAM");
    assert_false(log_stderr_is_journal());
    snprintf(text, sizeof text, "%llu:%llu", (unsigned long long)info.st_dev,
             (unsigned long long)info.st_ino);
    setenv("JOURNAL_STREAM", text, 1);
    assert_true(log_stderr_is_journal());
    static const char *const others[] = {"", ":", "8:", "8:99999999999", "x:1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        setenv("JOURNAL_STREAM", others[i], 1);
        assert_false(log_stderr_is_journal());
    }
    unsetenv("JOURNAL_STREAM");
}

static void a_file_is_written_when_flushed(void **state)
{
    struct log_line line = line_of(LOG_LEVEL_INFO, "text");
    struct log_file file;
    struct error err;
    (void)state;
    assert_true(log_file_open(&file, in_folder("log"), false, &err));
    log_file_write(&file, &line);
    assert_string_equal(content("log"), "");
    log_file_flush(&file);
    assert_string_equal(content("log"), "[2023-11-14 22:13:20.123] [visor] [info] text\n");
    log_file_write(&file, &line);
    log_file_close(&file);
    assert_string_equal(content("log"), "[2023-11-14 22:13:20.123] [visor] [info] text\n"
                                        "[2023-11-14 22:13:20.123] [visor] [info] text\n");
}

static void a_file_s_buffer_has_a_limit(void **state)
{
    static char text[LOG_TEXT_MAX + 1];
    struct log_file file;
    struct error err;
    (void)state;
    assert_true(log_file_open(&file, in_folder("log"), false, &err));
    memset(text, 'x', LOG_TEXT_MAX);
    struct log_line line = line_of(LOG_LEVEL_INFO, text);
    for (int i = 0; i < 40; i++) {
        log_file_write(&file, &line);
        assert_true(file.used <= LOG_FILE_BUFFER);
    }
    log_file_close(&file);
    unsigned lines = 0;
    for (const char *at = content("log"); *at; at++)
        lines += *at == '\n';
    assert_int_equal(lines, 40);
}

static void a_file_that_is_moved_away(void **state)
{
    struct log_line first = line_of(LOG_LEVEL_INFO, "first");
    struct log_line second = line_of(LOG_LEVEL_INFO, "second");
    struct log_file file;
    struct error err;
    char path[64];
    (void)state;
    snprintf(path, sizeof path, "%s", in_folder("log"));
    assert_true(log_file_open(&file, path, false, &err));
    log_file_write(&file, &first);
    log_file_flush(&file);
    assert_int_equal(rename(path, in_folder("moved")), 0);
    assert_true(log_file_reopen(&file, &err));
    log_file_write(&file, &second);
    log_file_flush(&file);
    assert_string_equal(content("moved"), "[2023-11-14 22:13:20.123] [visor] [info] first\n");
    assert_string_equal(content("log"), "[2023-11-14 22:13:20.123] [visor] [info] second\n");
    // It cannot be opened anew: the old one goes on.
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    bool reopened = log_file_reopen(&file, &err);
    rmdir(path);
    assert_false(reopened);
    assert_non_null(strstr(err.text, "Is a directory"));
    log_file_write(&file, &second);
    log_file_close(&file);
    assert_int_equal(file.lost, 0);
}

static void a_full_disk_loses_lines_and_says_so_once(void **state)
{
    struct log_line line = line_of(LOG_LEVEL_INFO, "text");
    struct log_file file;
    struct error err;
    (void)state;
    assert_true(log_file_open(&file, "/dev/full", false, &err));
    for (int i = 0; i < 5; i++) {
        log_file_write(&file, &line);
        log_file_write(&file, &line);
        log_file_flush(&file);
    }
    assert_int_equal(file.lost, 10);
    assert_string_equal(content("stderr"),
                        "pktvisord: cannot write to the log /dev/full: No space left on device\n");
    log_file_close(&file);
}

// A line of which a part got through is ended before the next one.
static void a_torn_line_is_ended(void **state)
{
    struct log_line line = line_of(LOG_LEVEL_INFO, "text");
    struct log_file file;
    struct error err;
    (void)state;
    assert_true(log_file_open(&file, in_folder("log"), false, &err));
    file.torn = true;
    log_file_write(&file, &line);
    log_file_write(&file, &line);
    log_file_close(&file);
    assert_string_equal(content("log"), "\n[2023-11-14 22:13:20.123] [visor] [info] text\n"
                                        "[2023-11-14 22:13:20.123] [visor] [info] text\n");
}

static void a_file_that_cannot_be_made(void **state)
{
    struct log_file file;
    struct error err = {0};
    (void)state;
    assert_false(log_file_open(&file, "/nonexistent/log", false, &err));
    assert_string_equal(err.text, "/nonexistent/log: No such file or directory");
    log_file_close(&file);
}

static int listen_on_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", in_folder("socket"));
    unlink(address.sun_path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static const char *receive(int fd)
{
    static char text[LOG_LINE_MAX + 1];
    ssize_t got = recv(fd, text, LOG_LINE_MAX, 0);
    text[got > 0 ? got : 0] = 0;
    return text;
}

static void datagrams_of_syslog_and_the_journal(void **state)
{
    char path[64], expected[128];
    struct log_datagram datagram;
    struct log_line line = line_of(LOG_LEVEL_ERROR, "text");
    (void)state;
    snprintf(path, sizeof path, "%s", in_folder("socket"));
    int server = listen_on_socket();
    assert_true(server >= 0);
    log_datagram_init(&datagram, path, NULL);
    log_syslog_write(&datagram, &line);
    snprintf(expected, sizeof expected, "<27>Nov 14 22:13:20 pktvisord[%d]: text", (int)getpid());
    assert_string_equal(receive(server), expected);
    log_journal_write(&datagram, &line);
    assert_string_equal(receive(server), "PRIORITY=3\nSYSLOG_IDENTIFIER=pktvisord\nMESSAGE=text\n");
    // The daemon is restarted.
    close(server);
    log_syslog_write(&datagram, &line);
    assert_int_equal(datagram.lost, 1);
    server = listen_on_socket();
    log_syslog_write(&datagram, &line);
    assert_string_equal(receive(server), expected);
    assert_int_equal(datagram.lost, 1);
    log_datagram_close(&datagram);
    close(server);
}

static void a_daemon_that_does_not_read_holds_nothing_up(void **state)
{
    char path[64];
    struct log_datagram datagram;
    struct log_line line = line_of(LOG_LEVEL_ERROR, "text");
    (void)state;
    snprintf(path, sizeof path, "%s", in_folder("socket"));
    int server = listen_on_socket();
    log_datagram_init(&datagram, path, NULL);
    for (int i = 0; i < 100000 && datagram.lost == 0; i++)
        log_syslog_write(&datagram, &line);
    assert_int_equal(datagram.lost, 1);
    // It has had its time; what follows is lost at once.
    int64_t rest = datagram.patient_from;
    assert_true(rest > 0);
    for (int i = 0; i < 20; i++)
        log_syslog_write(&datagram, &line);
    assert_true(datagram.lost > 1 && datagram.patient_from >= rest);
    // It reads again.
    while (*receive(server))
        continue;
    uint64_t lost = datagram.lost;
    log_syslog_write(&datagram, &line);
    assert_non_null(strstr(receive(server), "text"));
    assert_int_equal(datagram.lost, lost);
    log_datagram_close(&datagram);
    close(server);
}

static void *read_late(void *server)
{
    usleep(10000);
    while (!strstr(receive(*(int *)server), "last"))
        continue;
    return NULL;
}

// More lines than the system keeps, at once, as at a start.
static void a_daemon_that_reads_a_little_late_loses_nothing(void **state)
{
    char path[64];
    pthread_t reader;
    struct log_datagram datagram;
    struct log_line line = line_of(LOG_LEVEL_INFO, "text"), last = line_of(LOG_LEVEL_INFO, "last");
    (void)state;
    snprintf(path, sizeof path, "%s", in_folder("socket"));
    int server = listen_on_socket();
    log_datagram_init(&datagram, path, NULL);
    assert_int_equal(pthread_create(&reader, NULL, read_late, &server), 0);
    for (int i = 0; i < 1000; i++)
        log_syslog_write(&datagram, &line);
    log_syslog_write(&datagram, &last);
    pthread_join(reader, NULL);
    assert_int_equal(datagram.lost, 0);
    log_datagram_close(&datagram);
    close(server);
}

static void what_the_journal_does_not_take_goes_to_standard_error(void **state)
{
    struct log_stream stream = {.prefix = true};
    struct log_datagram datagram;
    struct log_line line = line_of(LOG_LEVEL_INFO, "text");
    (void)state;
    log_datagram_init(&datagram, "/nonexistent/journal", &stream);
    log_journal_write(&datagram, &line);
    assert_string_equal(content("stderr"), "<6>text\n");
    assert_int_equal(datagram.lost, 0);
}

static void the_longest_text_fits_a_datagram(void **state)
{
    static char text[LOG_TEXT_MAX + 1];
    char path[64];
    struct log_datagram datagram;
    (void)state;
    memset(text, 'x', LOG_TEXT_MAX);
    struct log_line line = line_of(LOG_LEVEL_INFO, text);
    snprintf(path, sizeof path, "%s", in_folder("socket"));
    int server = listen_on_socket();
    log_datagram_init(&datagram, path, NULL);
    log_journal_write(&datagram, &line);
    assert_int_equal(strlen(receive(server)),
                     strlen("PRIORITY=6\nSYSLOG_IDENTIFIER=pktvisord\nMESSAGE=\n") + LOG_TEXT_MAX);
    log_datagram_close(&datagram);
    close(server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(json_is_an_object_a_line),
        TEST(levels_have_syslog_s_numbers),
        TEST(lines_on_standard_error),
        TEST(a_full_standard_error_is_counted),
        TEST(the_journal_s_stream_is_recognised),
        TEST(a_file_is_written_when_flushed),
        TEST(a_file_s_buffer_has_a_limit),
        TEST(a_file_that_is_moved_away),
        TEST(a_full_disk_loses_lines_and_says_so_once),
        TEST(a_torn_line_is_ended),
        TEST(a_file_that_cannot_be_made),
        TEST(datagrams_of_syslog_and_the_journal),
        TEST(a_daemon_that_does_not_read_holds_nothing_up),
        TEST(a_daemon_that_reads_a_little_late_loses_nothing),
        TEST(what_the_journal_does_not_take_goes_to_standard_error),
        TEST(the_longest_text_fits_a_datagram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
