#include "tui/layout.h"

#include <string.h>

enum {
    SECTION_STRIDE = 60, // least width of a section with the gap beside it
    COLUMNS_MOST = 4,    // of lists: on a wide screen names get the room
    GAP = 2,             // columns between neighbours
    LIST_LEAST = 5,      // lines of a list that has been lowered, with its title
    LIST_SCROLLED = 7,   // where the page has to be scrolled anyway
};

// Elements that stand in equal columns, row after row.
struct grid {
    unsigned first, count, columns;
    unsigned most;  // lines that a row may have
    unsigned extra; // so many of the first rows may have one more
};

static unsigned rows_of(const struct grid *grid)
{
    return (grid->count + grid->columns - 1) / grid->columns;
}

static unsigned row_height(const struct body *body, const struct grid *grid, unsigned row)
{
    unsigned height = 0, most = grid->most + (row < grid->extra);
    for (unsigned i = row * grid->columns; i < (row + 1) * grid->columns && i < grid->count; i++) {
        unsigned wanted = body->heights[grid->first + i];
        height = wanted > height ? wanted : height;
    }
    return height < most ? height : most;
}

static unsigned grid_height(const struct body *body, const struct grid *grid)
{
    unsigned height = 0;
    for (unsigned row = 0; row < rows_of(grid); row++)
        height += row_height(body, grid, row);
    return height;
}

// `stride`: the least width of a column with its gap.
static struct grid make_grid(struct body *body, const struct scene *scene, unsigned first,
                             unsigned count, unsigned width, unsigned stride)
{
    unsigned columns = (width + GAP) / stride;
    columns = columns < count ? columns : count;
    struct grid grid = {first, count, columns ? columns : 1, CANVAS_SIDE_MAX, 0};
    stride = (width + GAP) / grid.columns;
    for (unsigned i = first; i < first + count; i++) {
        const struct element *element = &body->parts.elements[i];
        unsigned column = (i - first) % grid.columns;
        bool last = column + 1 == grid.columns;
        body->lefts[i] = column * stride;
        body->widths[i] = last ? width - column * stride : stride - GAP;
        body->heights[i] = element->class->height(scene, element, body->widths[i]);
    }
    return grid;
}

// Sets the lines on which the elements stand; returns the line behind the grid.
static unsigned stand(struct body *body, const struct grid *grid, unsigned line, unsigned gap)
{
    for (unsigned row = 0; row < rows_of(grid); row++) {
        unsigned height = row_height(body, grid, row), first = grid->first + row * grid->columns;
        unsigned end = grid->first + grid->count;
        for (unsigned i = first; i < first + grid->columns && i < end; i++) {
            body->tops[i] = line;
            body->heights[i] = body->heights[i] < height ? body->heights[i] : height;
        }
        line += height + gap;
    }
    return line;
}

// Makes the lists so low that they fit, where they can.
static void lower(const struct body *body, struct grid *lists, unsigned room)
{
    if (grid_height(body, lists) <= room)
        return;
    lists->most = LIST_LEAST;
    if (grid_height(body, lists) > room) {
        lists->most = LIST_SCROLLED;
        return;
    }
    while (grid_height(body, lists) <= room)
        lists->most++;
    lists->most--;
    while (grid_height(body, lists) <= room)
        lists->extra++;
    lists->extra--;
}

// The list that has the focus, alone.
static void zoom(struct page_parts *parts, const struct view *view)
{
    if (!view->zoomed || parts->lists == 0 || view->focus == NO_FOCUS)
        return;
    parts->elements[0] = parts->elements[parts->above + (unsigned)view->focus % parts->lists];
    parts->count = 1;
    parts->above = parts->below = 0;
}

static unsigned list_stride(const struct scene *scene, unsigned width)
{
    unsigned wanted = page_rows[scene->view->page].list_width;
    unsigned least = (width + GAP) / COLUMNS_MOST;
    return wanted > least ? wanted : least;
}

void body_arrange(struct body *body, const struct scene *scene, unsigned width, unsigned room)
{
    enum { ABOVE, LISTS, BELOW, GRIDS };
    struct page_parts *parts = &body->parts;
    pages_parts(scene, parts);
    zoom(parts, scene->view);
    unsigned lists = parts->count - parts->above - parts->below;
    unsigned section = scene->view->page == PAGE_POLICIES ? CANVAS_SIDE_MAX : SECTION_STRIDE;
    struct grid grids[GRIDS] = {
        [ABOVE] = make_grid(body, scene, 0, parts->above, width, section),
        [LISTS] = make_grid(body, scene, parts->above, lists, width, list_stride(scene, width)),
        [BELOW] = make_grid(body, scene, parts->above + lists, parts->below, width, section)};
    unsigned fixed = grid_height(body, &grids[ABOVE]) + grid_height(body, &grids[BELOW]);
    if (!scene->view->zoomed)
        lower(body, &grids[LISTS], room > fixed ? room - fixed : 0);
    unsigned rows = 0, line = 0, height = fixed + grid_height(body, &grids[LISTS]);
    for (unsigned i = 0; i < GRIDS; i++)
        rows += rows_of(&grids[i]);
    unsigned gap = rows && height + rows - 1 <= room ? 1 : 0;
    for (unsigned i = 0; i < GRIDS; i++)
        line = stand(body, &grids[i], line, gap);
    body->height = line > gap ? line - gap : line;
}

void body_draw(const struct body *body, const struct scene *scene, struct canvas *canvas)
{
    struct area area = canvas_area(canvas);
    for (unsigned i = 0; i < body->parts.count; i++) {
        const struct element *element = &body->parts.elements[i];
        element->class->draw(
            scene, element,
            area_part(area, body->tops[i], body->lefts[i], body->heights[i], body->widths[i]));
    }
}
