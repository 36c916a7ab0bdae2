// Registries of services: the first byte selects the form. Whatever is kept can be shown and found.
#include <stdlib.h>

#include "base/text.h"
#include "enrich/services.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_names(const struct services *services, bool udp)
{
    for (unsigned port = 0; port < 65536; port += port < 1024 ? 1 : 97) {
        char room[SERVICES_ROOM];
        struct span text = services_text(services, (uint16_t)port, udp, room);
        require(text.len > 0 && text.len <= SERVICES_NAME_MAX);
        for (size_t i = 0, step; i < text.len; i += step) {
            step = text_utf8_length(text.ptr + i, text.len - i);
            require(step > 0 && text.ptr[i] >= ' ' && text.ptr[i] != 0x7f);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct services *services = services_new();
    if (!services || size == 0) {
        services_free(services);
        return 0;
    }
    struct span text = span_of(data + 1, size - 1);
    struct error err = {0};
    bool read = (data[0] % 2 ? services_read_csv : services_read_system)(services, text, &err);
    require(read == (err.code == ERROR_NONE));
    for (int udp = 0; udp < 2; udp++) {
        require(services_count(services, udp) <= 65536);
        check_names(services, udp);
    }
    services_free(services);
    return 0;
}
