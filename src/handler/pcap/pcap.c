#include "handler/pcap/pcap.h"

static const struct metric_scope_row scopes[] = {{.label = NULL}};

static const struct option_row options[] = {
    {"recorded_stream", OPTION_ANY, .help = "the source is a recording"},
};

// clang-format off
#define PCAP_ROWS(ROW)                                                                             \
    ROW(STREAM_ERRORS, .id = 1, .kind = METRIC_COUNTER, .shallow = true,                           \
        .path = "tcp_reassembly_errors", .unit = "streams",                                        \
        .help = "sides of TCP streams that could not be put together")                             \
    ROW(OS_DROPS, .id = 2, .kind = METRIC_COUNTER, .shallow = true, .path = "os_drops",            \
        .unit = "packets", .help = "packets that the system dropped for lack of room")             \
    ROW(IF_DROPS, .id = 3, .kind = METRIC_COUNTER, .shallow = true, .path = "if_drops",            \
        .unit = "packets", .help = "packets that the interface dropped or missed")
// clang-format on

enum { PCAP_ROWS(METRIC_ROW_INDEX) ROW_COUNT };
static const struct metric_row rows[] = {PCAP_ROWS(METRIC_ROW_ENTRY)};

static const struct metric_table table = {
    .schema = "pcap",
    .title = "pcap 1.0",
    .rows = rows,
    .n_rows = ROW_COUNT,
    .scopes = scopes,
    .n_scopes = 1,
};

static void process(void *shard, struct metric_shard *metrics, struct batch *batch,
                    const struct selection *in, struct selection *out)
{
    (void)shard;
    (void)in;
    metric_count(metrics->live->root, STREAM_ERRORS, batch->losses.streams);
    metric_count(metrics->live->root, OS_DROPS, batch->losses.system);
    metric_count(metrics->live->root, IF_DROPS, batch->losses.interface);
    out->count = 0; // nothing useful stands behind it in a chain
}

const struct handler_class pcap_class = {
    .type = "pcap",
    .version = "1.0",
    .stream_name = "PcapStreamHandler",
    .inputs = INPUT_PCAP,
    .metrics = &table,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .process = process,
};
