#include "agent/api_parts.h"

enum { DUMP = JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY };

static int add_to_buffer(const char *text, size_t len, void *buffer)
{
    buffer_add(buffer, text, len);
    return 0;
}

void api_answer_json(struct http_response *response, unsigned status, json_t *document)
{
    bool good = document && json_dump_callback(document, add_to_buffer, &response->body, DUMP) == 0;
    json_decref(document);
    response->status = status;
    response->content_type = HTTP_TYPE_JSON;
    if (!good)
        http_answer_error(response, 500, "out of memory");
}

void api_answer_text(struct http_response *response, unsigned status, const char *text)
{
    response->status = status;
    response->content_type = HTTP_TYPE_TEXT;
    buffer_clear(&response->body);
    buffer_add_text(&response->body, text);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

static json_t *fault_json(const struct fault *fault)
{
    json_t *object = json_object();
    set_text(object, "path", fault->path);
    set_text(object, "text", fault->detail ? fault->detail : fault->text);
    set_text(object, "hint", fault->hint);
    if (fault->line) {
        json_object_set_new(object, "line", json_integer(fault->line));
        json_object_set_new(object, "column", json_integer(fault->column));
    }
    return object;
}

void api_answer_faults(struct http_response *response, unsigned status,
                       const struct fault_list *faults)
{
    if (faults->count == 0 || faults->no_memory) {
        http_answer_error(response, 500, "out of memory");
        return;
    }
    json_t *document = json_object(), *errors = json_array();
    set_text(document, "error", faults->faults[0].text);
    for (size_t i = 0; i < faults->count; i++)
        json_array_append_new(errors, fault_json(&faults->faults[i]));
    bool whole = json_array_size(errors) == faults->count;
    if (faults->left_out)
        json_object_set_new(document, "errors_left_out",
                            json_integer((json_int_t)faults->left_out));
    if (json_object_set_new(document, "errors", errors) != 0 || !whole) {
        json_decref(document);
        document = NULL;
    }
    api_answer_json(response, status, document);
}
