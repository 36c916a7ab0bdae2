// Prometheus remote write 1.0 (prometheus.io/docs/specs/remote_write_spec; messages of
// prompb/remote.proto and prompb/types.proto): a minute's series as WriteRequests.
//
// Quantiles may go out as native histograms of schema 5, whose bounds are those of our buckets:
// with upstream's names beside the summary and with the reset hint GAUGE, since each stands for a
// minute; with native names in place of the buckets, cumulative, where the unit's factor shifts
// bounds by at most half a bucket (1.1 % of the value).
#pragma once

#include "metric/sink.h"
#include "push/draft.h"
#include "push/labels.h"

struct remote_write {
    struct draft *draft;
    const struct push_labels *labels;
    bool native_histograms;
    int64_t time_ms;
    struct metric_sink sink; // where series of the minute go

    // The family at hand, and the series.
    struct buffer name, identity;
    size_t name_len; // without the sample's own suffix
    struct push_label_room room;
};

// What its members before `sink` point to is borrowed. time: the minute's end, ns.
void remote_write_begin(struct remote_write *writer, struct draft *draft,
                        const struct push_labels *labels, bool native_histograms, int64_t time);
// A series with samples of other times, which come before the minute's own.
void remote_write_points(struct remote_write *writer, const struct metric_sink_family *family,
                         const struct label_set *labels, const struct push_point *points, size_t n);
// Markers for all series that the queue's newest minute has and this one has not.
void remote_write_end_series(struct remote_write *writer, struct queue *queue);
void remote_write_done(struct remote_write *writer);
