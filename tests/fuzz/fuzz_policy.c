// Documents from strangers: refused with faults that say what and where, or a policy whose handlers
// are complete. Every value of a document that can be read has a place.
#include <stdlib.h>

#include "policy/spec.h"
#include "policy/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_PLACES = 500 }; // looking one up takes time in proportion to its map

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_places(const struct yaml *yaml, json_t *value, const struct yaml_at *at,
                         unsigned *left)
{
    if (*left == 0)
        return;
    --*left;
    require(yaml_place(yaml, at).line > 0 && yaml_place(yaml, at).column > 0);
    const char *key;
    json_t *child;
    json_object_foreach(value, key, child)
    {
        struct yaml_at here = yaml_key(at, key);
        check_places(yaml, child, &here, left);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct yaml_at here = yaml_index(at, i);
        check_places(yaml, json_array_get(value, i), &here, left);
    }
}

static void check_tree(struct span text)
{
    struct yaml yaml;
    struct fault_list faults = {0};
    unsigned left = MOST_PLACES;
    bool read = yaml_read(&yaml, text, &faults);
    require(read == fault_list_empty(&faults) && read == (yaml.root != NULL));
    if (read)
        check_places(&yaml, yaml.root, NULL, &left);
    yaml_done(&yaml);
    fault_list_done(&faults);
}

static void check_faults(const struct fault_list *faults)
{
    require(!faults->no_memory && faults->count > 0 && faults->count <= FAULTS_MAX);
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->faults[i];
        require(fault->path && fault->text && *fault->text);
        require((fault->line == 0) == (fault->column == 0));
    }
}

static void check_spec(const struct policy_spec *spec)
{
    require(spec->name && spec->input_type);
    require((spec->tap != NULL) != (spec->tap_selector != NULL));
    for (size_t c = 0; c < spec->n_chains; c++)
        for (size_t h = 0; h < spec->chains[c].count; h++) {
            const struct handler_spec *handler = &spec->chains[c].handlers[h];
            require(handler->name && handler->class && json_is_object(handler->options));
            require(handler->settings.periods >= 1 &&
                    handler->settings.periods <= METRIC_PERIODS_MAX);
            require(handler->settings.deep_sample_rate >= 1 &&
                    handler->settings.deep_sample_rate <= 100);
        }
}

static void drop_warning(void *context, const char *text)
{
    (void)context;
    require(*text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct policy_defaults defaults = {
        .periods = 5, .deep_sample_rate = 100, .recorded = true, .input = INPUT_PCAP};
    struct span text = span_of(data, size);
    struct fault_list faults = {0};
    check_tree(text);
    struct policy_spec *spec = policy_spec_parse(text, &defaults, drop_warning, NULL, &faults);
    if (spec)
        check_spec(spec);
    else
        check_faults(&faults);
    policy_spec_free(spec);
    fault_list_done(&faults);
    return 0;
}
