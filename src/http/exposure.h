// What everybody may do who reaches the address: admin for all must be asked for, and is told again
// and again.
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct exposure {
    const char *host;
    bool remote;         // some address is not loopback
    bool admin, reading; // without a token
    int64_t next;        // when to tell again; ns of a steady clock
};

// False: everybody could change everything, and nobody has said that this is wanted.
bool exposure_accept(const struct exposure *exposure, bool admin_insecure, struct error *err);

// Whether it is time to tell that everybody can change everything: at the first call, and once an
// hour.
bool exposure_due(struct exposure *exposure, int64_t now);
