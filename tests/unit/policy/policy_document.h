// Policy documents for tests, and what comes of them.
#pragma once

#include "base/memory.h"
#include "policy/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct policy_defaults recording = {
    .periods = 5, .deep_sample_rate = 100, .recorded = true, .input = INPUT_PCAP};

// A document, what was said about it, and the policy, if one came of it.
struct outcome {
    struct policy_spec *spec;
    struct fault_list faults;
    char warnings[4096]; // a line each
};

static inline void keep_warning(void *context, const char *text)
{
    struct outcome *outcome = context;
    size_t used = strlen(outcome->warnings);
    snprintf(outcome->warnings + used, sizeof outcome->warnings - used, "%s\n", text);
}

static inline void parse(struct outcome *outcome, const char *document)
{
    *outcome = (struct outcome){0};
    outcome->spec =
        policy_spec_parse(span_text(document), &recording, keep_warning, outcome, &outcome->faults);
    assert_int_equal(outcome->spec == NULL, !fault_list_empty(&outcome->faults));
    assert_false(outcome->faults.no_memory);
}

static inline void outcome_done(struct outcome *outcome)
{
    policy_spec_free(outcome->spec);
    fault_list_done(&outcome->faults);
}

// The text of the n-th fault, "" when there are fewer.
static inline const struct fault *fault_number(const struct outcome *outcome, size_t n)
{
    static const struct fault none = {"", "", "", "", 0, 0};
    return n < outcome->faults.count ? &outcome->faults.faults[n] : &none;
}

// Refused with this fault first.
static inline void assert_fault(const char *document, const char *path, const char *text)
{
    struct outcome outcome;
    parse(&outcome, document);
    assert_string_equal(fault_number(&outcome, 0)->text, text);
    assert_string_equal(fault_number(&outcome, 0)->path, path);
    outcome_done(&outcome);
}

// A sound policy around the lines of `handlers`.
#define POLICY_HEAD                               \
    "version: \"1.0\"\n"                          \
    "visor:\n"                                    \
    "  policies:\n"                               \
    "    p:\n"                                    \
    "      kind: collection\n"                    \
    "      input: {tap: eth, input_type: pcap}\n" \
    "      handlers:\n"

// With one module `m`, whose keys come in flow form.
#define ONE_MODULE(keys) \
    POLICY_HEAD          \
    "        modules:\n" \
    "          m: {" keys "}\n"

#define MODULES_PATH "visor.policies.p.handlers.modules"
#define STARTS_NOT   "policy [p] failed to start: "
