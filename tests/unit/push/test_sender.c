#include "rig.h"

#include "push/sender.h"
#include "push/transport.h"
#include "receiver.h"

static struct rig rig;
static struct receiver receiver;
static struct push_target target;
static struct sender *sender;
static char said[4096], url[64];
static pthread_mutex_t said_mutex = PTHREAD_MUTEX_INITIALIZER;

static int set_up(void **state)
{
    (void)state;
    receiver = (struct receiver){0};
    target = (struct push_target){.protocol = PUSH_REMOTE_WRITE,
                                  .name = (char *)(uintptr_t) "r",
                                  .url = url,
                                  .interval = 1,
                                  .timeout = 5};
    *said = 0;
    rig_up(&rig);
    rig_open(&rig);
    receiver_start(&receiver);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/write", http_server_port(receiver.server));
    return transport_init(NULL) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    if (sender)
        sender_stop(sender);
    sender_free(sender);
    sender = NULL;
    receiver_stop(&receiver);
    rig_down(&rig);
    transport_exit();
    return 0;
}

static void note(void *context, enum log_level level, const char *text)
{
    (void)context;
    (void)level;
    pthread_mutex_lock(&said_mutex);
    size_t used = strlen(said);
    snprintf(said + used, sizeof said - used, "%s\n", text);
    pthread_mutex_unlock(&said_mutex);
}

static void start(void)
{
    const struct sender_options options = {
        .target = &target, .queue = rig.queue, .period_seconds = 60, .say = note};
    sender = sender_new(&options, NULL);
    assert_non_null(sender);
    assert_true(sender_start(sender, NULL));
}

// A minute of two requests, "N.0" and "N.1".
static void put(unsigned n)
{
    for (unsigned i = 0; i < 2; i++) {
        buffer_printf(&rig.draft.request, "%u.%u", n, i);
        rig.draft.samples = 5;
        draft_flush(&rig.draft);
    }
    rig_save(&rig);
}

static struct sender_counters counters(void)
{
    struct sender_counters now;
    sender_read(sender, &now);
    return now;
}

static struct queue_status status(void)
{
    struct queue_status now;
    queue_status(rig.queue, &now);
    return now;
}

static bool was_said(const char *text)
{
    pthread_mutex_lock(&said_mutex);
    bool found = strstr(said, text);
    pthread_mutex_unlock(&said_mutex);
    return found;
}

static void test_minutes_go_in_order(void **state)
{
    (void)state;
    put(1);
    start();
    RECEIVER_WAIT(receiver_taken(&receiver) == 2);
    put(2);
    sender_wake(sender);
    RECEIVER_WAIT(status().minutes == 0);
    assert_string_equal(receiver.bodies, "1.0\n1.1\n2.0\n2.1\n");
    struct sender_counters now = counters();
    assert_true(now.requests == 4 && now.samples == 20 && now.bytes == 12 && now.last_success > 0);
    assert_string_equal(receiver.last_type, "application/x-protobuf");
}

static void test_the_same_again_until_it_is_taken(void **state)
{
    (void)state;
    receiver_plan(&receiver, 204, NULL, NULL);
    receiver_plan(&receiver, 500, NULL, "no\x1b room \n");
    receiver_plan(&receiver, 429, "1", NULL);
    put(1);
    double begin = rig_seconds();
    start();
    RECEIVER_WAIT(status().minutes == 0);
    assert_true(rig_seconds() - begin >= 1);
    assert_string_equal(receiver.bodies, "1.0\n1.1\n");
    struct sender_counters now = counters();
    assert_true(now.retries[RETRY_SERVER] == 1 && now.retries[RETRY_THROTTLED] == 1);
    assert_int_equal(now.refused_requests, 0);
    assert_true(was_said("push to r: will be tried again: status 500: no\\027 room\n"));
    assert_true(was_said("push to r: the receiver takes minutes again"));
}

// RFC 9110, 10.2.3: a number of seconds, or a date.
static void test_left_alone_until_a_date(void **state)
{
    char date[64];
    struct tm parts;
    time_t until = time(NULL) + 3;
    (void)state;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&until, &parts));
    receiver_plan(&receiver, 503, date, NULL);
    receiver_plan(&receiver, 503, "Thu, 01 Jan 2015 00:00:00 GMT", NULL); // over
    put(1);
    start();
    RECEIVER_WAIT(receiver_requests(&receiver) >= 2);
    assert_true(time(NULL) >= until - 1); // whole seconds are asked for
    RECEIVER_WAIT(status().minutes == 0);
}

static void test_what_will_never_be_taken(void **state)
{
    (void)state;
    receiver_plan(&receiver, 400, NULL, "out of order sample");
    put(1);
    put(2);
    start();
    RECEIVER_WAIT(status().minutes == 0);
    assert_string_equal(receiver.bodies, "1.1\n2.0\n2.1\n");
    struct sender_counters now = counters();
    assert_true(now.refused_requests == 1 && now.refused_samples == 5 && now.requests == 3);
    assert_true(was_said("push to r: 5 samples dropped: status 400: out of order sample\n"));
}

// A port at which nobody listens, and that nobody else gets. Returns the socket that has it.
static int reserve_port(unsigned *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void test_nobody_there(void **state)
{
    unsigned port;
    (void)state;
    receiver_stop(&receiver);
    int reserved = reserve_port(&port);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/write", port);
    put(1);
    start();
    RECEIVER_WAIT(counters().retries[RETRY_NETWORK] >= 2);
    assert_true(status().minutes == 1 && was_said("Failed to connect to 127.0.0.1"));
    sender_stop(sender); // does not wait for the next try
    sender_free(sender);
    sender = NULL;
    struct http_server_options options = {.host = "127.0.0.1",
                                          .port = port,
                                          .routes = RECEIVER_ROUTES,
                                          .n_routes = 1,
                                          .context = &receiver};
    receiver.server = rig_start(&options);
    start();
    RECEIVER_WAIT(status().minutes == 0);
    assert_string_equal(receiver.bodies, "1.0\n1.1\n");
    close(reserved);
}

static void test_stopping_is_quick(void **state)
{
    (void)state;
    receiver_plan(&receiver, 429, "3600", NULL);
    put(1);
    start();
    RECEIVER_WAIT(counters().retries[RETRY_THROTTLED] == 1);
    double begin = rig_seconds();
    sender_stop(sender);
    assert_true(rig_seconds() - begin < 5);
    assert_int_equal(status().minutes, 1);
}

static void test_the_bound_takes_what_is_being_tried(void **state)
{
    (void)state;
    receiver_refuses(&receiver, true);
    const struct queue_options small = {folder_path(&rig.folder, "q"), 1, PUSH_REMOTE_WRITE};
    queue_close(rig.queue);
    assert_non_null(rig.queue = queue_open(&small, NULL));
    put(1);
    start();
    RECEIVER_WAIT(counters().retries[RETRY_SERVER] >= 1);
    put(2);
    assert_int_equal(status().full.minutes, 1);
    receiver_refuses(&receiver, false);
    sender_wake(sender);
    RECEIVER_WAIT(status().minutes == 0);
    assert_string_equal(receiver.bodies, "2.0\n2.1\n");
}

static void test_secrets(void **state)
{
    (void)state;
    folder_write(&rig.folder, "token", "s3cret  \n", 9);
    target.bearer_file = (char *)(uintptr_t)folder_path(&rig.folder, "token");
    put(1);
    start();
    RECEIVER_WAIT(receiver_taken(&receiver) == 2);
    assert_string_equal(receiver.last_secret, "Bearer s3cret");
    folder_write(&rig.folder, "token", "other", 5); // read again
    put(2);
    sender_wake(sender);
    RECEIVER_WAIT(receiver_taken(&receiver) == 4);
    assert_string_equal(receiver.last_secret, "Bearer other");
}

// Blanks within belong to a password, those around it to the file.
static void test_a_password_of_several_words(void **state)
{
    static const char file[] = "  two words \t\r\nmore\n";
    (void)state;
    target.user = (char *)(uintptr_t) "u";
    folder_write(&rig.folder, "password", file, sizeof file - 1);
    target.password_file = (char *)(uintptr_t)folder_path(&rig.folder, "password");
    put(1);
    start();
    RECEIVER_WAIT(receiver_taken(&receiver) == 2);
    assert_string_equal(receiver.last_secret, "Basic dTp0d28gd29yZHM=");
    sender_stop(sender);
    sender_free(sender);
    sender = NULL;
    folder_write(&rig.folder, "password", " \n", 2);
    put(2);
    start();
    RECEIVER_WAIT(was_said("password holds nothing"));
}

static void test_a_missing_secret_is_tried_again(void **state)
{
    (void)state;
    target.user = (char *)(uintptr_t) "u";
    target.password_file = (char *)(uintptr_t)folder_path(&rig.folder, "password");
    put(1);
    start();
    RECEIVER_WAIT(was_said("password: No such file or directory"));
    assert_true(counters().retries[RETRY_NETWORK] >= 1);
    folder_write(&rig.folder, "password", "p", 1);
    RECEIVER_WAIT(receiver_taken(&receiver) == 2);
    assert_string_equal(receiver.last_secret, "Basic dTpw");
}

static void test_partial_success(void **state)
{
    (void)state;
    target.protocol = PUSH_OTLP;
    receiver_plan(&receiver, 200, NULL, "\x0a\x06\x08\x03\x12\x02no");
    // More than the request had: an answer cannot make the counter run away.
    receiver_plan(&receiver, 200, NULL, "\x0a\x0a\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
    receiver_plan(&receiver, 400, NULL,
                  "\x08\x03\x12\x03"
                  "bad");
    put(1);
    put(2);
    start();
    RECEIVER_WAIT(status().minutes == 0);
    assert_int_equal(counters().rejected_points, 3 + 5);
    assert_true(was_said("push to r: 3 points were not taken: no\n"));
    assert_true(was_said("push to r: 5 samples dropped: status 400: bad\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_minutes_go_in_order),
        TEST(test_the_same_again_until_it_is_taken),
        TEST(test_left_alone_until_a_date),
        TEST(test_what_will_never_be_taken),
        TEST(test_nobody_there),
        TEST(test_stopping_is_quick),
        TEST(test_the_bound_takes_what_is_being_tried),
        TEST(test_secrets),
        TEST(test_a_password_of_several_words),
        TEST(test_a_missing_secret_is_tried_again),
        TEST(test_partial_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
