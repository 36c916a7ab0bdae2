// A manager over made traffic, and what is asked of it.
#pragma once

#include "base/memory.h"
#include "engine/manager.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct rig {
    struct manager *manager;
    struct manager_answer answer; // of the last request
    enum manager_result result;
    char warnings[4096]; // a line each
};

static inline void rig_warn(void *context, const char *text)
{
    struct rig *rig = context;
    size_t used = strlen(rig->warnings);
    snprintf(rig->warnings + used, sizeof rig->warnings - used, "%s\n", text);
}

static inline void rig_up_with(struct rig *rig, unsigned workers)
{
    *rig = (struct rig){0};
    struct manager_options options = {.defaults = {.periods = 5, .deep_sample_rate = 100},
                                      .workers = workers,
                                      .period_seconds = 1,
                                      .warn = rig_warn,
                                      .context = rig};
    assert_non_null(rig->manager = manager_new(&options, NULL));
}

static inline void rig_up(struct rig *rig)
{
    rig_up_with(rig, 1);
}

static inline void rig_down(struct rig *rig)
{
    manager_answer_done(&rig->answer);
    manager_free(rig->manager);
}

static inline enum manager_result ask(struct rig *rig, enum manager_kind kind, const char *name,
                                      bool dry_run, const char *text)
{
    struct manager_change change = {kind, name, span_text(text), dry_run};
    manager_answer_done(&rig->answer);
    rig->result = manager_apply(rig->manager, &change, &rig->answer);
    bool fine = rig->result == MANAGER_DONE || rig->result == MANAGER_UNCHANGED;
    if (fine && fault_list_empty(&rig->answer.faults))
        assert_non_null(rig->answer.document);
    return rig->result;
}

static inline enum manager_result post_tap(struct rig *rig, const char *text)
{
    return ask(rig, MANAGER_TAPS, NULL, false, text);
}

static inline enum manager_result put_tap(struct rig *rig, const char *name, const char *text)
{
    return ask(rig, MANAGER_TAPS, name, false, text);
}

static inline enum manager_result post_policy(struct rig *rig, const char *text)
{
    return ask(rig, MANAGER_POLICIES, NULL, false, text);
}

static inline enum manager_result put_policy(struct rig *rig, const char *name, const char *text)
{
    return ask(rig, MANAGER_POLICIES, name, false, text);
}

static inline enum manager_result remove_one(struct rig *rig, enum manager_kind kind,
                                             const char *name)
{
    manager_answer_done(&rig->answer);
    return rig->result = manager_remove(rig->manager, kind, name, &rig->answer);
}

static inline const char *first_fault(const struct rig *rig)
{
    return rig->answer.faults.count ? rig->answer.faults.faults[0].text : "";
}

static inline size_t count_of(struct rig *rig, enum manager_kind kind)
{
    json_t *info = manager_info(rig->manager, kind, NULL);
    assert_non_null(info);
    size_t count = json_object_size(info);
    json_decref(info);
    return count;
}

static inline void pause_ms(long ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&span, NULL);
}

static inline int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// A member deep in a tree: member(info, "p", "input", …, NULL); borrowed.
static inline json_t *member(json_t *tree, ...)
{
    va_list keys;
    const char *key;
    va_start(keys, tree);
    while (tree && (key = va_arg(keys, const char *)))
        tree = json_object_get(tree, key);
    va_end(keys);
    assert_non_null(tree);
    return tree;
}

// The first member of a map.
static inline const char *first_key(json_t *map)
{
    void *entry = json_object_iter(map);
    assert_non_null(entry);
    return json_object_iter_key(entry);
}

#define MOCK_TAP(name, rest)                                                  \
    "visor: {taps: {" name ": {input_type: pcap, config: {pcap_source: mock}" \
    "" rest "}}}"
#define POLICY_AT(name, input, handlers)                                                   \
    "visor: {policies: {" name ": {kind: collection, input: {input_type: pcap, " input "}" \
    ", handlers: {" handlers "}}}}"
#define NET_AT(name, tap) POLICY_AT(name, "tap: " tap, "modules: {n: {type: net}}")
