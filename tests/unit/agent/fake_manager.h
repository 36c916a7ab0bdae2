// A manager that answers what a test told it: stands in for engine/manager.c, which is then not
// linked. One policy "default" and one tap "eth" exist.
#pragma once

#include "engine/manager.h"

#include <jansson.h>
#include <stdio.h>

struct fake {
    enum manager_result result; // of the next change
    const struct fault *faults; // of it
    size_t n_faults;
    struct error error; // of JSON of an existing policy; code 0: none
    bool empty;         // no tap, no policy
    uint64_t version;
    unsigned renderings; // asked for so far
    unsigned closing;    // so many renderings see a period close
    struct manager_change change;
    char text[256]; // of it
    struct metric_request request;
    struct manager_prometheus prometheus;
    struct manager_sketches sketches; // asked for; its texts are gone
};
static struct fake fake;

static bool fake_exists(enum manager_kind kind, const char *name)
{
    return !fake.empty && strcmp(name, kind == MANAGER_TAPS ? "eth" : "default") == 0;
}

static json_t *fake_info(enum manager_kind kind)
{
    return kind == MANAGER_TAPS
               ? json_pack("{s:{s:s,s:s,s:n,s:n}}", "eth", "input_type", "pcap", "interface",
                           "visor.module.input/1.0", "config", "tags")
               : json_pack("{s:{s:{},s:{},s:{}}}", "default", "taps", "input", "modules");
}

json_t *manager_info(struct manager *manager, enum manager_kind kind, const char *name)
{
    (void)manager;
    if (name && !fake_exists(kind, name))
        return NULL;
    return fake.empty ? json_object() : fake_info(kind);
}

static void fake_faults(struct fault_list *faults)
{
    for (size_t i = 0; i < fake.n_faults; i++)
        fault_list_add(faults, &fake.faults[i]);
}

enum manager_result manager_apply(struct manager *manager, const struct manager_change *change,
                                  struct manager_answer *answer)
{
    (void)manager;
    fake.change = *change;
    snprintf(fake.text, sizeof fake.text, "%.*s", (int)change->text.len,
             (const char *)change->text.ptr);
    if (fake.result == MANAGER_DONE || fake.result == MANAGER_UNCHANGED)
        answer->document = fake_info(change->kind);
    else
        fake_faults(&answer->faults);
    return fake.result;
}

enum manager_result manager_remove(struct manager *manager, enum manager_kind kind,
                                   const char *name, struct manager_answer *answer)
{
    (void)manager;
    if (fake.result != MANAGER_DONE)
        fake_faults(&answer->faults);
    return fake_exists(kind, name) ? fake.result : MANAGER_NOT_FOUND;
}

void manager_answer_done(struct manager_answer *answer)
{
    json_decref(answer->document);
    fault_list_done(&answer->faults);
}

static bool fake_json(const char *policy, struct metric_request request, const char *text,
                      struct buffer *out, struct error *err)
{
    fake.request = request;
    if (strcmp(policy, "__all") != 0 && !fake_exists(MANAGER_POLICIES, policy))
        return error_set(err, ERROR_NOT_FOUND, "%s", "");
    if (fake.error.code) {
        *err = fake.error;
        return false;
    }
    buffer_add_text(out, text);
    return true;
}

bool manager_json(struct manager *manager, const char *policy, struct metric_request request,
                  int64_t now, struct buffer *out, struct error *err)
{
    (void)manager, (void)now;
    return fake_json(policy, request, "{\"default\":{}}", out, err);
}

bool manager_sketches(struct manager *manager, const char *policy,
                      const struct manager_sketches *asked, struct buffer *out, struct error *err)
{
    (void)manager;
    fake.sketches = *asked;
    return fake_json(policy, asked->request, "sketches", out, err);
}

bool manager_default_json(struct manager *manager, struct metric_request request, int64_t now,
                          struct buffer *out, struct error *err)
{
    (void)manager, (void)now;
    return fake_json("default", request, "{\"1m\":{}}", out, err);
}

bool manager_prometheus(struct manager *manager, const char *policy,
                        const struct manager_prometheus *options, struct buffer *out)
{
    (void)manager;
    if (strcmp(policy, "__all") != 0 && !fake_exists(MANAGER_POLICIES, policy))
        return false;
    fake.renderings++;
    if (fake.closing > 0) {
        fake.closing--;
        fake.version++;
    }
    fake.prometheus = *options;
    buffer_printf(out, "rendering %u\n", fake.renderings);
    return true;
}

uint64_t manager_version(struct manager *manager, const char *policy)
{
    (void)manager;
    bool there = strcmp(policy, "__all") == 0 || fake_exists(MANAGER_POLICIES, policy);
    return there ? fake.version : 0;
}

void manager_costs(struct manager *manager, const char *policy,
                   void (*each)(void *context, const struct policy_cost *cost), void *context)
{
    static const struct policy_cost costs[] = {{"default", 1000, 2000000, 4096, 12, 3},
                                               {"other", 0, 0, 1, 2, 0}};
    (void)manager;
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
        if (!policy || strcmp(policy, costs[i].policy) == 0)
            each(context, &costs[i]);
}

void manager_inputs(struct manager *manager,
                    void (*each)(void *context, const char *name, const char *tap,
                                 const struct input_status *status),
                    void *context)
{
    (void)manager;
    static const struct input_status status = {.state = INPUT_RUNNING,
                                               .seen = 50,
                                               .dropped = 4,
                                               .if_dropped = 1,
                                               .matched = 40,
                                               .malformed.count[WIRE_EVENT_COUNT - 1] = 7};
    each(context, "eth-1234", "eth", &status);
}

uint64_t manager_interface_resyncs(const struct manager *manager)
{
    (void)manager;
    return 5;
}

void manager_memory(struct manager *manager, size_t *used, size_t *limit, uint64_t *refusals)
{
    (void)manager;
    *used = 100;
    *limit = 200;
    *refusals = 3;
}
