#include "push/otlp_response.h"

#include "push/proto3.h"

enum {
    RESPONSE_PARTIAL_SUCCESS = 1,
    PARTIAL_REJECTED = 1,
    PARTIAL_MESSAGE = 2,
    STATUS_MESSAGE = 2,
};

static bool read_partial(struct span message, uint64_t *rejected, struct span *text)
{
    struct proto_reader reader = proto_reader_of(message);
    struct proto_field field;
    while (proto_next(&reader, &field)) {
        if (field.number == PARTIAL_REJECTED && field.type == PROTO_VARINT)
            *rejected = (int64_t)field.value > 0 ? field.value : 0;
        else if (field.number == PARTIAL_MESSAGE && field.type == PROTO_LEN)
            *text = field.bytes;
    }
    return !reader.failed;
}

bool otlp_partial_success(struct span body, uint64_t *rejected, struct span *message)
{
    struct proto_reader reader = proto_reader_of(body);
    struct proto_field field;
    *rejected = 0;
    *message = span_of(NULL, 0);
    while (proto_next(&reader, &field))
        if (field.number == RESPONSE_PARTIAL_SUCCESS && field.type == PROTO_LEN &&
            !read_partial(field.bytes, rejected, message))
            return false;
    return !reader.failed;
}

bool otlp_status_message(struct span body, struct span *message)
{
    struct proto_reader reader = proto_reader_of(body);
    struct proto_field field;
    *message = span_of(NULL, 0);
    while (proto_next(&reader, &field))
        if (field.number == STATUS_MESSAGE && field.type == PROTO_LEN)
            *message = field.bytes;
    return !reader.failed && message->len != 0;
}
