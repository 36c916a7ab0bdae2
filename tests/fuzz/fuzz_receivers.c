// Lists of receivers in a configuration: whatever is accepted is complete, and every refusal says a
// fault.
#include <stdlib.h>

#include "push/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_target(const struct push_target *target)
{
    require(target->name && target->url && target->folder);
    require(target->interval >= 1 && target->interval <= PUSH_INTERVAL_MAX);
    require(target->timeout >= 1 && target->timeout <= PUSH_TIMEOUT_MAX);
    require(target->max_bytes >= PUSH_QUEUE_LEAST && target->max_bytes <= PUSH_QUEUE_GREATEST);
    require(!target->cert == !target->key);
    require(!target->bearer || (!target->bearer_file && !target->user));
    for (size_t i = 0; i < target->headers.n; i++)
        require(!strpbrk(target->headers.labels[i].value, "\r\n"));
    for (size_t i = 0; target->protocol == PUSH_REMOTE_WRITE && i < target->labels.n; i++)
        require(push_label_is_name(target->labels.labels[i].name));
}

static void read_list(const struct yaml *yaml, const char *key, enum push_protocol protocol,
                      struct fault_list *faults)
{
    static const struct push_defaults defaults = {
        .queue_folder = "/q", .instance = "i", .host = "h", .names = PUSH_UPSTREAM, .folder = "/f"};
    struct push_targets targets = {0};
    struct check check = {.yaml = yaml, .faults = faults, .sound = true};
    struct yaml_at at = yaml_key(NULL, key);
    const json_t *list = json_object_get(yaml->root, key);
    if (list && push_targets_read(&targets, protocol, list, &at, &defaults, &check)) {
        require(targets.n == json_array_size(list) && check.sound);
        for (size_t i = 0; i < targets.n; i++)
            check_target(&targets.all[i]);
        push_targets_agree(&targets, NULL);
    } else {
        require(!list || !fault_list_empty(faults));
    }
    push_targets_done(&targets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yaml yaml = {0};
    struct fault_list faults = {0};
    if (yaml_read(&yaml, span_of(data, size), &faults)) {
        read_list(&yaml, "remote_write", PUSH_REMOTE_WRITE, &faults);
        read_list(&yaml, "otlp", PUSH_OTLP, &faults);
    }
    fault_list_done(&faults);
    yaml_done(&yaml);
    return 0;
}
