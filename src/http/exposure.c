#include "http/exposure.h"

#include "base/clock.h"

#define REMINDER_NS (3600 * CLOCK_SECOND)

static bool open_to_all(const struct exposure *exposure)
{
    return exposure->remote && exposure->admin;
}

bool exposure_accept(const struct exposure *exposure, bool admin_insecure, struct error *err)
{
    return !open_to_all(exposure) || admin_insecure ||
           error_set(err, ERROR_INVALID,
                     "--admin-api on %s, which is not a loopback address, needs "
                     "--api-token-file (or --admin-api-insecure)",
                     exposure->host);
}

bool exposure_due(struct exposure *exposure, int64_t now)
{
    if (!open_to_all(exposure) || now < exposure->next)
        return false;
    exposure->next = now + REMINDER_NS;
    return true;
}
