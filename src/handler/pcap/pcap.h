// pcap 1.0: what the capture itself lost.
#pragma once

#include "handler/handler.h"

extern const struct handler_class pcap_class;
