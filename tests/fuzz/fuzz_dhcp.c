// The first byte says which protocol the others are. Everything that points somewhere points inside
// the message, and a shorter message shows nothing that the whole one does not.
#include "wire/dhcp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)  \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

static void check_inside(struct span part, struct span bytes)
{
    if (part.ptr)
        CHECK(part.ptr >= bytes.ptr && part.len <= (size_t)(bytes.ptr + bytes.len - part.ptr));
}

static void check4(struct span bytes)
{
    struct dhcp4_message message;
    enum wire_event event = dhcp4_decode(&message, bytes);
    CHECK(event == WIRE_OK || event == WIRE_DHCP_SHORT || event == WIRE_DHCP_COOKIE);
    CHECK(event != WIRE_OK || bytes.len >= 240);
    check_inside(message.host_name, bytes);
    CHECK(message.host_name.len == 0 || message.host_name.ptr[message.host_name.len - 1] != 0);
}

static void check6(struct span bytes)
{
    struct dhcp6_message message;
    enum wire_event event = dhcp6_decode(&message, bytes);
    CHECK(event == WIRE_OK || event == WIRE_DHCP_SHORT || event == WIRE_DHCP_RELAY);
    CHECK(event != WIRE_OK ||
          (message.type != DHCP6_RELAY_FORW && message.type != DHCP6_RELAY_REPL));
    check_inside(message.client_id, bytes);
    check_inside(message.server_id, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CUTS = 64 };
    if (size == 0)
        return 0;
    void (*check)(struct span) = data[0] == 4 ? check4 : check6;
    size--;
    check(span_of(data + 1, size));
    for (size_t len = 0; len < size; len += 1 + size / CUTS) {
        uint8_t *copy = malloc(len > 0 ? len : 1); // so that the sanitizer knows where it ends
        CHECK(copy);
        memcpy(copy, data + 1, len);
        check(span_of(copy, len));
        free(copy);
    }
    return 0;
}
