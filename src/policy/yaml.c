// libyaml composes the nodes (aliases point at the node that they mean); here they become a tree,
// within the limits, and the nodes stay to answer where a value stands.
#include "policy/yaml.h"

#include "base/memory.h"
#include "policy/yaml_node.h"

#include <stdarg.h>
#include <stdio.h>

struct yaml_source {
    yaml_document_t document;
};

struct builder {
    yaml_document_t *document;
    struct fault_list *faults;
    size_t built, limit; // nodes; one that aliases point at counts each time
    bool stopped;        // a limit was reached, or enough is wrong: no use in going on
};

static void add_fault(struct fault_list *faults, const struct yaml_at *at, size_t line,
                      size_t column, const char *what)
{
    struct buffer path, text;
    buffer_init(&path, 1 << 18);
    buffer_init(&text, 1 << 16);
    yaml_path(at, &path);
    buffer_printf(&text, "yaml-cpp: error at line %zu, column %zu: %s", line, column, what);
    const char *path_text = buffer_text(&path), *fault_text = buffer_text(&text);
    if (path.failed || text.failed)
        fault_list_no_memory(faults);
    else
        fault_list_add(faults, &(struct fault){.path = path_text,
                                               .text = fault_text,
                                               .line = (unsigned)line,
                                               .column = (unsigned)column});
    buffer_done(&path);
    buffer_done(&text);
}

static void refuse(struct builder *b, const struct yaml_at *at, const yaml_node_t *node,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

static void refuse(struct builder *b, const struct yaml_at *at, const yaml_node_t *node,
                   const char *format, ...)
{
    char what[YAML_KEY_MAX + 256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    add_fault(b->faults, at, node->start_mark.line + 1, node->start_mark.column + 1, what);
    b->stopped |= b->faults->count == FAULTS_MAX;
}

static json_t *made(struct builder *b, json_t *value)
{
    if (!value) {
        fault_list_no_memory(b->faults);
        b->stopped = true;
    }
    return value;
}

// False when the reading has come to a limit.
static bool within_limits(struct builder *b, const yaml_node_t *node, const struct yaml_at *at,
                          unsigned depth)
{
    if (b->stopped)
        return false;
    b->built++;
    if (depth <= YAML_DEPTH_MAX && b->built <= b->limit)
        return true;
    if (depth > YAML_DEPTH_MAX)
        refuse(b, at, node, "deeper than %d levels", YAML_DEPTH_MAX);
    else
        refuse(b, at, node, "aliases and merge keys stand for more than %d values",
               YAML_EXPANDED_MAX);
    b->stopped = true;
    return false;
}

static bool has_zero(struct builder *b, const yaml_node_t *node, const struct yaml_at *at)
{
    if (!memchr(node->data.scalar.value, 0, node->data.scalar.length))
        return false;
    refuse(b, at, node, "zero character");
    return true;
}

static json_t *build_scalar(struct builder *b, const yaml_node_t *node, const struct yaml_at *at,
                            bool in_list)
{
    if (has_zero(b, node, at))
        return json_null();
    const char *text = (const char *)node->data.scalar.value;
    json_int_t number;
    if (yaml_node_is_null(node))
        return json_null();
    if (!in_list && yaml_text_number(text, &number))
        return made(b, json_integer(number));
    if (!in_list && yaml_text_is(text, "true"))
        return json_true();
    if (!in_list && yaml_text_is(text, "false"))
        return json_false();
    return made(b, json_stringn(text, node->data.scalar.length));
}

static json_t *build(struct builder *b, const yaml_node_t *node, const struct yaml_at *at,
                     unsigned depth, bool in_list);

static json_t *build_list(struct builder *b, const yaml_node_t *node, const struct yaml_at *at,
                          unsigned depth)
{
    json_t *list = made(b, json_array());
    size_t count = yaml_node_items(node);
    for (size_t i = 0; list && i < count; i++) {
        struct yaml_at here = yaml_index(at, i);
        json_t *value = build(b, yaml_node_item(b->document, node, i), &here, depth + 1, true);
        if (!value || json_array_append_new(list, value) != 0) {
            json_decref(list);
            return value ? made(b, NULL) : NULL;
        }
    }
    return list;
}

// The key's text, or NULL when it is none; then that has been told.
static const char *key_text(struct builder *b, const json_t *map, const yaml_node_t *node,
                            const yaml_node_t *key, const struct yaml_at *at)
{
    if (key->type != YAML_SCALAR_NODE) {
        refuse(b, at, key, YAML_KEY_FAULT);
        return NULL;
    }
    if (has_zero(b, key, at))
        return NULL;
    const char *text = (const char *)key->data.scalar.value;
    struct yaml_at here = yaml_key(at, text);
    if (key->data.scalar.length > YAML_KEY_MAX) {
        refuse(b, at, key, "key longer than %d bytes", YAML_KEY_MAX);
        return NULL;
    }
    if (json_object_get(map, text)) {
        const yaml_node_t *first = yaml_node_key(b->document, node, text);
        refuse(b, &here, key, "duplicate key '%s', first at line %zu", text,
               first ? first->start_mark.line + 1 : 0);
        return NULL;
    }
    return text;
}

static json_t *build_map(struct builder *b, const yaml_node_t *node, const struct yaml_at *at,
                         unsigned depth);

static void merge_map(struct builder *b, json_t *map, const yaml_node_t *other,
                      const struct yaml_at *at, unsigned depth)
{
    if (!within_limits(b, other, at, depth))
        return;
    if (other->type != YAML_MAPPING_NODE) {
        refuse(b, at, other, "the merge key << expects a map or a list of maps");
        return;
    }
    json_t *added = build_map(b, other, at, depth);
    if (added && json_object_update_missing(map, added) != 0)
        made(b, NULL);
    json_decref(added);
}

static void merge(struct builder *b, json_t *map, const yaml_node_t *value,
                  const struct yaml_at *at, unsigned depth)
{
    if (value->type != YAML_SEQUENCE_NODE) {
        merge_map(b, map, value, at, depth + 1);
        return;
    }
    for (size_t i = 0; i < yaml_node_items(value); i++)
        merge_map(b, map, yaml_node_item(b->document, value, i), at, depth + 1);
}

// The map's own keys; *merge_value is that of its merge key.
static void build_own_keys(struct builder *b, json_t *map, const yaml_node_t *node,
                           const struct yaml_at *at, unsigned depth,
                           const yaml_node_t **merge_value)
{
    for (size_t i = 0; i < yaml_node_pairs(node) && !b->stopped; i++) {
        struct yaml_pair pair = yaml_node_pair(b->document, node, i);
        b->built++;
        if (yaml_node_is_merge_key(pair.key)) {
            if (*merge_value)
                refuse(b, at, pair.key, "duplicate key '<<'");
            *merge_value = pair.value;
            continue;
        }
        const char *key = key_text(b, map, node, pair.key, at);
        if (!key)
            continue;
        struct yaml_at here = yaml_key(at, key);
        json_t *value = build(b, pair.value, &here, depth + 1, false);
        if (value && json_object_set_new(map, key, value) != 0)
            made(b, NULL);
    }
}

static json_t *build_map(struct builder *b, const yaml_node_t *node, const struct yaml_at *at,
                         unsigned depth)
{
    json_t *map = made(b, json_object());
    if (!map)
        return NULL;
    const yaml_node_t *merge_value = NULL;
    build_own_keys(b, map, node, at, depth, &merge_value);
    if (merge_value && !b->stopped)
        merge(b, map, merge_value, at, depth);
    return map;
}

// NULL only when the reading has stopped.
static json_t *build(struct builder *b, const yaml_node_t *node, const struct yaml_at *at,
                     unsigned depth, bool in_list)
{
    if (!within_limits(b, node, at, depth))
        return NULL;
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return build_scalar(b, node, at, in_list);
    case YAML_SEQUENCE_NODE:
        return build_list(b, node, at, depth);
    case YAML_MAPPING_NODE:
        return build_map(b, node, at, depth);
    default:
        return json_null();
    }
}

// libyaml gives a byte offset where its decoder stopped, a mark elsewhere.
static void syntax_fault(const yaml_parser_t *parser, struct span text, struct fault_list *faults)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        fault_list_no_memory(faults);
        return;
    }
    size_t line = parser->problem_mark.line, column = parser->problem_mark.column;
    if (parser->error == YAML_READER_ERROR) {
        line = column = 0;
        for (size_t i = 0; i < parser->problem_offset && i < text.len; i++) {
            line += text.ptr[i] == '\n';
            column = text.ptr[i] == '\n' ? 0 : column + 1;
        }
    }
    char what[256];
    snprintf(what, sizeof what, "%s%s%s", parser->context ? parser->context : "",
             parser->context ? ": " : "", parser->problem ? parser->problem : "bad text");
    add_fault(faults, NULL, line + 1, column + 1, what);
}

// The stream must end behind its first document.
static bool is_last(yaml_parser_t *parser, struct span text, struct fault_list *faults)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second)) {
        syntax_fault(parser, text, faults);
        return false;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    if (root)
        add_fault(faults, NULL, second.start_mark.line + 1, second.start_mark.column + 1,
                  "a second document begins; only one is expected");
    yaml_document_delete(&second);
    return !root;
}

static bool convert(struct yaml *yaml, struct fault_list *faults)
{
    yaml_document_t *document = &yaml->source->document;
    const yaml_node_t *root = yaml_document_get_root_node(document);
    if (!root || yaml_node_is_null(root)) {
        fault_list_add(faults, &(struct fault){.path = "", .text = "empty data"});
        return false;
    }
    size_t nodes = (size_t)(document->nodes.top - document->nodes.start);
    struct builder builder = {
        .document = document, .faults = faults, .limit = nodes + YAML_EXPANDED_MAX};
    yaml->root = build(&builder, root, NULL, 1, false);
    return yaml->root != NULL;
}

static bool load(struct yaml *yaml, struct span text, struct fault_list *faults)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        fault_list_no_memory(faults);
        return false;
    }
    yaml_parser_set_input_string(&parser, text.ptr ? text.ptr : (const uint8_t *)"", text.len);
    bool fine = yaml_parser_load(&parser, &yaml->source->document);
    if (!fine)
        syntax_fault(&parser, text, faults);
    else if (yaml_document_get_root_node(&yaml->source->document))
        fine = is_last(&parser, text, faults);
    yaml_parser_delete(&parser);
    return fine;
}

bool yaml_read(struct yaml *yaml, struct span text, struct fault_list *faults)
{
    size_t before = faults->count;
    *yaml = (struct yaml){.source = mem_zalloc(sizeof *yaml->source)};
    if (!yaml->source)
        fault_list_no_memory(faults);
    else if (text.len > YAML_TEXT_MAX)
        add_fault(faults, NULL, 1, 1, "text longer than 1 MiB");
    else if (load(yaml, text, faults) && convert(yaml, faults) && !faults->no_memory &&
             faults->count == before)
        return true;
    yaml_done(yaml);
    return false;
}

void yaml_done(struct yaml *yaml)
{
    json_decref(yaml->root);
    if (yaml->source)
        yaml_document_delete(&yaml->source->document);
    mem_free(yaml->source);
    *yaml = (struct yaml){0};
}

// The node that stands at a key or index of a node, and where its key (or itself) begins.
static const yaml_node_t *child(yaml_document_t *document, const yaml_node_t *node,
                                const struct yaml_at *at, yaml_mark_t *mark)
{
    if (!at->key) {
        if (node->type != YAML_SEQUENCE_NODE || at->index >= yaml_node_items(node))
            return NULL;
        const yaml_node_t *item = yaml_node_item(document, node, at->index);
        *mark = item->start_mark;
        return item;
    }
    struct yaml_pair pair = yaml_node_find(document, node, at->key);
    if (pair.key)
        *mark = pair.key->start_mark;
    return pair.value;
}

static const yaml_node_t *walk(yaml_document_t *document, const struct yaml_at *at,
                               yaml_mark_t *mark)
{
    if (!at) {
        const yaml_node_t *root = yaml_document_get_root_node(document);
        if (root)
            *mark = root->start_mark;
        return root;
    }
    const yaml_node_t *node = walk(document, at->up, mark);
    return node ? child(document, node, at, mark) : NULL;
}

struct yaml_place yaml_place(const struct yaml *yaml, const struct yaml_at *at)
{
    yaml_mark_t mark = {0};
    if (!yaml->source || !walk(&yaml->source->document, at, &mark))
        return (struct yaml_place){0};
    return (struct yaml_place){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static void path_key(const char *key, struct buffer *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (*key && !key[strspn(key, plain)]) {
        buffer_add_text(path, key);
        return;
    }
    buffer_add_char(path, '"');
    for (; *key; key++) {
        if (*key == '"' || *key == '\\')
            buffer_add_char(path, '\\');
        buffer_add_char(path, *key);
    }
    buffer_add_char(path, '"');
}

void yaml_path(const struct yaml_at *at, struct buffer *path)
{
    if (!at)
        return;
    yaml_path(at->up, path);
    if (!at->key) {
        buffer_printf(path, "[%zu]", at->index);
        return;
    }
    if (path->len)
        buffer_add_char(path, '.');
    path_key(at->key, path);
}
