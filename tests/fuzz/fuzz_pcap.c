// Whatever the bytes of a capture file, compressed ones too: see capture_fuzz.h.
#include "capture_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk_capture(data, size);
    return 0;
}
