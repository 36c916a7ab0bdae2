// The messages around OTLP's points, opened as points need them and closed with their request, and
// the identities of series: scope, then data, temporality and name of the metric, then attributes.
// For otlp.c.
#pragma once

#include "push/otlp.h"

// Fields of Metric, one for each kind of data.
enum {
    METRIC_GAUGE = 5,
    METRIC_SUM = 7,
    METRIC_EXPLICIT = 9,
    METRIC_EXPONENTIAL = 10,
    METRIC_SUMMARY = 11,
};
enum { NO_TEMPORALITY, DELTA, CUMULATIVE };

// Fields of points that lie elsewhere in each kind of data.
unsigned otlp_attributes_field(unsigned data);
unsigned otlp_flags_field(unsigned data);

// KeyValue with a text.
void otlp_add_attribute(struct buffer *out, unsigned field, struct span key, struct span value);

// Replaces the content by the identity without attributes. Returns the bytes of its scope.
size_t otlp_identify(struct buffer *identity, const struct otlp_metric *metric);
// Takes the same off the front; what is left are the attributes. False: it is none.
bool otlp_parse_identity(struct span *left, struct otlp_metric *metric);

// Opens what is around points of that metric, unless it is open. identity, scope: as otlp_identify
// has made them.
void otlp_enter(struct otlp *otlp, const struct otlp_metric *metric, struct span identity,
                size_t scope);
// Closes everything and ends the request.
void otlp_close_request(struct otlp *otlp);

// start 0: none.
size_t otlp_begin_point(struct otlp *otlp, int64_t start, int64_t time, struct span attributes);
void otlp_end_point(struct otlp *otlp,
                    size_t point); // ends the request when it is full
