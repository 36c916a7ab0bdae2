// /api/v1/policies: {policy: {taps, input, modules, cost}}; "cost" and the "status" of an input are
// not there in upstream's agent.
#include "tui/parse.h"

#include "tui/parse_parts.h"
#include "tui/printable.h"

#include <stdio.h>

struct job {
    struct arena *arena;
    bool ascii, no_memory;
};

// A text that may be missing; "" then.
static const char *text_of(struct job *job, const json_t *string)
{
    if (!json_is_string(string))
        return "";
    const char *text = parse_text(string, job->ascii, job->arena);
    job->no_memory |= !text;
    return text ? text : "";
}

static const char *key_of(struct job *job, const char *key)
{
    const char *text = parse_key(key, job->ascii, job->arena);
    job->no_memory |= !text;
    return text ? text : "";
}

// Inputs are called by their tap and a hash of their configuration: "default-e672f6867326e422".
static const char *tap_of(struct job *job, const char *name)
{
    enum { HASH_DIGITS = 16 };
    const char *dash = strrchr(name, '-');
    bool hash = dash && strlen(dash + 1) == HASH_DIGITS &&
                strspn(dash + 1, "0123456789abcdef") == HASH_DIGITS;
    size_t length = hash ? (size_t)(dash - name) : strlen(name);
    const char *text = printable(span_of(name, length), job->ascii, job->arena);
    job->no_memory |= !text;
    return text ? text : "";
}

// What it listens to: the first of these keys of its configuration that has a text.
static const char *source_of(struct job *job, const json_t *info)
{
    static const char *const paths[] = {"module.config.iface", "module.config.pcap_file",
                                        "module.config.pcap_source", "module.config.socket",
                                        "module.config.bind"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const json_t *value = parse_member(info, paths[i]);
        if (json_is_string(value))
            return text_of(job, value);
    }
    return "";
}

static struct input *known_input(const struct policies *policies, const char *name)
{
    for (unsigned i = 0; i < policies->inputs_count; i++)
        if (strcmp(policies->inputs[i].name, name) == 0)
            return &policies->inputs[i];
    return NULL;
}

static const char *state_of(struct job *job, const json_t *info)
{
    const json_t *state = parse_member(info, "status.state");
    if (json_is_string(state))
        return text_of(job, state);
    const json_t *running = parse_member(info, "input.running");
    return json_is_true(running) ? "running" : running ? "stopped" : "";
}

static void read_status(struct job *job, const json_t *status, struct input *input)
{
    input->has_status = json_is_object(status);
    input->seen = parse_count(json_object_get(status, "seen"));
    input->matched = parse_count(json_object_get(status, "matched"));
    input->dropped = parse_count(json_object_get(status, "dropped"));
    input->if_dropped = parse_count(json_object_get(status, "if_dropped"));
    input->tcp_streams = parse_count(json_object_get(status, "tcp_streams"));
    input->reasons = parse_reasons(json_object_get(status, "malformed"), job->ascii, job->arena,
                                   &input->malformed);
}

// The input of that name; policies share inputs. NULL: INPUTS_MAX are known already.
static struct input *read_input(struct job *job, const char *name, const json_t *info,
                                struct policies *policies)
{
    const char *text = key_of(job, name);
    struct input *input = known_input(policies, text);
    if (input || policies->inputs_count == INPUTS_MAX)
        return input;
    input = &policies->inputs[policies->inputs_count++];
    *input = (struct input){.name = text, .tap = tap_of(job, name)};
    input->source = source_of(job, info);
    input->state = state_of(job, info);
    read_status(job, json_object_get(info, "status"), input);
    return input;
}

static const char *joined(struct job *job, const char *before, const char *text)
{
    if (!*before)
        return text;
    char room[NAME_MAX_BYTES];
    int length = snprintf(room, sizeof room, "%s, %s", before, text);
    size_t kept = length < (int)sizeof room ? (size_t)length : sizeof room - 1;
    const char *result = printable(span_of(room, kept), job->ascii, job->arena);
    job->no_memory |= !result;
    return result ? result : before;
}

static void read_inputs(struct job *job, const json_t *inputs, struct policies *policies,
                        struct policy *policy)
{
    const char *name;
    json_t *info;
    json_object_foreach((json_t *)(uintptr_t)inputs, name, info)
    {
        struct input *input = read_input(job, name, info, policies);
        if (!input)
            continue;
        policy->inputs = joined(job, policy->inputs, input->tap);
        if (!*policy->state || strcmp(input->state, "running") != 0)
            policy->state = input->state;
        policy->has_status |= input->has_status;
        policy->matched += input->matched;
        policy->dropped += input->dropped;
        if (policy->resources)
            input->resources = policy->name;
    }
}

static bool for_resources(const json_t *modules)
{
    const char *name;
    json_t *module;
    json_object_foreach((json_t *)(uintptr_t)modules, name, module)
    {
        const char *type = json_string_value(parse_member(module, "module.type"));
        if (!type || strcmp(type, "input_resources") != 0)
            return false;
    }
    return json_object_size(modules) > 0;
}

static void read_policy(struct job *job, const char *name, const json_t *info,
                        struct policies *policies)
{
    const json_t *modules = json_object_get(info, "modules"), *cost = json_object_get(info, "cost");
    struct policy *policy = &policies->policies[policies->count++];
    *policy = (struct policy){
        .name = key_of(job, name),
        .inputs = "",
        .state = "",
        .handlers = (unsigned)json_object_size(modules),
        .resources = for_resources(modules),
        .has_cost = json_is_object(cost),
        .cpu_seconds = parse_real(json_object_get(cost, "cpu_seconds")),
        .ns_per_packet = parse_real(json_object_get(cost, "ns_per_packet")),
        .memory_bytes = parse_count(json_object_get(cost, "memory_bytes")),
        .series = parse_count(json_object_get(cost, "series")),
        .series_left_out = parse_count(json_object_get(cost, "series_left_out")),
    };
    read_inputs(job, json_object_get(info, "input"), policies, policy);
}

static bool read_all(struct job *job, json_t *root, struct policies *policies)
{
    size_t size = json_object_size(root), room = size < POLICIES_MAX ? size : POLICIES_MAX;
    policies->policies = arena_alloc(job->arena, (room + 1) * sizeof *policies->policies);
    policies->inputs = arena_alloc(job->arena, INPUTS_MAX * sizeof *policies->inputs);
    if (!policies->policies || !policies->inputs)
        return false;
    const char *name;
    json_t *info;
    json_object_foreach(root, name, info)
    {
        if (policies->count < room)
            read_policy(job, name, info, policies);
    }
    policies->left_out = (unsigned)(size - room);
    return !job->no_memory;
}

bool parse_policies(struct span body, bool ascii, struct policies *policies, struct error *err)
{
    policies_init(policies);
    json_t *root = parse_object(body, err);
    if (!root)
        return false;
    struct job job = {.arena = &policies->arena, .ascii = ascii};
    bool fine = read_all(&job, root, policies);
    json_decref(root);
    return fine || error_set(err, ERROR_MEMORY, "no memory for the agent's answer");
}
