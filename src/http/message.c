#include "http/message.h"

#include "http/rendering.h"

#include <stdio.h>
#include <strings.h>

static const char *field_value(const struct http_field *fields, unsigned n, const char *name)
{
    for (unsigned i = 0; i < n; i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].value;
    return NULL;
}

const char *http_parameter(const struct http_request *request, const char *name)
{
    return field_value(request->parameters, request->n_parameters, name);
}

const char *http_query(const struct http_request *request, const char *name)
{
    return field_value(request->query, request->n_query, name);
}

const char *http_header(const struct http_request *request, const char *name)
{
    return request->header ? request->header(request->source, name) : NULL;
}

bool http_is_type(const char *content_type, const char *type)
{
    size_t len = strlen(type);
    if (!content_type)
        return false;
    content_type += strspn(content_type, " \t");
    if (strncasecmp(content_type, type, len) != 0)
        return false;
    const char *rest = content_type + len;
    rest += strspn(rest, " \t");
    return *rest == 0 || *rest == ';';
}

static void add_json_text(struct buffer *body, const char *text)
{
    static const char hex[] = "0123456789abcdef";
    buffer_add_char(body, '"');
    for (const char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte == '"' || byte == '\\') {
            buffer_add_char(body, '\\');
            buffer_add_char(body, *c);
        } else if (byte == '\n') {
            buffer_add_text(body, "\\n");
        } else if (byte < 0x20 || byte == 0x7f) {
            buffer_add_text(body, "\\u00");
            buffer_add_char(body, hex[byte >> 4]);
            buffer_add_char(body, hex[byte & 15]);
        } else {
            buffer_add_char(body, *c);
        }
    }
    buffer_add_char(body, '"');
}

void http_answer_error(struct http_response *response, unsigned status, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    response->status = status;
    response->content_type = HTTP_TYPE_JSON;
    buffer_clear(&response->body);
    buffer_add_text(&response->body, "{\"error\":");
    add_json_text(&response->body, text);
    buffer_add_char(&response->body, '}');
}

void http_answer_header(struct http_response *response, const char *name, const char *format, ...)
{
    if (response->n_extra == HTTP_EXTRA_MAX)
        return;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(response->extra[response->n_extra].value, HTTP_HEADER_VALUE, format, args);
    va_end(args);
    if (len < 0 || len >= HTTP_HEADER_VALUE)
        return;
    response->extra[response->n_extra++].name = name;
}

void http_response_done(struct http_response *response)
{
    buffer_done(&response->body);
    http_rendering_release(response->shared);
    response->shared = NULL;
}
