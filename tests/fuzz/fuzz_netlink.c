// What the kernel tells of links and addresses (input/netlink.h), message by message.
#include "input/netlink.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_of(data, size);
    struct netlink_message m;
    size_t left = size;
    while (netlink_parse(&bytes, &m)) {
        if (bytes.len >= left)
            abort();
        left = bytes.len;
        if (m.link.name[IF_NAMESIZE - 1] != '\0' || m.address.prefix > 128)
            abort();
    }
    return 0;
}
