// Whatever the blocks behind a sound section header: see capture_fuzz.h. The first byte of the
// input chooses the byte order of the section.
#include "capture_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > INPUT_MAX)
        return 0;
    struct capture_build b;
    capture_build_begin(&b, data[0] & 1);
    capture_build_section(&b);
    capture_build_bytes(&b, span_of(data + 1, size - 1));
    walk_capture(b.data, b.len);
    walk_capture(data, size); // and as a whole file of the fuzzer's own
    capture_build_done(&b);
    return 0;
}
