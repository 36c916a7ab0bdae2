#include "policy/report.h"

#include "base/memory.h"

#include <string.h>

enum { SHOWN_PATH_MAX = 200 };

static void free_text(const char *text)
{
    mem_free((void *)(uintptr_t)text);
}

static void fault_done(struct fault *fault)
{
    free_text(fault->path);
    free_text(fault->text);
    free_text(fault->detail);
    free_text(fault->hint);
}

void fault_list_done(struct fault_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        fault_done(&list->faults[i]);
    mem_free(list->faults);
    *list = (struct fault_list){0};
}

void fault_list_no_memory(struct fault_list *list)
{
    list->no_memory = true;
}

static bool is_known(const struct fault_list *list, const struct fault *fault)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->faults[i].path, fault->path) == 0)
            return true;
    return false;
}

static bool copy_text(const char **to, const char *text)
{
    *to = text ? mem_strdup(text) : NULL;
    return !text || *to;
}

static bool append(struct fault_list *list, const struct fault *fault)
{
    if (!list->faults && !(list->faults = mem_calloc(FAULTS_MAX, sizeof *list->faults)))
        return false;
    struct fault copy = {.line = fault->line, .column = fault->column};
    if (copy_text(&copy.path, fault->path) && copy_text(&copy.text, fault->text) &&
        copy_text(&copy.detail, fault->detail) && copy_text(&copy.hint, fault->hint)) {
        list->faults[list->count++] = copy;
        return true;
    }
    fault_done(&copy);
    return false;
}

void fault_list_add(struct fault_list *list, const struct fault *fault)
{
    if (is_known(list, fault))
        return;
    if (list->count == FAULTS_MAX)
        list->left_out++;
    else if (!append(list, fault))
        list->no_memory = true;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

void fault_list_reword(struct fault_list *list, const char *text_end, const char *path_end,
                       const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        struct fault *fault = &list->faults[i];
        if (!ends_with(fault->text, text_end) || !ends_with(fault->path, path_end))
            continue;
        char *copy = mem_strdup(text);
        if (!copy) {
            list->no_memory = true;
            return;
        }
        free_text(fault->text);
        fault->text = copy;
    }
}

void fault_list_move_last(struct fault_list *list, const char *text_begin)
{
    struct fault late[FAULTS_MAX];
    size_t n_late = 0, kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        bool is_late = strncmp(list->faults[i].text, text_begin, strlen(text_begin)) == 0;
        if (is_late)
            late[n_late++] = list->faults[i];
        else
            list->faults[kept++] = list->faults[i];
    }
    if (n_late)
        memcpy(&list->faults[kept], late, n_late * sizeof *late);
}

bool fault_list_first(const struct fault_list *list, const char *file, struct error *err)
{
    if (list->count == 0)
        return error_set(err, ERROR_MEMORY, "no memory for the document");
    const struct fault *first = &list->faults[0];
    error_set(err, ERROR_INVALID, "%s", first->text);
    if (file && first->line)
        error_prefix(err, "%s:%u:%u", file, first->line, first->column);
    else if (file)
        error_prefix(err, "%s", file);
    return false;
}

void fault_add_help(const struct fault *fault, struct buffer *line)
{
    if (!fault->detail && !fault->hint)
        return;
    buffer_printf(line, " (%s%s", fault->detail ? fault->detail : "",
                  fault->detail && fault->hint ? "; " : "");
    if (fault->hint)
        buffer_printf(line, "did you mean '%s'?", fault->hint);
    buffer_add_char(line, ')');
}

void fault_add_place(const struct fault *fault, const char *file, struct buffer *line)
{
    buffer_add_text(line, file);
    if (fault->line)
        buffer_printf(line, ":%u:%u", fault->line, fault->column);
}

void fault_say(const struct fault *fault, const char *file, struct buffer *line)
{
    fault_add_place(fault, file, line);
    buffer_printf(line, ": %.*s%s%s", SHOWN_PATH_MAX, fault->path, *fault->path ? ": " : "",
                  fault->text);
    fault_add_help(fault, line);
}
