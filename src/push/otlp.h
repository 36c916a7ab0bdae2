// OTLP/HTTP with protobuf (opentelemetry.io/docs/specs/otlp, opentelemetry-proto 1.x): a minute's
// series as ExportMetricsServiceRequests. A request has one resource; below it a scope
// `pktvisor/POLICY` for each policy (attribute policy_name, as upstream's) and the scope `pktvisor`
// for the agent itself; in a scope the points of one name are one Metric.
//
//   row               upstream's names               native names
//   counter, top,     Gauge of the minute            Sum, cumulative and monotonic (counters);
//   distinct                                         else as upstream's
//   rate              Summary                        Sum (bytes)
//   quantiles         ExponentialHistogram, delta    ExponentialHistogram, cumulative
//   histogram         Histogram, delta               none
//
// A series that the minute before had and this one lacks gets a point with the flag
// NO_RECORDED_VALUE, in a request of its own. Start and time of a point are those of the minute, or
// of all that was counted.
#pragma once

#include "metric/sink.h"
#include "push/draft.h"
#include "push/labels.h"
#include "push/proto3.h"

// What the points at hand belong to.
struct otlp_metric {
    unsigned data; // field of Metric
    unsigned temporality;
    struct span scope, name; // an empty scope: the agent's own
};

struct otlp {
    struct draft *draft;
    const struct push_labels *resource; // its attributes
    int64_t start, end;                 // of the minute, ns
    int64_t process_start;
    struct metric_sink sink; // where series of the minute go

    // The family at hand.
    struct buffer scope, name, help;
    const char *unit;
    enum metric_family_type type;
    int64_t since; // start of what the cell at hand has counted
    bool upstream;
    struct buffer attributes, identity;
    struct push_label_room room;

    // What is open in the request at hand: the identity of a metric without its attributes, and
    // where the messages around its points begin.
    struct buffer open;
    size_t open_scope; // bytes of it that name the scope
    size_t resource_mark, scope_mark, metric_mark, data_mark;
};

// What is given is borrowed. start, end: of the minute, ns.
void otlp_begin(struct otlp *otlp, struct draft *draft, const struct push_labels *resource,
                int64_t process_start, int64_t start, int64_t end);
// The series that come belong to that policy; NULL: to the agent.
void otlp_policy(struct otlp *otlp, const char *policy);
// A series with points of other times, which come before the minute's own.
void otlp_points(struct otlp *otlp, const struct metric_sink_family *family,
                 const struct label_set *labels, const struct push_point *points, size_t n);
// The last request is complete; then points without a value for all series that the queue's newest
// minute has and this one has not.
void otlp_end_series(struct otlp *otlp, struct queue *queue);
void otlp_done(struct otlp *otlp);
