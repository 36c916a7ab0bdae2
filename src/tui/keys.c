#include "tui/keys.h"

#include "base/clock.h"
#include "tui/choices.h"

#include <string.h>

struct target {
    struct view *view;
    struct model *model;
};

typedef unsigned action(struct target *target, int argument);

static void scroll_by(struct view *view, int lines)
{
    unsigned most =
        view->extent.lines > view->extent.shown ? view->extent.lines - view->extent.shown : 0;
    int64_t to = (int64_t)view->scroll + lines;
    view->scroll = to < 0 ? 0 : to > (int64_t)most ? most : (unsigned)to;
}

// In a picker the arrows move the choice, elsewhere the page.
static unsigned move(struct target *target, int lines)
{
    struct view *view = target->view;
    bool picks = view->overlay == OVERLAY_POLICIES || view->overlay == OVERLAY_HANDLERS;
    if (!picks) {
        scroll_by(view, lines);
        return 0;
    }
    int64_t to = (int64_t)view->picked + lines, last = (int64_t)view->extent.choices - 1;
    view->picked = to < 0 || last < 0 ? 0 : to > last ? (unsigned)last : (unsigned)to;
    view->follow = true;
    return 0;
}

static unsigned move_page(struct target *target, int direction)
{
    unsigned shown = target->view->extent.shown;
    return move(target, direction * (int)(shown > 2 ? shown - 1 : 1));
}

static unsigned move_far(struct target *target, int direction)
{
    return move(target, direction * CANVAS_SIDE_MAX);
}

static void leave(struct view *view)
{
    view->overlay = OVERLAY_NONE;
    view->zoomed = false;
    view->scroll = 0;
    view->focus = NO_FOCUS;
}

static unsigned show_page(struct target *target, int page)
{
    leave(target->view);
    target->view->page = (enum page)page;
    return page == PAGE_POLICIES ? EFFECT_ASK : 0;
}

static unsigned turn_page(struct target *target, int by)
{
    return show_page(target, ((int)target->view->page + PAGES + by) % PAGES);
}

static unsigned focus_list(struct target *target, int by)
{
    struct view *view = target->view;
    int lists = (int)view->extent.lists;
    if (lists == 0 || view->overlay != OVERLAY_NONE)
        return 0;
    if (view->focus == NO_FOCUS)
        view->focus = by > 0 ? 0 : lists - 1;
    else
        view->focus = (view->focus + lists + by) % lists;
    view->follow = true;
    if (view->zoomed)
        view->scroll = 0;
    return 0;
}

static unsigned take_choice(struct target *target)
{
    struct scene scene = {target->model, target->view};
    struct choices choices;
    choices_of(&scene, &choices);
    enum overlay overlay = target->view->overlay;
    if (target->view->picked >= choices.count)
        return 0;
    const void *item = choices.items[target->view->picked];
    leave(target->view);
    *target->view->filter = 0;
    if (overlay == OVERLAY_POLICIES) {
        model_choose_policy(target->model, ((const struct policy *)item)->name);
        return EFFECT_ASK;
    }
    const struct handler *handler = item;
    model_choose_handler(target->model, handler->family, handler->name);
    return 0;
}

static unsigned enter(struct target *target, int unused)
{
    struct view *view = target->view;
    (void)unused;
    if (view->overlay == OVERLAY_POLICIES || view->overlay == OVERLAY_HANDLERS)
        return take_choice(target);
    if (view->overlay == OVERLAY_HELP) {
        leave(view);
        return 0;
    }
    if (view->focus == NO_FOCUS && view->extent.lists)
        view->focus = 0;
    view->zoomed = !view->zoomed && view->focus != NO_FOCUS;
    view->scroll = 0;
    view->follow = true;
    return 0;
}

// One step back at a time: what lies on top, the list that is shown alone, the filter, the focus.
static unsigned back(struct target *target, int unused)
{
    struct view *view = target->view;
    (void)unused;
    view->scroll = 0;
    if (view->overlay != OVERLAY_NONE)
        view->overlay = OVERLAY_NONE;
    else if (view->zoomed)
        view->zoomed = false;
    else if (*view->filter)
        *view->filter = 0;
    else
        view->focus = NO_FOCUS;
    return 0;
}

static unsigned open_overlay(struct target *target, int overlay)
{
    struct view *view = target->view;
    bool same = (int)view->overlay == overlay;
    view->overlay = same ? OVERLAY_NONE : (enum overlay)overlay;
    view->scroll = view->picked = 0;
    return overlay == OVERLAY_POLICIES && !same ? EFFECT_ASK : 0;
}

static unsigned change_window(struct target *target, int by)
{
    struct model *model = target->model;
    unsigned count = model->window_most + 1;
    count = count > 2 ? count : 2;
    model_choose_window(model, (model->window + count + (unsigned)by) % count);
    return EFFECT_ASK;
}

static unsigned change_direction(struct target *target, int unused)
{
    (void)unused;
    target->view->direction = (target->view->direction + 1) % DIRECTIONS;
    return 0;
}

static unsigned change_sort(struct target *target, int unused)
{
    (void)unused;
    target->view->sort = target->view->sort == SORT_NAME ? SORT_NUMBER : SORT_NAME;
    return 0;
}

static unsigned reverse(struct target *target, int unused)
{
    (void)unused;
    target->view->reverse = !target->view->reverse;
    return 0;
}

static unsigned begin_filter(struct target *target, int unused)
{
    (void)unused;
    target->view->typing = true;
    return 0;
}

static unsigned pause_or_go_on(struct target *target, int unused)
{
    (void)unused;
    target->view->paused = !target->view->paused;
    return target->view->paused ? 0 : EFFECT_ASK;
}

static unsigned change_interval(struct target *target, int by)
{
    static const int64_t steps[] = {1, 2, 5, 10, 30, 60};
    enum { STEPS = sizeof steps / sizeof *steps };
    int64_t *interval = &target->model->interval;
    int at = 0;
    while (at < STEPS - 1 && steps[at] * CLOCK_SECOND < *interval)
        at++;
    at += by;
    *interval = steps[at < 0 ? 0 : at >= STEPS ? STEPS - 1 : at] * CLOCK_SECOND;
    return 0;
}

static unsigned effect(struct target *target, int effects)
{
    (void)target;
    return (unsigned)effects;
}

enum { CONTROL_C = 3, CONTROL_H = 8, CONTROL_L = 12, CARRIAGE_RETURN = 13, CONTROL_U = 21 };

struct key_row {
    int keys[3]; // 0: none
    const char *name;
    action *action;
    int argument;
    const char *help; // NULL: that of the row before says it
};

static const struct key_row rows[] = {
    {{'1'}, "1 to 5", show_page, PAGE_OVERVIEW, "the pages"},
    {{'2'}, NULL, show_page, PAGE_DNS, NULL},
    {{'3'}, NULL, show_page, PAGE_NETWORK, NULL},
    {{'4'}, NULL, show_page, PAGE_OTHERS, NULL},
    {{'5'}, NULL, show_page, PAGE_POLICIES, NULL},
    {{KEY_ARROW_LEFT}, "left, right", turn_page, -1, "the page before, the next one"},
    {{KEY_ARROW_RIGHT}, NULL, turn_page, 1, NULL},
    {{KEY_ARROW_UP, 'k'}, "up, down", move, -1, "scroll, move the choice (also k and j)"},
    {{KEY_ARROW_DOWN, 'j'}, NULL, move, 1, NULL},
    {{KEY_PAGE_UP}, "PgUp, PgDn", move_page, -1, "a screen up, down"},
    {{KEY_PAGE_DOWN}, NULL, move_page, 1, NULL},
    {{KEY_FIRST, 'g'}, "Home, End", move_far, -1, "the first line, the last one (g and G)"},
    {{KEY_LAST, 'G'}, NULL, move_far, 1, NULL},
    {{KEY_TAB}, "Tab", focus_list, 1, "the next list (Shift-Tab: the one before)"},
    {{KEY_TAB_BACK}, NULL, focus_list, -1, NULL},
    {{KEY_RETURN, CARRIAGE_RETURN}, "Enter", enter, 0, "show this list alone; take the choice"},
    {{KEY_ESCAPE}, "Esc", back, 0, "back; takes filter and focus away"},
    {{'p'}, "p", open_overlay, OVERLAY_POLICIES, "choose the policy"},
    {{'h'}, "h", open_overlay, OVERLAY_HANDLERS, "choose the handler, where there are several"},
    {{'w'}, "w, W", change_window, 1, "more minutes, fewer (below 1: the current one)"},
    {{'W'}, NULL, change_window, -1, NULL},
    {{'d'}, "d", change_direction, 0, "direction: all, in, out, neither (handlers 2.0)"},
    {{'s'}, "s, r", change_sort, 0, "sort by number or by name; reverse"},
    {{'r'}, NULL, reverse, 0, NULL},
    {{'/'}, "/", begin_filter, 0, "show the names that contain a text"},
    {{' '}, "space", pause_or_go_on, 0, "stop the screen, go on"},
    {{'+'}, "+, -", change_interval, -1, "refresh more often, less often (1 to 60 s)"},
    {{'-'}, NULL, change_interval, 1, NULL},
    {{CONTROL_L}, "Ctrl-L", effect, EFFECT_REPAINT, "draw the screen anew"},
    {{'?', 'H'}, "?", open_overlay, OVERLAY_HELP, "this page"},
    {{'q', CONTROL_C}, "q, Ctrl-C", effect, EFFECT_QUIT, "quit"},
};
enum { ROWS = sizeof rows / sizeof *rows };

// Keys while the filter is being typed. What is no character ends it and is then taken as usual.
static bool type(struct view *view, int key)
{
    size_t length = strlen(view->filter);
    if (key == KEY_ERASE || key == CONTROL_H) {
        view->filter[length ? length - 1 : 0] = 0;
    } else if (key == CONTROL_U) {
        *view->filter = 0;
    } else if (key >= ' ' && key < KEY_ERASE) {
        if (length < FILTER_MAX) {
            view->filter[length] = (char)key;
            view->filter[length + 1] = 0;
        }
    } else {
        view->typing = false;
        if (key == KEY_ESCAPE)
            *view->filter = 0;
        return key == KEY_RETURN || key == CARRIAGE_RETURN || key == KEY_ESCAPE;
    }
    view->scroll = view->picked = 0;
    return true;
}

unsigned keys_take(struct view *view, struct model *model, int key)
{
    struct target target = {view, model};
    if (view->typing && type(view, key))
        return 0;
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < 3 && rows[i].keys[k]; k++)
            if (rows[i].keys[k] == key)
                return rows[i].action(&target, rows[i].argument);
    return 0;
}

bool keys_help(unsigned n, const char **name, const char **help)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (!rows[i].help || n-- > 0)
            continue;
        *name = rows[i].name;
        *help = rows[i].help;
        return true;
    }
    return false;
}
