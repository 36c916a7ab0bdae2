// Several workers count, policies come and go, and many read at once: nobody is in another's way
// (TSan), and a policy that stays counts every packet that it was given, once.
#include "manager_rig.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { WORKERS = 3, READERS = 3, ROUNDS = 20, ROUND_MS = 40, ROOM = 1 << 22 };

#define TAP "visor: {taps: {t: {input_type: pcap, config: {pcap_source: mock, mock_rate: 20000}}}}"
#define ALL_HANDLERS                                                                    \
    "modules: {n: {type: net}, m: {type: net, require_version: '2.0'}, d: {type: dns}," \
    " e: {type: dns, require_version: '2.0'}, h: {type: dhcp}, b: {type: bgp},"         \
    " p: {type: pcap}}"
#define COUNTER "pktvisor_packets_packets_total{"

struct crowd {
    struct rig rig;
    pthread_t readers[READERS];
    atomic_bool ended;
    atomic_uint read; // answers
};

static const struct manager_prometheus native = {.names = MANAGER_NATIVE, .now = 1};

static void read_texts(struct manager *manager)
{
    struct buffer text;
    struct manager_prometheus both = {.names = MANAGER_UPSTREAM | MANAGER_NATIVE, .now = 1};
    buffer_init(&text, ROOM);
    manager_prometheus(manager, "__all", &both, &text);
    buffer_done(&text);
    for (unsigned window = 0; window < 3; window++) {
        struct metric_request request = {.window = window};
        struct error err = {0};
        buffer_init(&text, ROOM);
        manager_json(manager, "__all", request, 1, &text, &err);
        buffer_done(&text);
    }
}

static void see_cost(void *packets, const struct policy_cost *cost)
{
    if (strcmp(cost->policy, "stays") == 0)
        *(uint64_t *)packets = cost->packets;
}

static void see_input(void *context, const char *name, const char *tap,
                      const struct input_status *status)
{
    (void)context;
    (void)name;
    (void)tap;
    (void)status;
}

static void *read_all(void *crowd_)
{
    struct crowd *crowd = crowd_;
    struct manager *manager = crowd->rig.manager;
    while (!atomic_load(&crowd->ended)) {
        uint64_t packets;
        read_texts(manager);
        json_decref(manager_info(manager, MANAGER_POLICIES, NULL));
        json_decref(manager_info(manager, MANAGER_TAPS, NULL));
        manager_costs(manager, NULL, see_cost, &packets);
        manager_inputs(manager, see_input, NULL);
        manager_version(manager, "stays");
        atomic_fetch_add(&crowd->read, 1);
    }
    return NULL;
}

// By the counter of net 1.0 since the start.
static uint64_t counted(struct manager *manager)
{
    struct buffer text;
    buffer_init(&text, ROOM);
    assert_true(manager_prometheus(manager, "stays", &native, &text));
    buffer_add(&text, "", 1);
    assert_false(text.failed);
    const char *line = strstr((const char *)text.data, "\n" COUNTER);
    assert_non_null(line);
    uint64_t value = strtoull(strchr(line, '}') + 1, NULL, 10);
    buffer_done(&text);
    return value;
}

static uint64_t given(struct manager *manager)
{
    uint64_t packets = 0;
    manager_costs(manager, NULL, see_cost, &packets);
    return packets;
}

static void change_policies(struct rig *rig, unsigned round)
{
    static const char *const filters[] = {"udp port 53", "tcp", "ip6"};
    char text[512];
    snprintf(text, sizeof text, POLICY_AT("comes", "tap: t, config: {bpf: '%s'}", ALL_HANDLERS),
             filters[round % (sizeof filters / sizeof *filters)]);
    assert_int_equal(put_policy(rig, "comes", text), MANAGER_DONE);
    pause_ms(ROUND_MS);
    if (round % 4 == 3)
        assert_int_equal(remove_one(rig, MANAGER_POLICIES, "comes"), MANAGER_DONE);
}

static void property_a_crowd_is_in_nobodys_way(void **state)
{
    (void)state;
    struct crowd crowd = {.ended = false};
    struct rig *rig = &crowd.rig;
    rig_up_with(rig, WORKERS);
    assert_int_equal(post_tap(rig, TAP), MANAGER_DONE);
    assert_int_equal(post_policy(rig, POLICY_AT("stays", "tap: t", ALL_HANDLERS)), MANAGER_DONE);
    for (unsigned i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&crowd.readers[i], NULL, read_all, &crowd), 0);
    for (unsigned round = 0; round < ROUNDS; round++)
        change_policies(rig, round);
    atomic_store(&crowd.ended, true);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(crowd.readers[i], NULL);
    uint64_t before = counted(rig->manager), packets = given(rig->manager);
    assert_true(packets > 0);
    assert_in_range(packets, before, counted(rig->manager));
    assert_true(atomic_load(&crowd.read) > 0);
    rig_down(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(property_a_crowd_is_in_nobodys_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
