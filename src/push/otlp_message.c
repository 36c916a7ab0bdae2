#include "push/otlp_message.h"

// Fields of the messages (opentelemetry/proto/{collector/metrics,metrics,common,resource}/v1).
enum {
    REQUEST_RESOURCES = 1,
    RESOURCE_RESOURCE = 1,
    RESOURCE_SCOPES = 2,
    RESOURCE_ATTRIBUTES = 1,
    SCOPES_SCOPE = 1,
    SCOPES_METRICS = 2,
    SCOPE_NAME = 1,
    SCOPE_ATTRIBUTES = 3,
    METRIC_NAME = 1,
    METRIC_DESCRIPTION = 2,
    METRIC_UNIT = 3,
    DATA_POINTS = 1,
    DATA_TEMPORALITY = 2,
    DATA_MONOTONIC = 3,
    ATTRIBUTE_KEY = 1,
    ATTRIBUTE_VALUE = 2,
    VALUE_STRING = 1,
    POINT_START = 2,
    POINT_TIME = 3,
};

// Where a kind of data has what all of them have.
static const struct data {
    uint8_t attributes, flags;
} data_fields[] = {
    [METRIC_GAUGE] = {7, 8},        [METRIC_SUM] = {7, 8},     [METRIC_EXPLICIT] = {9, 10},
    [METRIC_EXPONENTIAL] = {1, 10}, [METRIC_SUMMARY] = {7, 8},
};
enum { DATA_END = sizeof data_fields / sizeof *data_fields };

unsigned otlp_attributes_field(unsigned data)
{
    return data_fields[data].attributes;
}

unsigned otlp_flags_field(unsigned data)
{
    return data_fields[data].flags;
}

void otlp_add_attribute(struct buffer *out, unsigned field, struct span key, struct span value)
{
    size_t attribute = proto_begin(out, field);
    proto3_bytes(out, ATTRIBUTE_KEY, key);
    size_t any = proto_begin(out, ATTRIBUTE_VALUE);
    size_t text = proto_begin(out, VALUE_STRING);
    push_add_utf8(out, value);
    proto_end(out, text);
    proto_end(out, any);
    proto_end(out, attribute);
}

// --- what is around points

static void open_resource(struct otlp *otlp)
{
    struct buffer *out = &otlp->draft->request;
    otlp->resource_mark = proto_begin(out, REQUEST_RESOURCES);
    size_t resource = proto_begin(out, RESOURCE_RESOURCE);
    for (size_t i = 0; i < otlp->resource->n; i++)
        otlp_add_attribute(out, RESOURCE_ATTRIBUTES, span_text(otlp->resource->labels[i].name),
                           span_text(otlp->resource->labels[i].value));
    proto_end(out, resource);
}

static void open_scope(struct otlp *otlp, struct span policy)
{
    struct buffer *out = &otlp->draft->request;
    otlp->scope_mark = proto_begin(out, RESOURCE_SCOPES);
    size_t scope = proto_begin(out, SCOPES_SCOPE);
    size_t name = proto_begin(out, SCOPE_NAME);
    buffer_add_text(out, policy.len ? "pktvisor/" : "pktvisor");
    push_add_utf8(out, policy);
    proto_end(out, name);
    if (policy.len)
        otlp_add_attribute(out, SCOPE_ATTRIBUTES, span_text("policy_name"), policy);
    proto_end(out, scope);
}

// Base units as UCUM writes them. Upstream's names come without, as upstream sends them: receivers
// would put the unit behind the name.
static void add_unit(struct buffer *out, const char *unit)
{
    static const struct {
        const char *unit, *ucum;
    } known[] = {{"seconds", "s"}, {"bytes", "By"}, {"ratio", "1"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].unit, unit) == 0) {
            proto3_bytes(out, METRIC_UNIT, span_text(known[i].ucum));
            return;
        }
    size_t text = proto_begin(out, METRIC_UNIT);
    buffer_printf(out, "{%s}", unit);
    proto_end(out, text);
}

static void open_metric(struct otlp *otlp, const struct otlp_metric *metric)
{
    struct buffer *out = &otlp->draft->request;
    otlp->metric_mark = proto_begin(out, SCOPES_METRICS);
    proto3_bytes(out, METRIC_NAME, metric->name);
    proto3_bytes(out, METRIC_DESCRIPTION, buffer_span(&otlp->help));
    if (otlp->unit && !otlp->upstream)
        add_unit(out, otlp->unit);
    otlp->data_mark = proto_begin(out, metric->data);
    proto3_u64(out, DATA_TEMPORALITY, metric->temporality);
    proto3_u64(out, DATA_MONOTONIC, metric->data == METRIC_SUM);
}

static void close_metric(struct otlp *otlp)
{
    proto_end(&otlp->draft->request, otlp->data_mark);
    proto_end(&otlp->draft->request, otlp->metric_mark);
    otlp->open.len = otlp->open_scope;
}

void otlp_close_request(struct otlp *otlp)
{
    if (otlp->open.len) {
        close_metric(otlp);
        proto_end(&otlp->draft->request, otlp->scope_mark);
        proto_end(&otlp->draft->request, otlp->resource_mark);
    }
    buffer_clear(&otlp->open);
    otlp->open_scope = 0;
    draft_flush(otlp->draft);
}

// --- identities

static void add_framed(struct buffer *out, struct span text)
{
    proto_varint(out, text.len);
    buffer_add(out, text.ptr, text.len);
}

size_t otlp_identify(struct buffer *identity, const struct otlp_metric *metric)
{
    buffer_clear(identity);
    add_framed(identity, metric->scope);
    size_t scope = identity->len;
    proto_varint(identity, metric->data);
    proto_varint(identity, metric->temporality);
    add_framed(identity, metric->name);
    return scope;
}

static bool take_framed(struct proto_reader *reader, struct span *text)
{
    uint64_t len;
    if (!proto_next_varint(reader, &len) || len > (size_t)(reader->end - reader->at))
        return false;
    *text = span_of(reader->at, (size_t)len);
    reader->at += len;
    return true;
}

bool otlp_parse_identity(struct span *left, struct otlp_metric *metric)
{
    struct proto_reader reader = proto_reader_of(*left);
    uint64_t data, temporality;
    if (!take_framed(&reader, &metric->scope) || !proto_next_varint(&reader, &data) ||
        !proto_next_varint(&reader, &temporality) || !take_framed(&reader, &metric->name))
        return false;
    metric->data = (unsigned)data;
    metric->temporality = (unsigned)temporality;
    *left = span_of(reader.at, (size_t)(reader.end - reader.at));
    return data < DATA_END && data_fields[data].attributes && temporality <= CUMULATIVE;
}

// --- points

void otlp_enter(struct otlp *otlp, const struct otlp_metric *metric, struct span identity,
                size_t scope)
{
    struct buffer *open = &otlp->open;
    if (span_equal(buffer_span(open), identity))
        return;
    bool had = open->len != 0;
    bool same_scope =
        had && otlp->open_scope == scope && memcmp(open->data, identity.ptr, scope) == 0;
    if (had)
        close_metric(otlp);
    if (had && !same_scope)
        proto_end(&otlp->draft->request, otlp->scope_mark);
    if (!had)
        open_resource(otlp);
    if (!same_scope)
        open_scope(otlp, metric->scope);
    open_metric(otlp, metric);
    buffer_clear(open);
    buffer_add(open, identity.ptr, identity.len);
    otlp->open_scope = scope;
    otlp->draft->failed |= open->failed;
}

size_t otlp_begin_point(struct otlp *otlp, int64_t start, int64_t time, struct span attributes)
{
    struct buffer *out = &otlp->draft->request;
    size_t point = proto_begin(out, DATA_POINTS);
    buffer_add(out, attributes.ptr, attributes.len);
    proto3_fixed64(out, POINT_START, (uint64_t)start);
    proto3_fixed64(out, POINT_TIME, (uint64_t)time);
    return point;
}

void otlp_end_point(struct otlp *otlp, size_t point)
{
    proto_end(&otlp->draft->request, point);
    otlp->draft->samples++;
    if (otlp->draft->request.len >= DRAFT_REQUEST_FULL || otlp->draft->request.failed)
        otlp_close_request(otlp);
}
