// Clocks, periods, answers late and early.
#include "cases.h"
#include "links.h"

#include <stdio.h>

void case_exchanges(struct stage *stage)
{
    for (unsigned i = 0; i < 20; i++) {
        char name[64];
        snprintf(name, sizeof name, "www-%u.example.com", i % 7);
        struct dns_exchange x = stage_question(name, i);
        struct path path = stage_path(i % 5, i & 1);
        stage->now += 1234567;
        stage_exchange(stage, &path, &x);
    }
}

void case_time_backwards(struct stage *stage)
{
    for (unsigned i = 1; i <= 30; i++) {
        struct dns_exchange x = stage_question("back.example.com", i);
        struct path path = stage_path(i, false);
        stage_query(stage, &path, &x);
        // Every third answer bears a time before its question's.
        stage->now += i % 3 == 0 ? -(int64_t)i * 100 * MILLISECOND : 30 * MILLISECOND;
        stage_response(stage, &path, &x);
        stage->now += i % 3 == 0 ? 4 * SECOND : 100 * MILLISECOND;
    }
}

void case_time_jump_years(struct stage *stage)
{
    static const int64_t years[] = {3, 10};
    for (unsigned jump = 0; jump <= 2; jump++) {
        for (unsigned i = 0; i < 20; i++) {
            struct dns_exchange x = stage_question("jump.example.com", 100 * jump + i);
            struct path path = stage_path(i, i & 1);
            stage_exchange(stage, &path, &x);
        }
        struct dns_exchange x = stage_question("open.example.com", 999);
        struct path path = stage_path(99, false);
        stage_query(stage, &path, &x); // overwritten behind the jump, after its time
        if (jump < 2)
            stage->now += years[jump] * 365 * 86400 * SECOND;
    }
}

void case_two_minutes(struct stage *stage)
{
    int64_t start = stage->now;
    for (unsigned second = 0; second < 150; second++) {
        unsigned exchanges = second < 60 ? 2 : second < 120 ? 5 : 1;
        for (unsigned i = 0; i < exchanges; i++) {
            char name[64];
            snprintf(name, sizeof name, "minute-%u.example.com", second / 60);
            struct dns_exchange x = stage_question(name, second * 8 + i);
            struct path path = stage_path(second % 10, i & 1);
            x.rcode = second >= 60 && i == 0 ? RCODE_NXDOMAIN : RCODE_NOERROR;
            x.answers = x.rcode ? 0 : 1;
            stage->now = start + second * SECOND + i * 100 * MILLISECOND;
            stage_exchange(stage, &path, &x);
        }
    }
}

void case_same_nanosecond(struct stage *stage)
{
    for (unsigned i = 0; i < 10; i++) {
        struct path path = stage_path(i, false);
        struct dns_exchange first = stage_question("first.example.com", 2 * i);
        struct dns_exchange second = stage_question("second.example.com", 2 * i + 1);
        stage->now += 7;
        stage_query(stage, &path, &first);
        stage_query(stage, &path, &second);
        stage->now += 5 * MILLISECOND;
        stage_response(stage, &path, &second);
        stage_response(stage, &path, &first);
    }
}

// Answers in the order of their times, each to a question at time 0 of its own.
void case_late_answers(struct stage *stage)
{
    static const int64_t after[] = {1,          4999999999,  5000000000,  5000000001, 7500000000,
                                    9999999999, 10000000000, 10000000001, 12000000000};
    enum { ANSWERS = sizeof after / sizeof *after };
    struct dns_exchange x[ANSWERS];
    struct path path[ANSWERS];
    int64_t start = stage->now;
    for (unsigned i = 0; i < ANSWERS; i++) {
        x[i] = stage_question("late.example.com", i);
        path[i] = stage_path(i, i & 1);
        stage_query(stage, &path[i], &x[i]);
    }
    struct dns_exchange never = stage_question("never.example.com", 100);
    struct dns_exchange again = stage_question("again.example.com", 101);
    struct path other = stage_path(100, false);
    stage_query(stage, &other, &never);
    stage_query(stage, &other, &again);
    for (unsigned i = 0; i < ANSWERS; i++) {
        stage->now = start + after[i];
        stage_response(stage, &path[i], &x[i]);
        if (i == 0) {
            stage_response(stage, &path[0], &x[0]); // a second answer
            stage->now = start + 3 * SECOND;
            stage_query(stage, &other, &again); // the same question again, in time
        }
    }
    // After its time, too: one time-out, and a question that stays open.
    stage->now = start + 20 * SECOND;
    stage_query(stage, &other, &again);
    stage->now += 2 * SECOND;
    stage_query(stage, &other, &x[0]);
}

static void ask_group(struct stage *stage, const char *name, const char *group, unsigned port,
                      const char *src, const char *answerer)
{
    struct dns_exchange x = stage_question(name, port == 5353 ? 0 : 77);
    struct path path = path_of(src, port == 5353 ? 5353 : 40000, group, port);
    stage_query(stage, &path, &x);
    stage->now += 20 * MILLISECOND;
    if (answerer && port == 5353) {
        struct path back = path_of(group, 5353, answerer, 5353);
        x.no_question = true;
        stage_response(stage, &back, &x);
    } else if (answerer) {
        struct path back = path_of(src, 40000, answerer, port);
        stage_response(stage, &back, &x);
    }
    stage->now += 80 * MILLISECOND;
}

void case_multicast(struct stage *stage)
{
    ask_group(stage, "printer.local", "224.0.0.251", 5353, "198.51.100.7", "198.51.100.8");
    ask_group(stage, "printer.local", "ff02::fb", 5353, "fe80::7", "fe80::8");
    ask_group(stage, "nobody.local", "224.0.0.251", 5353, "198.51.100.7", NULL);
    ask_group(stage, "desk", "224.0.0.252", 5355, "198.51.100.7", "198.51.100.8");
    ask_group(stage, "desk", "ff02::1:3", 5355, "fe80::7", "fe80::8");
    ask_group(stage, "nobody", "224.0.0.252", 5355, "198.51.100.7", NULL);
    // To one server on such a port: an ordinary question, which may time out.
    ask_group(stage, "alone.example.com", "198.51.100.53", 5353, "100.64.0.1", NULL);
    stage->now += 20 * SECOND;
    struct dns_exchange x = stage_question("end.example.com", 1);
    struct path path = stage_path(1, false);
    stage_exchange(stage, &path, &x);
}

void case_one_packet(struct stage *stage)
{
    struct dns_exchange x = stage_question("one.example.com", 1);
    struct path path = stage_path(1, false);
    stage_query(stage, &path, &x);
}

void case_empty(struct stage *stage)
{
    (void)stage;
}
