// What an OTLP receiver answers.
#pragma once

#include "base/span.h"

// ExportMetricsServiceResponse: points that the receiver did not take although it took the request
// (partial success), and its words about them; borrowed. False: it is no such message.
bool otlp_partial_success(struct span body, uint64_t *rejected, struct span *message);

// google.rpc.Status, the body of a refusal: its message. False: it is no such message, or without.
bool otlp_status_message(struct span body, struct span *message);
