// Runs each unit test again and again, so that in run n its n-th allocation fails, for every n.
// Linked into every unit test of the ASan build in front of cmocka's runner (--wrap, see
// tests/unit/meson.build), so tests are plain cmocka programs. The mode is switched on by
//
//     UNIT_FAIL_ALLOCATIONS=SECONDS build/asan/tests/unit/test_<floor>_<subject>
//
// A run is a child process of its own: whatever state a failure leaves behind ends with it. A test
// asserts success, so here its assertions may fail: the first one ends the run. What counts is a
// report of a sanitizer, a signal, a hang, and memory that nothing points to. Leaks are looked for
// at the failed assertion, while all that the test holds is still on its stack: what is lost by
// then was lost by the code under test.
//
// Left out: tests whose names begin with "property" (long random streams). A test that would take
// longer than its share of SECONDS has the rest of its allocations sampled evenly, and says so.

#include "base/memory.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    HANG_SECONDS = 20,
    SHOWN_BYTES = 6000,
    // How a run ends, beside success and a sanitizer's report.
    STATUS_LEAK = 42,
    STATUS_FAILS_ANYWAY = 43, // an assertion fails though no allocation does
};

#define LEFT_OUT      "property"
#define SHORTEST_LEFT 0.01 // seconds; keeps the sampling step finite when a share is used up

// What a run tells its parent, in memory that both see.
struct run_report {
    uint64_t allocations; // asked for by a run from set-up to tear-down
};

static bool in_run;
static uint64_t failing; // number of the allocation that fails in this run; 0: none
static struct run_report *report;

int __real__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t count,
                                   CMFixtureFunction setup, CMFixtureFunction teardown);
int __wrap__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t count,
                                   CMFixtureFunction setup, CMFixtureFunction teardown);

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// LeakSanitizer's; absent from a build without it.
__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);

_Noreturn static void end_run(void)
{
    mem_fail_at(0);
    bool leaked = __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check();
    fflush(NULL);
    _exit(leaked ? STATUS_LEAK : EXIT_SUCCESS);
}

// The two ways out of a test body. The calls of cmocka's shared library and of its macros come here
// and are passed on outside of this mode.
static void pass_on(const char *function, const char *file, int line)
{
    void (*real)(const char *, int) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, function);
    real(file, line);
    abort();
}

void _fail(const char *const file, const int line)
{
    if (in_run && !failing)
        _exit(STATUS_FAILS_ANYWAY);
    if (in_run)
        end_run();
    pass_on("_fail", file, line);
}

void _skip(const char *const file, const int line)
{
    if (in_run)
        end_run();
    pass_on("_skip", file, line);
}

// cmocka looks into what it compares. Where an allocation has failed there may be nothing.
void _assert_string_equal(const char *const a, const char *const b, const char *const file,
                          const int line)
{
    void (*real)(const char *, const char *, const char *, int) = NULL;
    if (in_run && (!a || !b))
        _fail(file, line);
    *(void **)&real = dlsym(RTLD_NEXT, "_assert_string_equal");
    real(a, b, file, line);
}

void _assert_memory_equal(const void *const a, const void *const b, const size_t size,
                          const char *const file, const int line)
{
    void (*real)(const void *, const void *, size_t, const char *, int) = NULL;
    if (in_run && size && (!a || !b))
        _fail(file, line);
    *(void **)&real = dlsym(RTLD_NEXT, "_assert_memory_equal");
    real(a, b, size, file, line);
}

_Noreturn static void run_in_child(const struct CMUnitTest *test, void *group_state, uint64_t n)
{
    void *state = test->initial_state ? test->initial_state : group_state;
    alarm(HANG_SECONDS);
    in_run = true;
    failing = n;
    uint64_t before = mem_allocations();
    mem_fail_at(n);
    if (test->setup_func && test->setup_func(&state) != 0)
        end_run();
    test->test_func(&state);
    if (test->teardown_func)
        test->teardown_func(&state);
    report->allocations = mem_allocations() - before;
    state = NULL;
    end_run();
}

static void show_end_of(int output)
{
    char text[SHOWN_BYTES];
    off_t size = lseek(output, 0, SEEK_END);
    ssize_t got = pread(output, text, sizeof text, size > SHOWN_BYTES ? size - SHOWN_BYTES : 0);
    if (got > 0)
        fwrite(text, 1, (size_t)got, stdout);
}

// A run whose n-th allocation fails (0: none does); false when the code did not stand it.
static bool run_once(const struct CMUnitTest *test, void *group_state, uint64_t n)
{
    int output = memfd_create("output of a run", 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
        run_in_child(test, group_state, n);
    }
    int status = -1;
    if (child > 0)
        waitpid(child, &status, 0);
    if (status != 0) {
        show_end_of(output);
        printf("%s: run with allocation %llu failing: status %#x%s\n", test->name,
               (unsigned long long)n, (unsigned)status,
               WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? " (hang)" : "");
    }
    close(output);
    return status == 0;
}

// After half of the share is used, steps so that the rest of the allocations fits the other half.
static uint64_t next_step(uint64_t left, uint64_t runs, double used, double share)
{
    if (used < share / 2)
        return 1;
    double rest = share - used > SHORTEST_LEFT ? share - used : SHORTEST_LEFT;
    return 1 + (uint64_t)((double)left * used / (double)runs / rest);
}

static bool run_for_every_n(const struct CMUnitTest *test, void *group_state, double share)
{
    double begin = seconds_now();
    report->allocations = 0;
    if (!run_once(test, group_state, 0))
        return false;
    uint64_t total = report->allocations, runs = 0;
    for (uint64_t n = 1; n <= total;
         n += next_step(total - n, runs, seconds_now() - begin, share)) {
        if (!run_once(test, group_state, n))
            return false;
        runs++;
    }
    printf("%s: %llu of %llu allocations failed in turn\n", test->name, (unsigned long long)runs,
           (unsigned long long)total);
    return true;
}

static int run_group(const struct CMUnitTest *tests, size_t count, void *state, double budget)
{
    double deadline = seconds_now() + budget;
    int failures = 0;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(tests[i].name, LEFT_OUT, strlen(LEFT_OUT)) == 0)
            continue;
        double share = (deadline - seconds_now()) / (double)(count - i);
        failures += !run_for_every_n(&tests[i], state, share);
    }
    return failures;
}

int __wrap__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t count,
                                   CMFixtureFunction setup, CMFixtureFunction teardown)
{
    const char *budget = getenv("UNIT_FAIL_ALLOCATIONS");
    if (!budget)
        return __real__cmocka_run_group_tests(group, tests, count, setup, teardown);
    report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    void *state = NULL;
    if (report == MAP_FAILED || (setup && setup(&state) != 0))
        return EXIT_FAILURE;
    int failures = run_group(tests, count, state, strtod(budget, NULL));
    if (teardown)
        teardown(&state);
    munmap(report, sizeof *report);
    return failures;
}
