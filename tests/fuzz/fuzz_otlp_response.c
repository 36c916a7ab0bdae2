// What an OTLP receiver answers: what is found lies within it.
#include <stdlib.h>

#include "push/otlp_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_within(struct span part, const uint8_t *data, size_t size)
{
    if (part.len && (part.ptr < data || part.ptr + part.len > data + size))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span message;
    uint64_t rejected;
    if (otlp_partial_success(span_of(data, size), &rejected, &message) && rejected > INT64_MAX)
        abort();
    require_within(message, data, size);
    otlp_status_message(span_of(data, size), &message);
    require_within(message, data, size);
    return 0;
}
