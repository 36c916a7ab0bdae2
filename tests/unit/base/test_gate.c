#include "base/gate.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { VISITORS = 4, VISITS = 200, MANY_VISITS = 100, LOOKS = 1000 };

struct shared {
    struct gate gate;
    atomic_bool stop;
    uint64_t steps, visits; // guarded by the gate
};

static void *visit(void *shared_)
{
    struct shared *shared = shared_;
    for (int i = 0; i < VISITS; i++) {
        gate_enter(&shared->gate);
        shared->visits++;
        gate_leave(&shared->gate);
    }
    return NULL;
}

static void *own(void *shared_)
{
    struct shared *shared = shared_;
    while (!atomic_load(&shared->stop)) {
        gate_begin(&shared->gate);
        shared->steps++;
        gate_end(&shared->gate);
    }
    return NULL;
}

// Otherwise the visits may all be over before the owner's thread has run at all.
static void wait_for_a_step(struct shared *shared)
{
    uint64_t steps;
    do {
        gate_enter(&shared->gate);
        steps = shared->steps;
        gate_leave(&shared->gate);
    } while (steps == 0);
}

static void test_visitors_and_owner_take_turns(void **state)
{
    (void)state;
    struct shared shared = {0};
    pthread_t owner, visitors[VISITORS];
    gate_init(&shared.gate);
    assert_int_equal(pthread_create(&owner, NULL, own, &shared), 0);
    wait_for_a_step(&shared);
    for (int i = 0; i < VISITORS; i++)
        assert_int_equal(pthread_create(&visitors[i], NULL, visit, &shared), 0);
    for (int i = 0; i < VISITORS; i++)
        pthread_join(visitors[i], NULL);
    atomic_store(&shared.stop, true);
    pthread_join(owner, NULL);
    assert_int_equal(shared.visits, VISITORS * VISITS);
    assert_true(shared.steps > 0);
    gate_done(&shared.gate);
}

static void *visit_until_stopped(void *shared_)
{
    struct shared *shared = shared_;
    struct timespec pause = {.tv_nsec = 1000000};
    while (!atomic_load(&shared->stop)) {
        gate_enter(&shared->gate);
        shared->visits++;
        nanosleep(&pause, NULL);
        gate_leave(&shared->gate);
    }
    return NULL;
}

static bool has_share(struct shared *shared)
{
    struct timespec pause = {.tv_nsec = 10000000};
    nanosleep(&pause, NULL);
    gate_enter(&shared->gate);
    bool share = shared->visits > MANY_VISITS && shared->steps > 10 * shared->visits;
    gate_leave(&shared->gate);
    return share;
}

// A crowd that never goes away leaves the owner about half of the time.
static void test_crowd_does_not_stop_owner(void **state)
{
    (void)state;
    struct shared shared = {0};
    pthread_t crowd[VISITORS], owner;
    gate_init(&shared.gate);
    for (int i = 0; i < VISITORS; i++)
        assert_int_equal(pthread_create(&crowd[i], NULL, visit_until_stopped, &shared), 0);
    assert_int_equal(pthread_create(&owner, NULL, own, &shared), 0);
    // Steps are far shorter than visits. On a machine that has much to do a thread may begin late.
    bool has_its_share = false;
    for (int looks = 0; looks < LOOKS && !has_its_share; looks++)
        has_its_share = has_share(&shared);
    atomic_store(&shared.stop, true);
    pthread_join(owner, NULL);
    for (int i = 0; i < VISITORS; i++)
        pthread_join(crowd[i], NULL);
    assert_true(has_its_share);
    gate_done(&shared.gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_visitors_and_owner_take_turns),
        cmocka_unit_test(test_crowd_does_not_stop_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
