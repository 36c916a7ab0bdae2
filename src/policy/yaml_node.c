#include "policy/yaml_node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

size_t yaml_node_items(const yaml_node_t *list)
{
    return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

const yaml_node_t *yaml_node_item(yaml_document_t *document, const yaml_node_t *list, size_t i)
{
    return yaml_document_get_node(document, list->data.sequence.items.start[i]);
}

size_t yaml_node_pairs(const yaml_node_t *map)
{
    return (size_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start);
}

struct yaml_pair yaml_node_pair(yaml_document_t *document, const yaml_node_t *map, size_t i)
{
    yaml_node_pair_t pair = map->data.mapping.pairs.start[i];
    return (struct yaml_pair){yaml_document_get_node(document, pair.key),
                              yaml_document_get_node(document, pair.value)};
}

static bool reads(const yaml_node_t *key, const char *text)
{
    return key->type == YAML_SCALAR_NODE && key->data.scalar.length == strlen(text) &&
           memcmp(key->data.scalar.value, text, key->data.scalar.length) == 0;
}

bool yaml_node_is_merge_key(const yaml_node_t *key)
{
    return reads(key, "<<") && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static struct yaml_pair find_own(yaml_document_t *document, const yaml_node_t *map, const char *key)
{
    for (size_t i = 0; i < yaml_node_pairs(map); i++) {
        struct yaml_pair pair = yaml_node_pair(document, map, i);
        if (reads(pair.key, key) && !yaml_node_is_merge_key(pair.key))
            return pair;
    }
    return (struct yaml_pair){0};
}

const yaml_node_t *yaml_node_key(yaml_document_t *document, const yaml_node_t *map, const char *key)
{
    return find_own(document, map, key).key;
}

static struct yaml_pair find_merged(yaml_document_t *document, const yaml_node_t *merged,
                                    const char *key)
{
    if (merged->type != YAML_SEQUENCE_NODE)
        return yaml_node_find(document, merged, key);
    struct yaml_pair found = {0};
    for (size_t i = 0; !found.key && i < yaml_node_items(merged); i++)
        found = yaml_node_find(document, yaml_node_item(document, merged, i), key);
    return found;
}

struct yaml_pair yaml_node_find(yaml_document_t *document, const yaml_node_t *map, const char *key)
{
    if (map->type != YAML_MAPPING_NODE)
        return (struct yaml_pair){0};
    struct yaml_pair found = find_own(document, map, key);
    for (size_t i = 0; !found.key && i < yaml_node_pairs(map); i++) {
        struct yaml_pair pair = yaml_node_pair(document, map, i);
        if (yaml_node_is_merge_key(pair.key))
            found = find_merged(document, pair.value, key);
    }
    return found;
}

// The words that upstream's reader takes for null, in exactly these forms.
bool yaml_node_is_null(const yaml_node_t *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (reads(node, words[i]))
            return true;
    return false;
}

bool yaml_text_is(const char *text, const char *lower_case)
{
    return strcasecmp(text, lower_case) == 0;
}

bool yaml_text_number(const char *text, json_int_t *number)
{
    if (!*text || text[strspn(text, "0123456789")])
        return false;
    errno = 0;
    *number = strtoll(text, NULL, 10);
    return errno == 0;
}
