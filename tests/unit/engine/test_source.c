// A capture whose interface is not there: when it is taken for running again, and what is said.
#include "engine/source.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { WORKERS = 2 };

static struct engine engine;
static unsigned warnings;

static void count_warning(void *context, const char *text)
{
    (void)context;
    assert_string_equal(text, "capture on none0 goes on");
    warnings++;
}

static void begin(struct source *source, struct worker *workers)
{
    warnings = 0;
    engine = (struct engine){.options.warn = count_warning};
    *source = (struct source){.engine = &engine,
                              .kind = INPUT_PCAP,
                              .interface = (char *)(uintptr_t) "none0",
                              .n_workers = WORKERS,
                              .workers = workers};
}

// A worker that was held up may not have seen yet that the capture has failed.
static void it_runs_again_when_all_workers_have_been_at_it(void **state)
{
    (void)state;
    const int64_t retry = 5 * CLOCK_SECOND, due = retry + ENGINE_RETRY_MS * (CLOCK_SECOND / 1000);
    struct worker workers[WORKERS] = {{.sign = due}, {.sign = due - 1}};
    struct source source;
    begin(&source, workers);
    source.retry = retry;
    atomic_store(&source.live,
                 (struct live *)(void *)&source); // there is one; nobody looks into it
    source_keep(&source, due - 1);
    source_keep(&source, due + CLOCK_SECOND);
    assert_int_equal(source.retry, retry);
    atomic_store(&workers[1].sign, due);
    source_keep(&source, due - 1);
    assert_int_equal(source.retry, retry);
    assert_int_equal(warnings, 0);
    source_keep(&source, due);
    assert_int_equal(source.retry, 0);
    assert_int_equal(warnings, 1);
}

// Whoever finds it so, the worker or who tries again.
static void an_interface_that_is_gone_is_called_so(void **state)
{
    (void)state;
    for (enum live_backend backend = LIVE_AF_PACKET; backend <= LIVE_LIBPCAP; backend++) {
        struct worker workers[WORKERS] = {{.sign = 0}};
        struct source source;
        begin(&source, workers);
        source.backend = backend;
        source_keep(&source, CLOCK_SECOND);
        assert_null(atomic_load(&source.live));
        assert_true(source.retry > CLOCK_SECOND);
        assert_string_equal(source.reason, "interface none0 is gone");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_runs_again_when_all_workers_have_been_at_it),
        cmocka_unit_test(an_interface_that_is_gone_is_called_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
