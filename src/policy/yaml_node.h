// Looking at libyaml's nodes.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <yaml.h>

// Both NULL: there is none.
struct yaml_pair {
    const yaml_node_t *key, *value;
};

size_t yaml_node_items(const yaml_node_t *list);
const yaml_node_t *yaml_node_item(yaml_document_t *document, const yaml_node_t *list, size_t i);
size_t yaml_node_pairs(const yaml_node_t *map);
struct yaml_pair yaml_node_pair(yaml_document_t *document, const yaml_node_t *map, size_t i);

// The first key of the map itself that reads so; NULL when there is none.
const yaml_node_t *yaml_node_key(yaml_document_t *document, const yaml_node_t *map,
                                 const char *key);

// A key with its value, also when a merge key brings it in. For documents that were converted (they
// have no endless merges). Anything else than a map has no keys.
struct yaml_pair yaml_node_find(yaml_document_t *document, const yaml_node_t *map, const char *key);

bool yaml_node_is_merge_key(const yaml_node_t *key);
bool yaml_node_is_null(const yaml_node_t *node);

bool yaml_text_is(const char *text, const char *lower_case); // without regard to case
bool yaml_text_number(const char *text, json_int_t *number); // [0-9]+ below 2^63
