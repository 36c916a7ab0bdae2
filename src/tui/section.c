// A family of handlers: rates and times under heads in the title's line, then counts in columns.
//
//     ── network ───────── live ── p50 ── p90 ── p99  trend ──────────
//     packets/s             976    999  1,016  1,058  ▃▄▅▆▇█▇▆▅
//     total     1,234       udp         617  50%  tcp         600  49%
#include "tui/element.h"
#include "tui/printable.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    CELL_STRIDE = 20, // least width of a count with the gap behind it
    LABEL_WIDTH = 16,
    COLUMN_WIDTH = FORMAT_VALUE_WIDTH + 1,
    WIDE = 70, // columns from which p95 has a place
};

typedef unsigned fact_list[FACTS];

// Facts of the kinds from `first` to `last` that are shown, in the order of the table.
static unsigned collect(const struct scene *scene, enum family family, enum fact_kind first,
                        enum fact_kind last, fact_list list, unsigned count)
{
    const struct handler *handler = model_handler(scene->model, family);
    for (unsigned fact = FACT_NONE + 1; handler && fact < FACTS; fact++) {
        enum fact_kind kind = fact_rows[fact].kind;
        if (kind >= first && kind <= last && fact_shown(scene, handler, (enum fact)fact))
            list[count++] = fact;
    }
    return count;
}

static unsigned collect_counts(const struct scene *scene, const struct element *element,
                               fact_list list)
{
    unsigned count = collect(scene, element->family, FACT_COUNT, FACT_COUNT, list, 0);
    if (element->beside < FAMILIES)
        count = collect(scene, element->beside, FACT_COUNT, FACT_COUNT, list, count);
    return count;
}

static unsigned per_line(unsigned width)
{
    return width + 1 >= 2 * CELL_STRIDE ? (width + 1) / CELL_STRIDE : 1;
}

static bool incomplete(const struct scene *scene, const struct element *element)
{
    const struct handler *handler = model_handler(scene->model, element->family);
    return handler && handler->incomplete;
}

static unsigned height(const struct scene *scene, const struct element *element, unsigned width)
{
    fact_list list;
    unsigned counts = collect_counts(scene, element, list), cells = per_line(width);
    unsigned rates = collect(scene, element->family, FACT_RATE, FACT_QUANTILES, list, 0);
    if (counts + rates == 0)
        return 0;
    return TITLE_LINES + rates + (counts + cells - 1) / cells + incomplete(scene, element);
}

static double count_of(const struct handler *handler, enum fact fact, enum direction direction)
{
    const struct fact_value *value = handler_value(handler, fact, direction);
    return value ? (double)value->count : 0;
}

// What is not counted by direction is a part of the sum over them.
static enum direction direction_of(const struct scene *scene, const struct handler *handler,
                                   enum fact fact)
{
    const char *path = handler ? fact_rows[fact].paths[handler->version - 1] : NULL;
    return path && *path == '*' ? scene->view->direction : DIRECTION_ALL;
}

// What a count is a part of. What only deep samples have counted is a part of those.
double fact_base(const struct scene *scene, const struct handler *handler, enum fact fact)
{
    static const enum fact sampled[FAMILIES][2] = {
        [FAMILY_DNS] = {FACT_DNS_DEEP, FACT_DNS_EVENTS},
        [FAMILY_NET] = {FACT_NET_DEEP, FACT_NET_EVENTS},
        [FAMILY_DHCP] = {FACT_DHCP_DEEP, FACT_DHCP_EVENTS},
    };
    const struct fact_row *row = &fact_rows[fact];
    enum direction direction = direction_of(scene, handler, fact);
    double base = row->base ? count_of(handler, row->base, direction) : 0;
    const enum fact *share = sampled[row->family];
    bool is_sampled = row->kind == FACT_TOP || (row->flags & FACT_SAMPLED);
    if (base > 0 && is_sampled && share[0]) {
        double deep = count_of(handler, share[0], DIRECTION_ALL);
        double events = count_of(handler, share[1], DIRECTION_ALL);
        base = deep > 0 && deep < events ? base * deep / events : base;
    }
    return base;
}

static void draw_count(const struct scene *scene, enum fact fact, struct area cell)
{
    const struct fact_row *row = &fact_rows[fact];
    const struct handler *handler = model_handler(scene->model, row->family);
    double value = count_of(handler, fact, scene->view->direction);
    char number[FORMAT_ROOM], share[FORMAT_ROOM];
    format_count((uint64_t)value, number);
    format_share(value, value > 0 ? fact_base(scene, handler, fact) : 0, share);
    unsigned digits = (unsigned)strlen(number);
    unsigned behind = cell.width > FORMAT_SHARE_WIDTH + 1 ? cell.width - FORMAT_SHARE_WIDTH - 1 : 0;
    unsigned room = behind > digits + 1 ? behind - digits - 1 : 0;
    area_name(cell, 0, 0, room, STYLE_LABEL, row->label, scene->view->glyphs->gap);
    enum style style = !(value > 0)              ? STYLE_SHARE
                       : row->flags & FACT_ALARM ? STYLE_ALARM
                                                 : STYLE_VALUE;
    area_right(cell, 0, behind - digits, digits, style, number);
    area_right(cell, 0, behind + 1, FORMAT_SHARE_WIDTH, STYLE_SHARE, share);
}

static unsigned draw_counts(const struct scene *scene, const struct element *element,
                            struct area area, unsigned row)
{
    fact_list list;
    unsigned count = collect_counts(scene, element, list);
    unsigned cells = per_line(area.width), stride = (area.width + 1) / cells;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = i % cells, line = row + i / cells;
        draw_count(scene, (enum fact)list[i], area_part(area, line, at * stride, 1, stride - 1));
    }
    return row + (count + cells - 1) / cells;
}

struct quantity {
    const char *title;
    bool wide; // has a place on wide screens only
};
enum { LIVE, QUANTITIES = 5 };
static const struct quantity quantities[QUANTITIES] = {
    [LIVE] = {"live", false}, {"p50", false}, {"p90", false}, {"p95", true}, {"p99", false}};

static double quantity_of(const struct quantiles *quantiles, unsigned which)
{
    const double values[QUANTITIES] = {quantiles->live, quantiles->p50, quantiles->p90,
                                       quantiles->p95, quantiles->p99};
    bool has = which == LIVE ? quantiles->has_live : quantiles->has_quantiles;
    return has ? values[which] : (double)NAN;
}

static bool has_place(struct area area, unsigned which)
{
    return area.width >= WIDE || !quantities[which].wide;
}

static void draw_head(struct area area, unsigned column, const char *text)
{
    unsigned width = printable_width(text);
    area_text(area, 0, column - 1, STYLE_RULE, " ");
    area_text(area, 0, column, STYLE_SHARE, text);
    area_text(area, 0, column + width, STYLE_RULE, " ");
}

static void draw_heads(const struct scene *scene, struct area area)
{
    unsigned column = LABEL_WIDTH;
    for (unsigned i = 0; i < QUANTITIES; i++) {
        if (!has_place(area, i))
            continue;
        column += COLUMN_WIDTH;
        draw_head(area, column - printable_width(quantities[i].title), quantities[i].title);
    }
    if (!scene->view->once)
        draw_head(area, column + 2, "trend");
}

static void draw_quantities(const struct scene *scene, enum fact fact, struct area area,
                            unsigned row)
{
    const struct fact_row *is = &fact_rows[fact];
    const struct handler *handler = model_handler(scene->model, is->family);
    const struct fact_value *value = handler_value(handler, fact, scene->view->direction);
    const struct history *history = &scene->model->history;
    unsigned column = LABEL_WIDTH;
    area_name(area, row, 0, LABEL_WIDTH, STYLE_LABEL, is->label, scene->view->glyphs->gap);
    for (unsigned i = 0; i < QUANTITIES; i++) {
        double number = quantity_of(&value->quantiles, i);
        char text[FORMAT_ROOM] = "";
        if (!has_place(area, i))
            continue;
        if (!isnan(number))
            format_value(number, is->unit, scene->model->ascii, text);
        area_right(area, row, column, COLUMN_WIDTH, i == LIVE ? STYLE_VALUE : STYLE_PLAIN, text);
        column += COLUMN_WIDTH;
    }
    column += 2;
    if (!scene->view->once && column < area.width && history_shows(history, fact))
        glyphs_spark(scene->view->glyphs, area, row, column, area.width - column,
                     history->values[fact], history->count);
}

// "network", "network 2.0"; which one it is where a policy has several: "network 2.0 1/2".
static void make_title(const struct scene *scene, const struct element *element, char *out,
                       size_t size)
{
    const struct metrics *metrics = &scene->model->metrics;
    const struct handler *shown = model_handler(scene->model, element->family);
    unsigned count = 0, at = 0;
    for (unsigned i = 0; i < metrics->count; i++) {
        count += metrics->handlers[i].family == element->family;
        if (&metrics->handlers[i] == shown)
            at = count;
    }
    int used =
        snprintf(out, size, "%s%s", element->title, shown && shown->version > 1 ? " 2.0" : "");
    if (count > 1)
        snprintf(out + used, size - (size_t)used, " %u/%u", at, count);
}

static void draw_incomplete(const struct scene *scene, const struct element *element,
                            struct area line)
{
    const struct handler *handler = model_handler(scene->model, element->family);
    unsigned column = area_text(line, 0, 0, STYLE_WARNING, "not complete: ");
    area_name(line, 0, column, line.width - column, STYLE_WARNING,
              handler->reasons ? handler->reasons : "the agent does not say why",
              scene->view->glyphs->gap);
}

static void draw(const struct scene *scene, const struct element *element, struct area area)
{
    fact_list list;
    char title[64];
    make_title(scene, element, title, sizeof title);
    draw_title(scene, area, STYLE_TITLE, title, "");
    unsigned count = collect(scene, element->family, FACT_RATE, FACT_QUANTILES, list, 0);
    unsigned row = TITLE_LINES;
    if (count)
        draw_heads(scene, area);
    for (unsigned i = 0; i < count; i++)
        draw_quantities(scene, (enum fact)list[i], area, row++);
    row = draw_counts(scene, element, area, row);
    if (incomplete(scene, element))
        draw_incomplete(scene, element, area_part(area, row, 0, 1, area.width));
}

const struct element_class section_class = {height, draw};
