// A top list: name, bar, number, share.
//
//     ── NXDOMAIN ────────────────────────────
//     x01faabcf.d26…mock.dev ██████   12 6.7%
#include "tui/element.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROWS_WANTED = 10, // more only when the list is shown alone
    WITH_METER = 32,  // columns from which there is a bar
    METER_LEAST = 4,
    METER_MOST = 30,
};

struct order {
    const struct top *top;
    const struct view *view;
    uint16_t rows[TOP_ROWS_MAX];
    unsigned count;
};

static int compare(const void *a, const void *b, void *context)
{
    const struct order *order = context;
    const struct top_row *left = &order->top->rows[*(const uint16_t *)a];
    const struct top_row *right = &order->top->rows[*(const uint16_t *)b];
    int by_number = (left->estimate < right->estimate) - (left->estimate > right->estimate);
    int by_name = strcmp(left->name, right->name);
    int by = order->view->sort == SORT_NAME || by_number == 0 ? by_name : by_number;
    return order->view->reverse ? -by : by;
}

// The rows that pass the filter, sorted.
static void arrange(const struct top *top, const struct view *view, struct order *order)
{
    order->top = top;
    order->view = view;
    order->count = 0;
    for (unsigned i = 0; i < top->count; i++)
        if (view_passes(view, top->rows[i].name))
            order->rows[order->count++] = (uint16_t)i;
    qsort_r(order->rows, order->count, sizeof *order->rows, compare, order);
}

static const struct fact_value *value_of(const struct scene *scene, enum fact fact)
{
    const struct handler *handler = model_handler(scene->model, fact_rows[fact].family);
    return handler_value(handler, fact, scene->view->direction);
}

static unsigned height(const struct scene *scene, const struct element *element, unsigned width)
{
    (void)width;
    const struct handler *handler = model_handler(scene->model, fact_rows[element->fact].family);
    if (!handler || !fact_shown(scene, handler, element->fact))
        return 0;
    const struct top *top = &value_of(scene, element->fact)->top;
    unsigned rows = 0;
    for (unsigned i = 0; i < top->count; i++)
        rows += view_passes(scene->view, top->rows[i].name);
    if (rows == 0)
        return top->count ? 0 : TITLE_LINES + 1; // nothing passes the filter, or "none"
    if (!scene->view->zoomed && rows > ROWS_WANTED)
        rows = ROWS_WANTED;
    return TITLE_LINES + rows;
}

struct widths {
    unsigned name, meter, number, share; // each with the gap in front of it but the name
};

static struct widths divide(const struct fact_row *row, unsigned width)
{
    struct widths widths = {0};
    widths.number = 1 + (row->unit == UNIT_NUMBER ? FORMAT_COUNT_WIDTH : FORMAT_VALUE_WIDTH);
    widths.share = row->base ? 1 + FORMAT_SHARE_WIDTH : 0;
    if (width >= WITH_METER) {
        unsigned meter = width / 10;
        meter = meter < METER_LEAST ? METER_LEAST : meter > METER_MOST ? METER_MOST : meter;
        widths.meter = 1 + meter;
    }
    unsigned taken = widths.number + widths.share + widths.meter;
    widths.name = width > taken ? width - taken : 0;
    return widths;
}

static void draw_row(const struct scene *scene, enum fact fact, const struct top_row *row,
                     uint64_t most, struct area line)
{
    const struct glyphs *glyphs = scene->view->glyphs;
    const struct fact_row *is = &fact_rows[fact];
    struct widths widths = divide(is, line.width);
    char number[FORMAT_ROOM], share[FORMAT_ROOM];
    if (is->unit == UNIT_NUMBER)
        format_count(row->estimate, number);
    else
        format_value((double)row->estimate, is->unit, scene->model->ascii, number);
    format_share((double)row->estimate,
                 fact_base(scene, model_handler(scene->model, is->family), fact), share);
    area_name(line, 0, 0, widths.name, STYLE_PLAIN, row->name, glyphs->gap);
    unsigned column = widths.name;
    if (widths.meter)
        glyphs_meter(glyphs, line, 0, column + 1, widths.meter - 1, (double)row->estimate,
                     (double)most);
    column += widths.meter;
    area_right(line, 0, column, widths.number, STYLE_VALUE, number);
    area_right(line, 0, column + widths.number, widths.share, STYLE_SHARE, share);
}

static void draw(const struct scene *scene, const struct element *element, struct area area)
{
    const struct top *top = &value_of(scene, element->fact)->top;
    struct order order;
    arrange(top, scene->view, &order);
    draw_title(scene, area, element->focused ? STYLE_FOCUS : STYLE_TITLE,
               fact_rows[element->fact].label, "");
    uint64_t most = 0;
    for (unsigned i = 0; i < top->count; i++)
        most = top->rows[i].estimate > most ? top->rows[i].estimate : most;
    for (unsigned i = 0; i < order.count && TITLE_LINES + i < area.height; i++)
        draw_row(scene, element->fact, &top->rows[order.rows[i]], most,
                 area_part(area, TITLE_LINES + i, 0, 1, area.width));
    if (order.count == 0)
        area_text(area, TITLE_LINES, 0, STYLE_SHARE, "none");
}

const struct element_class list_class = {height, draw};
