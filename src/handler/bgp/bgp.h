// bgp 1.0: messages by type.
#pragma once

#include "handler/handler.h"

extern const struct handler_class bgp_class;
