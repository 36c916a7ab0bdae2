// A message that is accepted has a header that makes sense, inside the bytes that are there.
#include "wire/bgp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)  \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

static void check(struct span bytes)
{
    enum { HEADER = 19 };
    struct bgp_message message;
    enum wire_event event = bgp_decode(&message, bytes);
    CHECK(bytes.len >= HEADER || (event == WIRE_BGP_LENGTH && message.length == 0));
    if (event != WIRE_OK)
        return;
    CHECK(message.length >= HEADER && message.length <= bytes.len);
    CHECK(message.type >= BGP_OPEN && message.type <= BGP_ROUTE_REFRESH);
    CHECK(bytes.ptr[16] << 8 == (message.length & 0xff00) && bytes.ptr[18] == message.type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CUTS = 64 };
    check(span_of(data, size));
    for (size_t len = 0; len < size; len += 1 + size / CUTS) {
        uint8_t *copy = malloc(len > 0 ? len : 1); // so that the sanitizer knows where it ends
        CHECK(copy);
        memcpy(copy, data, len);
        check(span_of(copy, len));
        free(copy);
    }
    return 0;
}
