#include "metric/import_part.h"

#include "base/text.h"
#include "metric/sketches_fields.h"

static bool wrong(struct error *err, const char *what)
{
    return error_set(err, ERROR_FORMAT, "%s", what);
}

static bool take_text(const struct proto_field *field, struct span *text, struct error *err)
{
    if (field->type != PROTO_LEN || field->bytes.len > METRIC_SKETCHES_TEXT_MAX ||
        !text_is_printable(field->bytes))
        return wrong(err, "a name that is none");
    *text = field->bytes;
    return true;
}

static bool take_message(const struct proto_field *field, struct span *message, struct error *err)
{
    if (field->type != PROTO_LEN)
        return wrong(err, "a part with a field of another type");
    *message = field->bytes;
    return true;
}

static bool read_missed(struct span message, struct metric_completeness *missed, struct error *err)
{
    struct proto_reader reader = proto_reader_of(message);
    struct proto_field field;
    uint64_t *const counts[] = {[MISSED_SOURCE_LOST] = &missed->source_lost,
                                [MISSED_SAMPLED_OUT] = &missed->sampled_out,
                                [MISSED_SCOPES_OVER] = &missed->scopes_over,
                                [MISSED_MEMORY_LOST] = &missed->memory_lost};
    while (proto_next(&reader, &field)) {
        if (field.number >= sizeof counts / sizeof *counts)
            continue;
        if (field.type != PROTO_VARINT)
            return wrong(err, "missed: a field of another type");
        *counts[field.number] = field.value;
    }
    return !reader.failed || wrong(err, "missed: not a message");
}

static bool read_interval(struct span message, struct metric_interval *interval, struct error *err)
{
    struct proto_reader reader = proto_reader_of(message);
    struct proto_field field;
    *interval = (struct metric_interval){0};
    while (proto_next(&reader, &field)) {
        if (field.number > INTERVAL_END)
            continue;
        if (field.type != PROTO_VARINT)
            return wrong(err, "period: a field of another type");
        *(field.number == INTERVAL_START ? &interval->start : &interval->end) =
            (int64_t)field.value;
    }
    return (!reader.failed && interval->start <= interval->end) ||
           wrong(err, "period: an interval that is none");
}

bool import_next_interval(struct proto_reader *at, struct metric_interval *interval,
                          struct error *err)
{
    struct proto_field field;
    while (proto_next(at, &field))
        if (field.number == PERIOD_INTERVALS && field.type == PROTO_LEN)
            return read_interval(field.bytes, interval, err);
    return false;
}

static bool read_flags(struct span message, struct metric_bucket *times, struct error *err)
{
    struct proto_reader reader = proto_reader_of(message);
    struct proto_field field;
    times->closed = true;
    while (proto_next(&reader, &field)) {
        if (field.number > PERIOD_WINDOW)
            continue;
        if (field.type != (field.number == PERIOD_INTERVALS ? PROTO_LEN : PROTO_VARINT))
            return wrong(err, "period: a field of another type");
        if (field.number == PERIOD_OPEN)
            times->closed = !field.value;
        else if (field.number == PERIOD_ENDS_WITH_PACKET)
            times->ends_with_packet = field.value;
        else if (field.number == PERIOD_WINDOW)
            times->merged = field.value;
    }
    return !reader.failed || wrong(err, "period: not a message");
}

static bool read_period(struct metric_import_part *part, struct error *err)
{
    struct metric_bucket *times = &part->times;
    struct proto_reader reader = proto_reader_of(part->period);
    struct metric_interval interval;
    struct error why = {0};
    size_t n = 0;
    if (!read_flags(part->period, times, err))
        return false;
    for (int64_t before = 0; import_next_interval(&reader, &interval, &why);
         before = interval.end) {
        if (n && interval.start <= before)
            why = (struct error){ERROR_FORMAT, "period: intervals are not in order"};
        if (n++ == 0)
            times->start = interval.start;
        times->end = interval.end;
        if (why.code || n > METRIC_INTERVALS_MAX)
            break;
    }
    if (why.code || n > METRIC_INTERVALS_MAX)
        return wrong(err, why.code ? why.text : "period: too many intervals");
    part->n_intervals = n;
    times->started = n > 0;
    if (!times->closed)
        times->end = 0;
    return true;
}

static bool read_settings(struct metric_import_part *part, struct error *err)
{
    struct proto_reader reader = proto_reader_of(part->settings);
    struct proto_field field;
    struct span group;
    while (proto_next(&reader, &field)) {
        if (field.number == SETTINGS_TOPN_COUNT && field.type == PROTO_VARINT)
            part->topn_count = field.value;
        else if (field.number == SETTINGS_TOPN_PERCENTILE && field.type == PROTO_I64)
            part->topn_percentile = proto_double_of(field.value);
        else if (field.number == SETTINGS_GROUPS && !take_text(&field, &group, err))
            return false;
        else if (field.number <= SETTINGS_TOPN_PERCENTILE &&
                 field.type != (field.number == SETTINGS_TOPN_COUNT ? PROTO_VARINT : PROTO_I64))
            return wrong(err, "settings: a field of another type");
    }
    bool is_percentile = part->topn_percentile >= 0 && part->topn_percentile <= 100;
    return (!reader.failed && is_percentile) || wrong(err, "settings that are none");
}

static bool take_field(struct metric_import_part *part, const struct proto_field *field,
                       struct error *err)
{
    struct metric_origin *origin = &part->origin;
    struct span *const texts[] = {
        [PART_AGENT] = &origin->agent,     [PART_POLICY] = &origin->policy,
        [PART_HANDLER] = &origin->handler, [PART_TAP] = &origin->tap,
        [PART_TYPE] = &origin->type,       [PART_TYPE_VERSION] = &origin->version,
        [PART_SCHEMA] = &origin->schema,
    };
    struct span missed = {0};
    if (field->number < sizeof texts / sizeof *texts)
        return take_text(field, texts[field->number], err);
    switch (field->number) {
    case PART_PERIOD:
        return take_message(field, &part->period, err);
    case PART_SETTINGS:
        return take_message(field, &part->settings, err);
    case PART_MISSED:
        return take_message(field, &missed, err) && read_missed(missed, &part->missed, err);
    case PART_MERGED:
        part->merged = field->value;
        return field->type == PROTO_VARINT || wrong(err, "a part with a field of another type");
    case PART_ROOT:
        return take_message(field, &part->root, err);
    default:
        return true;
    }
}

bool import_part_read(struct metric_import_part *part, struct span message, struct error *err)
{
    struct proto_reader reader = proto_reader_of(message);
    struct proto_field field;
    while (proto_next(&reader, &field))
        if (!take_field(part, &field, err))
            return false;
    if (reader.failed)
        return wrong(err, "a part is no message");
    if (part->merged == 0)
        part->merged = 1;
    return read_period(part, err) && read_settings(part, err);
}

bool import_next_group(struct proto_reader *at, struct span *group)
{
    struct proto_field field;
    while (proto_next(at, &field)) {
        *group = field.bytes;
        if (field.number == SETTINGS_GROUPS)
            return true;
    }
    return false;
}
