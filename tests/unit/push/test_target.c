#include "push/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct yaml yaml;
static struct fault_list faults;
static struct push_targets targets;

static const struct push_defaults defaults = {.queue_folder = "/q",
                                              .instance = "me",
                                              .host = "host",
                                              .names = PUSH_UPSTREAM,
                                              .folder = "/etc"};

static int set_up(void **state)
{
    (void)state;
    yaml = (struct yaml){0};
    faults = (struct fault_list){0};
    targets = (struct push_targets){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    push_targets_done(&targets);
    fault_list_done(&faults);
    yaml_done(&yaml);
    return 0;
}

// `text` is a map with remote_write or otlp.
static bool read_key(const char *text, const char *key, enum push_protocol protocol)
{
    struct check check = {.yaml = &yaml, .faults = &faults, .sound = true};
    struct yaml_at at = yaml_key(NULL, key);
    if (!yaml_read(&yaml, span_text(text), &faults))
        return false;
    const json_t *list = json_object_get(yaml.root, key);
    bool fine = push_targets_read(&targets, protocol, list, &at, &defaults, &check);
    assert_int_equal(fine, check.sound);
    return fine;
}

static bool read_write(const char *text)
{
    return read_key(text, "remote_write", PUSH_REMOTE_WRITE);
}

static const char *label(const struct push_labels *labels, const char *name)
{
    for (size_t i = 0; i < labels->n; i++)
        if (strcmp(labels->labels[i].name, name) == 0)
            return labels->labels[i].value;
    return "-";
}

static void test_defaults(void **state)
{
    (void)state;
    assert_true(read_write("remote_write: [{url: 'http://prom.example:9090/api/v1/write'}]"));
    const struct push_target *t = targets.all;
    assert_int_equal(targets.n, 1);
    assert_string_equal(t->url, "http://prom.example:9090/api/v1/write");
    assert_int_equal(strncmp(t->name, "prom.example-", 13), 0);
    assert_int_equal(strlen(t->name), 13 + 8);
    assert_int_equal(strncmp(t->folder, "/q/prom.example-", 16), 0);
    assert_string_equal(label(&t->labels, "instance"), "me");
    assert_string_equal(label(&t->labels, "job"), "pktvisor");
    assert_true(t->names == PUSH_UPSTREAM && !t->native_histograms && !t->insecure);
    assert_true(t->max_bytes == PUSH_QUEUE_BYTES && t->timeout == PUSH_TIMEOUT);
    assert_int_equal(t->interval, PUSH_INTERVAL);
}

static void test_everything(void **state)
{
    (void)state;
    assert_true(
        read_write("remote_write:\n"
                   "- {url: 'https://a/b', name: one, bearer_token_file: tok, interval: 300,\n"
                   "   timeout: 5, native_histograms: true, names: both,\n"
                   "   headers: {X-Scope: t1, X-Number: 5},\n"
                   "   external_labels: {dc: ams, job: other, n: 7, b: true},\n"
                   "   tls: {ca: /ca, cert: c, key: /k, server_name: s, insecure: true},\n"
                   "   queue: {dir: /var/q, max_bytes: 100000}}\n"
                   "- {url: 'http://a/b', name: two, basic_auth: {username: u, password: p},\n"
                   "   names: native, queue: {dir: q2}}\n"));
    const struct push_target *t = targets.all;
    assert_int_equal(targets.n, 2);
    assert_string_equal(t->name, "one");
    assert_string_equal(t->bearer_file, "/etc/tok");
    assert_true(t->interval == 300 && t->timeout == 5 && t->native_histograms && t->insecure);
    assert_int_equal(t->names, PUSH_UPSTREAM | PUSH_NATIVE);
    assert_string_equal(label(&t->headers, "X-Scope"), "t1");
    assert_string_equal(label(&t->headers, "X-Number"), "5");
    assert_string_equal(label(&t->labels, "job"), "other");
    assert_string_equal(label(&t->labels, "n"), "7");
    assert_string_equal(label(&t->labels, "b"), "true");
    assert_string_equal(t->ca, "/ca");
    assert_string_equal(t->cert, "/etc/c");
    assert_string_equal(t->key, "/k");
    assert_string_equal(t->server_name, "s");
    assert_string_equal(t->folder, "/var/q");
    assert_int_equal(t->max_bytes, 100000);
    t++;
    assert_string_equal(t->user, "u");
    assert_string_equal(t->password, "p");
    assert_int_equal(t->names, PUSH_NATIVE);
    assert_string_equal(t->folder, "/etc/q2");
}

static void test_otlp(void **state)
{
    (void)state;
    assert_true(read_key("otlp: [{url: 'http://h:4318/v1/metrics',\n"
                         "        resource_attributes: {deployment.environment: prod}}]",
                         "otlp", PUSH_OTLP));
    const struct push_labels *labels = &targets.all[0].labels;
    assert_string_equal(label(labels, "service.name"), "pktvisord");
    assert_string_equal(label(labels, "service.version"), PKTVISOR_VERSION);
    assert_string_equal(label(labels, "service.instance.id"), "me");
    assert_string_equal(label(labels, "host.name"), "host");
    assert_string_equal(label(labels, "deployment.environment"), "prod");
    yaml_done(&yaml);
    assert_false(read_key("otlp: [{url: 'http://h', resource_attributes: {service.name: ''}}]",
                          "otlp", PUSH_OTLP));
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults.faults[0].text, "service.name must not be empty");
}

#define ONE(rest) "remote_write: [{url: 'http://a/b', " rest "}]"

static void test_faults(void **state)
{
    static const struct {
        const char *text, *path, *fault;
    } cases[] = {
        {"remote_write: {}", "remote_write", "wrong type for key: remote_write"},
        {"remote_write: [5]", "remote_write[0]", "wrong type"},
        {"remote_write: [{name: x}]", "remote_write[0]", "url is missing"},
        {"remote_write: [{url: 'ftp://a'}]", "remote_write[0].url",
         "'ftp://a' is no URL of http and https"},
        {"remote_write: [{url: 'nothing'}]", "remote_write[0].url", "'nothing' is no URL"},
        {"remote_write: [{url: 'http://u:p@a/b'}]", "remote_write[0].url",
         "a URL must not have a password: basic_auth has it"},
        {"remote_write: [{url: 'http://a/#x'}]", "remote_write[0].url",
         "'http://a/#x' must not have a fragment"},
        {ONE("name: a/b"), "remote_write[0].url",
         "'a/b' is no name: up to 64 letters, digits, '_', '-' and '.' expected"},
        {ONE("interval: 0"), "remote_write[0].interval",
         "interval must be between 1 and 86400 but has value 0"},
        {ONE("interval: often"), "remote_write[0].interval", "wrong type for key: interval"},
        {ONE("timeout: 601"), "remote_write[0].timeout",
         "timeout must be between 1 and 600 but has value 601"},
        {ONE("names: some"), "remote_write[0].names", "names: upstream, native or both expected"},
        {ONE("external_labels: {a-b: c}"), "remote_write[0].external_labels.a-b",
         "a-b cannot be one of external_labels"},
        {ONE("external_labels: {__name__: c}"), "remote_write[0].external_labels.__name__",
         "__name__ cannot be one of external_labels"},
        {ONE("external_labels: {a: [b]}"), "remote_write[0].external_labels.a",
         "wrong type for key: a"},
        {ONE("external_labels: {instance: ''}"), "remote_write[0].external_labels.instance",
         "instance must not be empty"},
        {ONE("external_labels: {a: '', job: ''}"), "remote_write[0].external_labels.job",
         "job must not be empty"},
        {ONE("headers: {Authorization: x}"), "remote_write[0].headers.Authorization",
         "Authorization cannot be one of headers"},
        {ONE("headers: {'A B': x}"), "remote_write[0].headers.\"A B\"",
         "A B cannot be one of headers"},
        {ONE("headers: {A: \"x\\r\\nB: y\"}"), "remote_write[0].headers.A",
         "A cannot be one of headers"},
        {ONE("bearer: a, bearer_token_file: b"), "remote_write[0].bearer_token_file",
         "bearer and bearer_token_file cannot be given together"},
        {ONE("bearer: a, basic_auth: {username: b}"), "remote_write[0].basic_auth",
         "bearer and basic_auth cannot be given together"},
        {ONE("basic_auth: {password: b}"), "remote_write[0].basic_auth",
         "basic_auth needs username"},
        {ONE("basic_auth: {username: u, password: b, password_file: c}"),
         "remote_write[0].basic_auth.password_file",
         "password and password_file cannot be given together"},
        {ONE("basic_auth: {username: u, password: 5}"), "remote_write[0].basic_auth.password",
         "wrong type for key: password"},
        {ONE("tls: {cert: c}"), "remote_write[0].tls.cert", "cert needs key"},
        {ONE("tls: {key: c}"), "remote_write[0].tls.key", "key needs cert"},
        {ONE("queue: {max_bytes: 5}"), "remote_write[0].queue.max_bytes",
         "max_bytes must be between 65536 and 1099511627776 but has value 5"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_false(read_write(cases[i].text));
        assert_int_equal(faults.count, 1);
        assert_string_equal(faults.faults[0].path, cases[i].path);
        assert_string_equal(faults.faults[0].text, cases[i].fault);
        assert_true(faults.faults[0].line == 1 && faults.faults[0].column >= 1);
        tear_down(state);
        set_up(state);
    }
}

static void test_unknown_keys_are_faults(void **state)
{
    (void)state;
    assert_false(
        read_write(ONE("external_label: {a: b}, tls: {certificate: c}, queue: {dirs: d}")));
    assert_true(faults.count > 0);
    assert_string_equal(faults.faults[0].path, "remote_write[0].external_label");
    assert_string_equal(faults.faults[0].hint, "external_labels");
    tear_down(state);
    set_up(state);
    assert_false(read_key("otlp: [{url: 'http://a', native_histograms: true}]", "otlp", PUSH_OTLP));
}

static void test_all_faults_at_once(void **state)
{
    (void)state;
    assert_false(
        read_write("remote_write:\n- {url: 'x://y'}\n"
                   "- {url: 'http://a', names: no, tls: {key: k}, queue: {max_bytes: 1}}\n"));
    assert_int_equal(faults.count, 4);
    assert_int_equal(faults.faults[0].line, 2);
    assert_int_equal(faults.faults[3].line, 3);
}

static void test_names_and_queues_differ(void **state)
{
    struct error err = {0};
    (void)state;
    assert_true(read_write("remote_write: [{url: 'http://a/b'}, {url: 'http://a/c'}]"));
    assert_true(push_targets_agree(&targets, &err));
    push_targets_done(&targets);
    yaml_done(&yaml);
    assert_true(read_write("remote_write: [{url: 'http://a/b'}, {url: 'http://a/b'}]"));
    assert_false(push_targets_agree(&targets, &err));
    assert_non_null(strstr(err.text, "each needs a name of its own"));
    push_targets_done(&targets);
    yaml_done(&yaml);
    assert_true(read_write("remote_write: [{url: 'http://a/b', name: x, queue: {dir: /d}},\n"
                           "  {url: 'http://a/b', name: y, queue: {dir: /d}}]"));
    assert_false(push_targets_agree(&targets, &err));
    assert_string_equal(err.text, "the receivers 'x' and 'y' share a queue");
}

static void test_only_so_many(void **state)
{
    char url[64];
    struct error err = {0};
    (void)state;
    for (unsigned i = 0; i < PUSH_TARGETS_MAX; i++) {
        snprintf(url, sizeof url, "http://a/%u", i);
        assert_non_null(push_targets_add(&targets, PUSH_REMOTE_WRITE, NULL, url, &defaults, &err));
    }
    assert_null(push_targets_add(&targets, PUSH_OTLP, NULL, "http://a", &defaults, &err));
    assert_string_equal(err.text, "more than 16 receivers");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_everything),
        TEST(test_otlp),
        TEST(test_faults),
        TEST(test_unknown_keys_are_faults),
        TEST(test_all_faults_at_once),
        TEST(test_names_and_queues_differ),
        TEST(test_only_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
