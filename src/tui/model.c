#include "tui/model.h"

#include <stdio.h>
#include <string.h>

const char *const direction_names[DIRECTIONS] = {"all", "in", "out", "neither"};

enum { ARENA_BLOCK = 1 << 16 };

void metrics_init(struct metrics *metrics)
{
    *metrics = (struct metrics){0};
    arena_init(&metrics->arena, ARENA_BLOCK, 0);
}

void policies_init(struct policies *policies)
{
    *policies = (struct policies){0};
    arena_init(&policies->arena, ARENA_BLOCK, 0);
}

void model_init(struct model *model)
{
    memset(model, 0, sizeof *model);
    metrics_init(&model->metrics);
    policies_init(&model->policies);
    model->window_most = PERIODS_MOST;
}

void model_done(struct model *model)
{
    arena_done(&model->metrics.arena);
    arena_done(&model->policies.arena);
}

const struct handler *model_handler(const struct model *model, enum family family)
{
    const struct handler *first = NULL;
    for (unsigned i = 0; i < model->metrics.count; i++) {
        const struct handler *handler = &model->metrics.handlers[i];
        if (handler->family != family)
            continue;
        if (strcmp(handler->name, model->chosen[family]) == 0)
            return handler;
        first = first ? first : handler;
    }
    return first;
}

const struct fact_value *handler_value(const struct handler *handler, enum fact fact,
                                       enum direction direction)
{
    if (!handler || fact_rows[fact].family != handler->family)
        return NULL;
    const struct fact_value *value = &handler->values[fact][direction];
    return value->present ? value : NULL;
}

void model_forget_metrics(struct model *model)
{
    arena_done(&model->metrics.arena);
    metrics_init(&model->metrics);
    model->has_metrics = false;
}

void model_choose_policy(struct model *model, const char *name)
{
    snprintf(model->policy, sizeof model->policy, "%s", name);
    memset(model->chosen, 0, sizeof model->chosen);
    history_clear(&model->history);
    model_forget_metrics(model);
    model->window_most = PERIODS_MOST;
    *model->note = 0;
}

// Times of another window are no continuation of those before; live rates are the same in all.
void model_choose_window(struct model *model, unsigned window)
{
    model->window = window;
    *model->note = 0;
    for (unsigned fact = 0; fact < FACTS; fact++)
        if (fact_rows[fact].kind == FACT_QUANTILES)
            history_forget(&model->history, (enum fact)fact);
}

void model_choose_handler(struct model *model, enum family family, const char *name)
{
    if (strcmp(model->chosen[family], name) == 0)
        return;
    snprintf(model->chosen[family], sizeof model->chosen[family], "%s", name);
    for (unsigned fact = 0; fact < FACTS; fact++)
        if (fact_rows[fact].family == family)
            history_forget(&model->history, (enum fact)fact);
}

// Rates leave their last second, times their 90th percentile.
static void remember(struct model *model, enum fact fact)
{
    const struct fact_row *row = &fact_rows[fact];
    const struct fact_value *value =
        handler_value(model_handler(model, row->family), fact, DIRECTION_ALL);
    if (!value)
        return;
    if (row->kind == FACT_RATE && value->quantiles.has_live)
        history_set(&model->history, fact, value->quantiles.live);
    if (row->kind == FACT_QUANTILES && value->quantiles.has_quantiles)
        history_set(&model->history, fact, value->quantiles.p90);
}

void model_take_metrics(struct model *model, struct metrics *metrics, int64_t now)
{
    arena_done(&model->metrics.arena);
    model->metrics = *metrics;
    model->has_metrics = true;
    model->seen = now;
    *model->note = 0;
    history_step(&model->history);
    for (unsigned fact = 0; fact < FACTS; fact++)
        if (fact_rows[fact].kind == FACT_RATE || fact_rows[fact].kind == FACT_QUANTILES)
            remember(model, (enum fact)fact);
}

// What the inputs cost comes in later answers: until then it is what it was.
static void keep_resources(const struct policies *before, struct policies *policies)
{
    for (unsigned i = 0; i < policies->inputs_count; i++) {
        struct input *input = &policies->inputs[i];
        for (unsigned k = 0; k < before->inputs_count; k++) {
            if (strcmp(before->inputs[k].name, input->name) != 0)
                continue;
            input->cpu = before->inputs[k].cpu;
            input->memory = before->inputs[k].memory;
        }
    }
}

void model_take_policies(struct model *model, struct policies *policies)
{
    keep_resources(&model->policies, policies);
    arena_done(&model->policies.arena);
    model->policies = *policies;
    model->has_policies = true;
}

void model_take_resources(struct input *input, const struct metrics *metrics)
{
    for (unsigned i = 0; i < metrics->count; i++) {
        const struct handler *handler = &metrics->handlers[i];
        const struct fact_value *cpu = handler_value(handler, FACT_RESOURCES_CPU, DIRECTION_ALL);
        const struct fact_value *memory =
            handler_value(handler, FACT_RESOURCES_MEMORY, DIRECTION_ALL);
        if (cpu)
            input->cpu = cpu->quantiles;
        if (memory)
            input->memory = memory->quantiles;
    }
}
