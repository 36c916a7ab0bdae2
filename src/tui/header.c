#include "base/clock.h"
#include "tui/layout.h"
#include "tui/printable.h"

#include <stdio.h>
#include <string.h>

enum { WITH_PROGRAM = 96, TEXT_MAX = 320 };

static void window_text(const struct model *model, char *out, size_t size)
{
    if (model->window == WINDOW_LIVE)
        snprintf(out, size, "this minute");
    else if (model->window == WINDOW_CLOSED)
        snprintf(out, size, "last minute");
    else
        snprintf(out, size, "last %u min", model->window);
}

// When the window begins and how long it is, as the first handler says.
static void time_text(const struct model *model, char *out, size_t size)
{
    *out = 0;
    if (!model->has_metrics || model->metrics.count == 0)
        return;
    const struct handler *first = &model->metrics.handlers[0];
    char clock[FORMAT_ROOM];
    format_clock(first->start, clock);
    snprintf(out, size, "from %s UTC, %llu s", clock, (unsigned long long)first->length);
}

static enum style state_text(const struct scene *scene, int64_t now, char *out, size_t size)
{
    const struct model *model = scene->model;
    const struct glyphs *glyphs = scene->view->glyphs;
    char age[FORMAT_ROOM];
    format_age((now - model->seen) / CLOCK_SECOND, age);
    if (*model->trouble && model->has_metrics)
        snprintf(out, size, "%s %s old ", glyphs->away, age);
    else if (*model->trouble)
        snprintf(out, size, "%s no answer ", glyphs->away);
    else if (scene->view->paused)
        snprintf(out, size, "%s stopped, %s old ", glyphs->paused, age);
    else if (model->has_metrics || *model->note)
        snprintf(out, size, "%s live ", glyphs->live);
    else
        snprintf(out, size, "%s asking ", glyphs->away);
    return *model->trouble ? STYLE_ALARM : scene->view->paused ? STYLE_WARNING : STYLE_BAR;
}

// Where the agent is, which policy, which window; what is long gives way.
static void draw_top(const struct scene *scene, struct area line, const char *window)
{
    const struct model *model = scene->model;
    const char *gap = scene->view->glyphs->gap;
    char agent[TEXT_MAX];
    snprintf(agent, sizeof agent, *model->agent_version ? "%s (%s)" : "%s", model->endpoint,
             model->agent_version);
    unsigned column = 1;
    if (line.width >= WITH_PROGRAM)
        column = area_text(line, 0, column, STYLE_BAR, "pktvisor-cli " PKTVISOR_VERSION "   ");
    unsigned fixed = column + printable_width(window) + 6;
    unsigned room = line.width > fixed ? line.width - fixed : 0;
    unsigned policy = printable_width(model->policy), wanted = printable_width(agent);
    if (policy + wanted > room)
        policy = policy < room / 2 ? policy : room / 2;
    wanted = wanted < room - policy ? wanted : room - policy;
    column = area_name(line, 0, column, wanted, STYLE_BAR, agent, gap);
    column = area_name(line, 0, column + 3, policy, STYLE_BAR, model->policy, gap);
    area_text(line, 0, column + 3, STYLE_BAR, window);
}

static void draw_tabs(const struct scene *scene, struct area line)
{
    unsigned column = 0;
    char text[TEXT_MAX];
    for (unsigned page = 0; page < PAGES; page++) {
        bool on = page == scene->view->page;
        snprintf(text, sizeof text, " %u %s ", page + 1, page_rows[page].title);
        column = area_text(line, 0, column, on ? STYLE_TAB_ON : STYLE_TAB, text);
    }
    time_text(scene->model, text, sizeof text);
    if (column + printable_width(text) + 2 <= line.width)
        area_right(line, 0, column, line.width - column - 1, STYLE_SHARE, text);
}

void header_draw(const struct scene *scene, struct area area, int64_t now)
{
    char state[TEXT_MAX], window[TEXT_MAX];
    struct area top = area_part(area, 0, 0, 1, area.width);
    area_fill(top, STYLE_BAR);
    window_text(scene->model, window, sizeof window);
    if (scene->view->once) {
        char time[TEXT_MAX];
        time_text(scene->model, time, sizeof time);
        unsigned taken = printable_width(time);
        draw_top(scene, area_part(top, 0, 0, 1, top.width - taken), window);
        area_right(top, 0, top.width - taken, taken, STYLE_BAR, time);
        return;
    }
    enum style style = state_text(scene, now, state, sizeof state);
    unsigned width = printable_width(state) + 1;
    draw_top(scene, area_part(top, 0, 0, 1, top.width - width), window);
    area_right(top, 0, top.width - width, width, style, state);
    draw_tabs(scene, area_part(area, 1, 0, 1, area.width));
}
