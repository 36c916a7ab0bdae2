#include "tui/choices.h"

#include "tui/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_policies(const void *a, const void *b, void *context)
{
    const struct view *view = context;
    const struct policy *left = *(const void *const *)a, *right = *(const void *const *)b;
    int by = (left->cpu_seconds < right->cpu_seconds) - (left->cpu_seconds > right->cpu_seconds);
    if (view->sort == SORT_NAME || by == 0)
        by = strcmp(left->name, right->name);
    return view->reverse ? -by : by;
}

void choices_of_policies(const struct scene *scene, struct choices *choices)
{
    const struct policies *policies = &scene->model->policies;
    choices->count = 0;
    for (unsigned i = 0; i < policies->count; i++) {
        const struct policy *policy = &policies->policies[i];
        if (!policy->resources && view_passes(scene->view, policy->name))
            choices->items[choices->count++] = policy;
    }
    struct view view = *scene->view;
    qsort_r(choices->items, choices->count, sizeof *choices->items, compare_policies, &view);
}

void choices_of_handlers(const struct scene *scene, struct choices *choices)
{
    const struct metrics *metrics = &scene->model->metrics;
    choices->count = 0;
    for (unsigned i = 0; i < metrics->count; i++)
        if (view_passes(scene->view, metrics->handlers[i].name))
            choices->items[choices->count++] = &metrics->handlers[i];
}

void choices_of(const struct scene *scene, struct choices *choices)
{
    choices->count = 0;
    if (scene->view->overlay == OVERLAY_POLICIES)
        choices_of_policies(scene, choices);
    else if (scene->view->overlay == OVERLAY_HANDLERS)
        choices_of_handlers(scene, choices);
}

unsigned picker_height(const struct scene *scene)
{
    struct choices choices;
    choices_of(scene, &choices);
    return TITLE_LINES + (choices.count ? choices.count : 1);
}

static void draw_choice(const struct scene *scene, const void *item, struct area line)
{
    const char *gap = scene->view->glyphs->gap;
    char more[NAME_MAX_BYTES];
    const char *name;
    if (scene->view->overlay == OVERLAY_POLICIES) {
        const struct policy *policy = item;
        name = policy->name;
        snprintf(more, sizeof more, "%.150s, %u handler%s", policy->inputs, policy->handlers,
                 policy->handlers == 1 ? "" : "s");
    } else {
        const struct handler *handler = item;
        name = handler->name;
        snprintf(more, sizeof more, "%s %u.0", family_names[handler->family], handler->version);
    }
    unsigned half = line.width / 2;
    area_name(line, 0, 2, half > 2 ? half - 2 : 0, STYLE_VALUE, name, gap);
    area_name(line, 0, half + 1, line.width - half - 1, STYLE_SHARE, more, gap);
}

void picker_draw(const struct scene *scene, struct area area)
{
    struct choices choices;
    const struct view *view = scene->view;
    bool policies = view->overlay == OVERLAY_POLICIES;
    choices_of(scene, &choices);
    draw_title(scene, area, STYLE_TITLE,
               policies ? "choose a policy" : "choose the handler that is shown",
               "Enter takes it, Esc goes back");
    for (unsigned i = 0; i < choices.count; i++) {
        struct area line = area_part(area, TITLE_LINES + i, 0, 1, area.width);
        draw_choice(scene, choices.items[i], line);
        if (i == view->picked) {
            area_restyle(line, STYLE_FOCUS);
            area_text(line, 0, 0, STYLE_FOCUS, view->glyphs->chosen);
        }
    }
    if (choices.count == 0)
        area_text(area, TITLE_LINES, 2, STYLE_SHARE,
                  *view->filter ? "none passes the filter"
                  : policies    ? "the agent has none"
                                : "the policy has none that is shown here");
}
