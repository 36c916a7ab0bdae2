// One walk for checking and for adding. What our table knows goes into the bucket, what it does not
// know into the loose instance of the same place, which is made when it is needed.
#include "metric/import_scope.h"

#include "base/hash.h"
#include "base/text.h"
#include "metric/import_row.h"
#include "metric/scope.h"

// An instance of the document.
struct place {
    const struct place *above; // NULL: the root
    struct span label, key;
    int kind;                   // of the table's scopes; -1: it does not know it
    struct metric_scope *scope; // of the bucket; NULL: not known, or (while checking) not made
    unsigned depth;
};

struct walk {
    const struct metric_table *table;
    struct metric_loose *loose; // the root; NULL: there is none yet
    bool adding;
    int age;
    unsigned next; // where the next row is likely to stand in the table
    bool no_memory;
    struct error *err;
};

static bool wrong_row(const struct walk *w, const struct import_row *row,
                      const struct metric_row *known)
{
    if (known)
        error_prefix(w->err, "row %u (%s)", (unsigned)row->id, known->path);
    else
        error_prefix(w->err, "row %u", (unsigned)row->id);
    return false;
}

// --- Rows that the table knows

static const struct metric_row *row_of_id(struct walk *w, uint32_t id)
{
    const struct metric_table *table = w->table;
    for (unsigned n = 0; n < table->n_rows; n++) {
        unsigned at = w->next + n < table->n_rows ? w->next + n : w->next + n - table->n_rows;
        if (table->rows[at].id != id)
            continue;
        w->next = at + 1 < table->n_rows ? at + 1 : 0;
        return &table->rows[at];
    }
    return NULL;
}

static bool conflict(struct walk *w, const struct import_row *row, const char *elsewhere)
{
    return error_set(w->err, ERROR_FORMAT, "%s here, %s elsewhere", import_kind_name(row->field),
                     elsewhere);
}

static bool known_row(struct walk *w, const struct place *place, const struct import_row *row,
                      const struct metric_row *known)
{
    union metric_cell *cell = place->scope ? &place->scope->cells[known - w->table->rows] : NULL;
    if (known->scope != place->kind)
        return error_set(w->err, ERROR_FORMAT, "in another scope than elsewhere");
    if (row->field != import_field_of(known))
        return conflict(w, row, import_kind_name(import_field_of(known)));
    if (!w->adding)
        return import_row_check(row, known, cell, w->err);
    if (import_row_add(row, known, cell, w->age, w->err))
        return true;
    w->no_memory |= w->err && w->err->code == ERROR_MEMORY;
    return w->no_memory;
}

// --- Rows that it does not know

static const struct metric_loose *loose_of(const struct walk *w, const struct place *place)
{
    const struct metric_loose *above = w->loose;
    if (!place->above || !above)
        return above;
    above = loose_of(w, place->above);
    return above ? metric_loose_find(above, place->label, place->key) : NULL;
}

static struct metric_loose *make_loose(struct walk *w, const struct place *place)
{
    if (!place->above)
        return w->loose;
    struct metric_loose *above = make_loose(w, place->above);
    return above ? metric_loose_scope(above, place->label, place->key) : NULL;
}

static bool check_loose_row(struct walk *w, const struct place *place, const struct import_row *row)
{
    const struct metric_loose *loose = loose_of(w, place);
    const struct metric_loose_row *held = loose ? metric_loose_row(loose, row->id) : NULL;
    if (held && held->field != row->field)
        return conflict(w, row, import_kind_name(held->field));
    if (!import_row_known(row))
        return true;
    struct metric_row as = import_row_as(row);
    if (!held || !held->bytes)
        return import_row_check(row, held ? &held->row : &as, held ? &held->cell : NULL, w->err);
    struct import_row before;
    if (!import_row_read(&before, span_of(held->bytes, held->size), w->err))
        return false;
    struct metric_row as_before = import_row_as(&before);
    return import_row_check(row, &as_before, NULL, w->err);
}

// The row's own bytes into its cell.
static bool open_row(struct walk *w, struct metric_loose *loose, struct metric_loose_row *held)
{
    struct import_row before;
    struct span bytes = span_of(held->bytes, held->size);
    if (!import_row_read(&before, bytes, w->err))
        return false;
    struct metric_row as = import_row_as(&before);
    if (!metric_loose_open(loose, held, &as))
        return error_set(w->err, ERROR_MEMORY, "no memory");
    bool whole = import_row_add(&before, &held->row, &held->cell, 1, w->err);
    metric_loose_forget(loose, held);
    return whole;
}

static bool add_loose_row(struct walk *w, const struct place *place, const struct import_row *row)
{
    struct metric_loose *loose = make_loose(w, place);
    if (!loose)
        return error_set(w->err, ERROR_MEMORY, "no memory");
    struct metric_loose_row *held = metric_loose_row(loose, row->id);
    if (!held || !import_row_known(row) || held->field != row->field)
        return metric_loose_add(loose, row->id, row->field, row->whole) ||
               error_set(w->err, ERROR_MEMORY, "no memory");
    if (held->bytes && !open_row(w, loose, held))
        return false;
    return import_row_add(row, &held->row, &held->cell, w->age, w->err);
}

static bool loose_row(struct walk *w, const struct place *place, const struct import_row *row)
{
    if (!w->adding)
        return check_loose_row(w, place, row);
    if (add_loose_row(w, place, row))
        return true;
    w->no_memory |= w->err && w->err->code == ERROR_MEMORY;
    return w->no_memory;
}

static bool walk_row(struct walk *w, const struct place *place, struct span message)
{
    struct import_row row;
    if (!import_row_read(&row, message, w->err))
        return wrong_row(w, &row, NULL);
    if (row.field == 0)
        return true; // nothing was counted
    const struct metric_row *known = row_of_id(w, row.id);
    bool fine = known ? known_row(w, place, &row, known) : loose_row(w, place, &row);
    return fine || wrong_row(w, &row, known);
}

// --- Instances

static int find_kind(const struct walk *w, const struct place *above, struct span label)
{
    for (unsigned k = 1; above->kind >= 0 && k < w->table->n_scopes; k++)
        if (w->table->scopes[k].parent == above->kind &&
            span_equal(span_text(w->table->scopes[k].label), label))
            return (int)k;
    return -1;
}

// The index of a fixed key; -1: it has none of that name.
static int find_key(const struct metric_scope_row *scope, struct span key)
{
    for (int i = 0; scope->keys[i]; i++)
        if (span_equal(span_text(scope->keys[i]), key))
            return i;
    return -1;
}

static bool resolve_fixed(struct walk *w, struct place *place)
{
    struct metric_scope *above = place->above->scope;
    int index = find_key(&w->table->scopes[place->kind], place->key);
    if (index < 0)
        place->kind = -1;
    else if (above && w->adding)
        place->scope = metric_scope_fixed(above, (unsigned)place->kind, (unsigned)index);
    else if (above)
        place->scope = above->fixed[place->kind * METRIC_KEYS_MAX + index];
    return true;
}

static bool resolve_keyed(struct walk *w, struct place *place)
{
    struct metric_scope *above = place->above->scope;
    uint64_t hash = hash_bytes(hash_process_key(), place->key);
    if (!above)
        return true;
    if (!w->adding) {
        place->scope = metric_scope_find(above, (unsigned)place->kind, hash, place->key);
        return true;
    }
    place->scope = metric_scope_of_key(above, (unsigned)place->kind, hash, place->key);
    if (place->scope)
        return true;
    above->bucket->missed.memory_lost++;
    w->no_memory = true;
    return false;
}

// The instance in the bucket. False: it has no memory.
static bool resolve(struct walk *w, struct place *place)
{
    place->kind = find_kind(w, place->above, place->label);
    if (place->kind < 0)
        return true;
    return w->table->scopes[place->kind].keys ? resolve_fixed(w, place) : resolve_keyed(w, place);
}

static bool walk_scope(struct walk *w, struct place *place, struct span message);

static bool take_name(const struct proto_field *field, struct span *name)
{
    *name = field->bytes;
    return field->type == PROTO_LEN && name->len <= METRIC_KEY_MAX && text_is_printable(*name);
}

static bool read_names(struct walk *w, struct place *place, struct span message)
{
    struct proto_reader reader = proto_reader_of(message);
    struct proto_field field;
    while (proto_next(&reader, &field)) {
        bool is_label = field.number == SCOPE_LABEL;
        if ((is_label || field.number == SCOPE_KEY) &&
            !take_name(&field, is_label ? &place->label : &place->key))
            return error_set(w->err, ERROR_FORMAT, "an instance of a scope has no name");
    }
    if (reader.failed)
        return error_set(w->err, ERROR_FORMAT, "an instance of a scope is no message");
    return (place->label.len != 0) == (place->above != NULL) ||
           error_set(w->err, ERROR_FORMAT, "an instance of a scope without label");
}

static bool walk_child(struct walk *w, const struct place *above, struct span message)
{
    struct place place = {.above = above, .kind = -1, .depth = above->depth + 1};
    if (place.depth >= METRIC_SCOPES_MAX)
        return error_set(w->err, ERROR_FORMAT, "scopes nest deeper than %d", METRIC_SCOPES_MAX);
    if (!read_names(w, &place, message))
        return false;
    if (!resolve(w, &place))
        return true; // counted as missing
    if (place.kind < 0 && w->adding && !make_loose(w, &place)) {
        w->no_memory = true;
        return true;
    }
    return walk_scope(w, &place, message);
}

static bool walk_scope(struct walk *w, struct place *place, struct span message)
{
    struct proto_reader reader = proto_reader_of(message);
    struct proto_field field;
    while (proto_next(&reader, &field)) {
        bool is_row = field.number == SCOPE_ROWS;
        if (!is_row && field.number != SCOPE_SCOPES)
            continue;
        if (field.type != PROTO_LEN)
            return error_set(w->err, ERROR_FORMAT, "a row or a scope of another type");
        if (!(is_row ? walk_row(w, place, field.bytes) : walk_child(w, place, field.bytes)))
            return false;
    }
    return !reader.failed || error_set(w->err, ERROR_FORMAT, "a scope is no message");
}

bool import_root_check(struct span root, const struct metric_table *table,
                       const struct metric_bucket *bucket, const struct metric_rest *rest,
                       struct error *err)
{
    struct walk w = {.table = table,
                     .loose = rest ? (struct metric_loose *)(uintptr_t)&rest->loose : NULL,
                     .err = err};
    struct place place = {.scope = bucket ? bucket->root : NULL};
    return read_names(&w, &place, root) && walk_scope(&w, &place, root);
}

bool import_root_add(struct span root, int age, struct metric_bucket *bucket,
                     struct metric_rest *rest, struct error *err)
{
    struct error ignored = {0};
    struct walk w = {.table = bucket->table,
                     .loose = &rest->loose,
                     .adding = true,
                     .age = age,
                     .err = err ? err : &ignored};
    struct place place = {.scope = bucket->root};
    if (walk_scope(&w, &place, root) && !w.no_memory)
        return true;
    return w.no_memory ? error_set(err, ERROR_MEMORY, "no memory for all of a part") : false;
}
