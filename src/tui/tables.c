// The tables of the last page: policies and their cost, inputs and their resources, handlers.
#include "tui/choices.h"
#include "tui/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN(name) \
    static void name(const struct scene *scene, const void *of, char out[static TABLE_TEXT_MAX])

static void put_count(uint64_t count, char out[static TABLE_TEXT_MAX])
{
    char text[FORMAT_ROOM];
    format_count(count, text);
    snprintf(out, TABLE_TEXT_MAX, "%s", text);
}

static void put_value(const struct scene *scene, bool known, double value, enum unit unit,
                      char out[static TABLE_TEXT_MAX])
{
    char text[FORMAT_ROOM] = "";
    if (known)
        format_value(value, unit, scene->model->ascii, text);
    snprintf(out, TABLE_TEXT_MAX, "%s", text);
}

COLUMN(policy_name)
{
    (void)scene;
    snprintf(out, TABLE_TEXT_MAX, "%s", ((const struct policy *)of)->name);
}

COLUMN(policy_inputs)
{
    (void)scene;
    snprintf(out, TABLE_TEXT_MAX, "%s", ((const struct policy *)of)->inputs);
}

COLUMN(policy_state)
{
    (void)scene;
    snprintf(out, TABLE_TEXT_MAX, "%s", ((const struct policy *)of)->state);
}

COLUMN(policy_handlers)
{
    (void)scene;
    put_count(((const struct policy *)of)->handlers, out);
}

COLUMN(policy_cpu)
{
    const struct policy *policy = of;
    put_value(scene, policy->has_cost, policy->cpu_seconds * 1e6, UNIT_MICROSECONDS, out);
}

COLUMN(policy_per_packet)
{
    const struct policy *policy = of;
    put_value(scene, policy->has_cost, policy->ns_per_packet, UNIT_NUMBER, out);
}

COLUMN(policy_memory)
{
    const struct policy *policy = of;
    put_value(scene, policy->has_cost, (double)policy->memory_bytes, UNIT_BYTES, out);
}

COLUMN(policy_series)
{
    const struct policy *policy = of;
    put_value(scene, policy->has_cost, (double)policy->series, UNIT_NUMBER, out);
}

static const struct table_column policy_columns[] = {
    {"policy", 0, 0, true, policy_name},    {"inputs", 14, 76, true, policy_inputs},
    {"state", 9, 0, true, policy_state},    {"handlers", 9, 0, false, policy_handlers},
    {"cpu time", 9, 0, false, policy_cpu},  {"ns/packet", 10, 90, false, policy_per_packet},
    {"memory", 8, 0, false, policy_memory}, {"series", 7, 82, false, policy_series},
};
static const struct table policy_table = {policy_columns, 8};

COLUMN(input_name)
{
    const struct input *input = of;
    (void)scene;
    snprintf(out, TABLE_TEXT_MAX, "%.120s%s%.120s", input->tap, *input->source ? " " : "",
             input->source);
}

COLUMN(input_state)
{
    (void)scene;
    snprintf(out, TABLE_TEXT_MAX, "%s", ((const struct input *)of)->state);
}

COLUMN(input_seen)
{
    const struct input *input = of;
    put_value(scene, input->has_status, (double)input->seen, UNIT_NUMBER, out);
}

COLUMN(input_matched)
{
    const struct input *input = of;
    put_value(scene, input->has_status, (double)input->matched, UNIT_NUMBER, out);
}

COLUMN(input_dropped)
{
    const struct input *input = of;
    put_value(scene, input->has_status, (double)(input->dropped + input->if_dropped), UNIT_NUMBER,
              out);
}

COLUMN(input_malformed)
{
    const struct input *input = of;
    put_value(scene, input->has_status, (double)input->malformed, UNIT_NUMBER, out);
}

COLUMN(input_cpu)
{
    const struct input *input = of;
    put_value(scene, input->cpu.has_quantiles, input->cpu.p50, UNIT_PERCENT, out);
}

COLUMN(input_cpu_most)
{
    const struct input *input = of;
    put_value(scene, input->cpu.has_quantiles, input->cpu.p99, UNIT_PERCENT, out);
}

COLUMN(input_memory)
{
    const struct input *input = of;
    put_value(scene, input->memory.has_quantiles, input->memory.p50, UNIT_BYTES, out);
}

static const struct table_column input_columns[] = {
    {"input", 0, 0, true, input_name},       {"state", 9, 0, true, input_state},
    {"seen", 6, 0, false, input_seen},       {"matched", 8, 80, false, input_matched},
    {"dropped", 8, 0, false, input_dropped}, {"malformed", 10, 90, false, input_malformed},
    {"cpu p50", 8, 0, false, input_cpu},     {"cpu p99", 8, 100, false, input_cpu_most},
    {"memory", 8, 0, false, input_memory},
};
static const struct table input_table = {input_columns, 9};

COLUMN(handler_name)
{
    (void)scene;
    snprintf(out, TABLE_TEXT_MAX, "%s", ((const struct handler *)of)->name);
}

COLUMN(handler_kind)
{
    const struct handler *handler = of;
    (void)scene;
    snprintf(out, TABLE_TEXT_MAX, "%s %u.0", family_names[handler->family], handler->version);
}

COLUMN(handler_complete)
{
    const struct handler *handler = of;
    (void)scene;
    snprintf(out, TABLE_TEXT_MAX, "%s",
             !handler->incomplete ? "complete"
             : handler->reasons   ? handler->reasons
                                  : "not complete");
}

static const struct table_column handler_columns[] = {
    {"handler", 0, 0, true, handler_name},
    {"kind", 14, 0, true, handler_kind},
    {"data", 24, 0, true, handler_complete},
};
static const struct table handler_table = {handler_columns, 3};

static unsigned policies_height(const struct scene *scene, const struct element *element,
                                unsigned width)
{
    (void)element;
    (void)width;
    struct choices choices;
    choices_of_policies(scene, &choices);
    return choices.count ? TITLE_LINES + 1 + choices.count : 0;
}

static void policies_draw(const struct scene *scene, const struct element *element,
                          struct area area)
{
    struct choices choices;
    choices_of_policies(scene, &choices);
    draw_title(scene, area, STYLE_TITLE, element->title, "");
    table_heads(scene, &policy_table, area_part(area, TITLE_LINES, 0, 1, area.width));
    for (unsigned i = 0; i < choices.count; i++) {
        const struct policy *policy = choices.items[i];
        table_row(scene, &policy_table, policy, strcmp(policy->name, scene->model->policy) == 0,
                  area_part(area, TITLE_LINES + 1 + i, 0, 1, area.width));
    }
}

static unsigned inputs_height(const struct scene *scene, const struct element *element,
                              unsigned width)
{
    (void)element;
    (void)width;
    unsigned lines = 0;
    for (unsigned i = 0; i < scene->model->policies.inputs_count; i++)
        lines += scene->model->policies.inputs[i].reasons ? 2 : 1;
    return lines ? TITLE_LINES + 1 + lines : 0;
}

static void inputs_draw(const struct scene *scene, const struct element *element, struct area area)
{
    const struct policies *policies = &scene->model->policies;
    draw_title(scene, area, STYLE_TITLE, element->title, "");
    table_heads(scene, &input_table, area_part(area, TITLE_LINES, 0, 1, area.width));
    unsigned line = TITLE_LINES + 1;
    for (unsigned i = 0; i < policies->inputs_count; i++) {
        const struct input *input = &policies->inputs[i];
        table_row(scene, &input_table, input, false, area_part(area, line++, 0, 1, area.width));
        if (!input->reasons)
            continue;
        unsigned column = area_text(area, line, 4, STYLE_SHARE, "malformed: ");
        area_name(area, line++, column, area.width - column, STYLE_SHARE, input->reasons,
                  scene->view->glyphs->gap);
    }
}

static unsigned handlers_height(const struct scene *scene, const struct element *element,
                                unsigned width)
{
    (void)element;
    (void)width;
    const struct metrics *metrics = &scene->model->metrics;
    unsigned lines = metrics->count + metrics->others_count + (metrics->left_out > 0);
    return lines ? TITLE_LINES + 1 + lines : 0;
}

static void handlers_draw(const struct scene *scene, const struct element *element,
                          struct area area)
{
    const struct metrics *metrics = &scene->model->metrics;
    draw_title(scene, area, STYLE_TITLE, element->title, scene->model->policy);
    unsigned line = TITLE_LINES;
    table_heads(scene, &handler_table, area_part(area, line++, 0, 1, area.width));
    for (unsigned i = 0; i < metrics->count; i++) {
        const struct handler *handler = &metrics->handlers[i];
        table_row(scene, &handler_table, handler,
                  handler == model_handler(scene->model, handler->family),
                  area_part(area, line++, 0, 1, area.width));
    }
    for (unsigned i = 0; i < metrics->others_count; i++) {
        unsigned column = area_text(area, line, 2, STYLE_SHARE, "not shown here: ");
        area_name(area, line++, column, area.width - column, STYLE_SHARE, metrics->others[i],
                  scene->view->glyphs->gap);
    }
    char text[64];
    snprintf(text, sizeof text, "%u more, beyond the %d that are read", metrics->left_out,
             HANDLERS_MAX);
    if (metrics->left_out)
        area_text(area, line, 2, STYLE_WARNING, text);
}

const struct element_class policies_class = {policies_height, policies_draw};
const struct element_class inputs_class = {inputs_height, inputs_draw};
const struct element_class handlers_class = {handlers_height, handlers_draw};
