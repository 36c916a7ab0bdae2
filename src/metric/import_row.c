#include "metric/import_row.h"

#include "base/protobuf.h"
#include "metric/import_value.h"

static const struct {
    const char *name;
    enum proto_type type;
    struct metric_row as; // of rows that no table knows
    bool (*check)(struct span bytes, const struct metric_row *as, const union metric_cell *cell,
                  struct error *err);
    bool (*add)(struct span bytes, const struct metric_row *as, union metric_cell *cell,
                struct error *err);
} kinds[ROW_FIELDS] = {
    [0] = {.name = "nothing"},
    [ROW_COUNTER] = {.name = "a counter", .type = PROTO_VARINT, .as = {.kind = METRIC_COUNTER}},
    [ROW_GAUGE] = {.name = "a gauge",
                   .type = PROTO_VARINT,
                   .as = {.kind = METRIC_COUNTER, .gauge = true}},
    [ROW_RATE] = {"a rate", PROTO_LEN, {.kind = METRIC_RATE}, import_check_rate, import_add_rate},
    [ROW_QUANTILES] = {"quantiles",
                       PROTO_LEN,
                       {.kind = METRIC_QUANTILES},
                       import_check_quantiles,
                       import_add_quantiles},
    [ROW_HISTOGRAM] = {"a histogram",
                       PROTO_LEN,
                       {.kind = METRIC_HISTOGRAM},
                       import_check_histogram,
                       import_add_histogram},
    [ROW_TOP_STRINGS] = {"a top list of strings",
                         PROTO_LEN,
                         {.kind = METRIC_TOP, .item = ITEM_TEXT},
                         import_check_top,
                         import_add_top},
    [ROW_TOP_NUMBERS] = {"a top list of numbers",
                         PROTO_LEN,
                         {.kind = METRIC_TOP, .item = ITEM_NUMBER},
                         import_check_top,
                         import_add_top},
    [ROW_TOP_PORTS] = {"a top list of 16 bits",
                       PROTO_LEN,
                       {.kind = METRIC_TOP16, .item = ITEM_NUMBER},
                       import_check_top16,
                       import_add_top16},
    [ROW_DISTINCT] = {"a distinct count",
                      PROTO_LEN,
                      {.kind = METRIC_DISTINCT, .lg_k = HLL_LG_K_MAX}, // a merge takes the smaller
                      import_check_distinct,
                      import_add_distinct},
};

bool import_wrong(struct error *err, const char *what)
{
    return error_set(err, ERROR_FORMAT, "%s", what);
}

bool import_wrong_type(struct error *err)
{
    return import_wrong(err, "a field of another type");
}

bool import_no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "no memory");
}

const char *import_kind_name(uint32_t field)
{
    return field < ROW_FIELDS ? kinds[field].name : "of an unknown kind";
}

uint32_t import_field_of(const struct metric_row *row)
{
    static const uint32_t fields[METRIC_KIND_COUNT] = {
        [METRIC_RATE] = ROW_RATE,           [METRIC_QUANTILES] = ROW_QUANTILES,
        [METRIC_HISTOGRAM] = ROW_HISTOGRAM, [METRIC_DISTINCT] = ROW_DISTINCT,
        [METRIC_TOP16] = ROW_TOP_PORTS,
    };
    if (row->kind == METRIC_COUNTER)
        return row->gauge ? ROW_GAUGE : ROW_COUNTER;
    if (row->kind == METRIC_TOP)
        return row->item == ITEM_NUMBER || row->item == ITEM_CODE ? ROW_TOP_NUMBERS
                                                                  : ROW_TOP_STRINGS;
    return fields[row->kind];
}

struct metric_row import_row_as(const struct import_row *row)
{
    struct metric_row as = kinds[row->field].as;
    as.id = (uint16_t)row->id;
    if (row->field == ROW_HISTOGRAM)
        as.real = import_histogram_is_real(row->bytes);
    return as;
}

static bool take_value(struct import_row *row, const struct proto_field *field, struct error *err)
{
    if (field->number < ROW_FIELDS && field->type != kinds[field->number].type)
        return error_set(err, ERROR_FORMAT, "%s of another type", kinds[field->number].name);
    if (row->field)
        return error_set(err, ERROR_FORMAT, "two values");
    row->field = field->number;
    row->number = field->value;
    row->bytes = field->bytes;
    return true;
}

bool import_row_read(struct import_row *row, struct span message, struct error *err)
{
    struct proto_reader reader = proto_reader_of(message);
    struct proto_field field;
    *row = (struct import_row){.whole = message};
    while (proto_next(&reader, &field)) {
        if (field.number != ROW_ID) {
            if (!take_value(row, &field, err))
                return false;
            continue;
        }
        if (field.type != PROTO_VARINT || field.value == 0 || field.value > UINT16_MAX)
            return error_set(err, ERROR_FORMAT, "an id that is none");
        row->id = (uint32_t)field.value;
    }
    if (reader.failed)
        return error_set(err, ERROR_FORMAT, "not a message");
    return row->id || error_set(err, ERROR_FORMAT, "no id");
}

bool import_row_check(const struct import_row *row, const struct metric_row *as,
                      const union metric_cell *cell, struct error *err)
{
    if (row->field == ROW_COUNTER)
        return import_fits(cell ? cell->count : 0, row->number) ||
               import_wrong(err, "more than a sum holds");
    return !kinds[row->field].check || kinds[row->field].check(row->bytes, as, cell, err);
}

bool import_row_add(const struct import_row *row, const struct metric_row *as,
                    union metric_cell *cell, int age, struct error *err)
{
    if (row->field == ROW_COUNTER)
        cell->count += row->number;
    else if (row->field == ROW_GAUGE)
        cell->count =
            age > 0 || (age == 0 && row->number > cell->count) ? row->number : cell->count;
    else if (kinds[row->field].add)
        return kinds[row->field].add(row->bytes, as, cell, err);
    return true;
}
