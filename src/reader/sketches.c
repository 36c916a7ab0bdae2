// The handlers' data as documents of sketches.
#include "reader/output.h"

bool reader_sketches(const struct reader_output *output, struct buffer *out, struct error *err)
{
    struct metric_export_options options = {
        .writer = "pktvisor-reader " PKTVISOR_VERSION,
        .now = output->result->last,
        .rows = output->rows,
    };
    struct metric_exporter exporter;
    struct parts parts;
    bool fine = reader_parts_init(&parts, output->pipeline, output->periods, output->naming, err);
    metric_export_begin(&exporter, &options, out, err);
    for (size_t i = 0; fine && i < parts.count; i++) {
        struct metric_export_part part =
            part_sketches(&parts.all[i], output->policy, output->instance);
        metric_export_add(&exporter, &part);
    }
    fine &= metric_export_end(&exporter);
    parts_free(&parts);
    return fine;
}
