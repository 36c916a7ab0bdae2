// Answers of an agent that is not to be trusted: refused, or shown without a cell that holds a
// control character, at any size.
#include <locale.h>
#include <stdlib.h>

#include "tui/layout.h"
#include "tui/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool is_control(uint32_t character)
{
    return character != 0 && (character < ' ' || (character >= 0x7f && character < 0xa0));
}

static void check_canvas(const struct canvas *canvas)
{
    for (unsigned i = 0; i < canvas->width * canvas->height; i++) {
        require(!is_control(canvas->cells[i].character));
        require(canvas->cells[i].style < STYLES);
    }
}

static void show(const struct model *model, struct view *view, unsigned width, unsigned height)
{
    struct canvas canvas;
    require(canvas_init(&canvas, width, height));
    for (unsigned page = 0; page < PAGES; page++) {
        view->page = (enum page)page;
        require(layout_screen(&canvas, model, view, 0));
        check_canvas(&canvas);
    }
    canvas_done(&canvas);
}

static void show_all(const struct model *model)
{
    struct view view;
    view_begin(&view, model->ascii);
    show(model, &view, 80, 24);
    view.direction = DIRECTION_IN;
    view.focus = 0;
    view.zoomed = true;
    show(model, &view, 123, 20);
    view.overlay = OVERLAY_HANDLERS;
    show(model, &view, 60, 20);
}

static void read_metrics(struct span body, struct model *model)
{
    struct metrics metrics;
    if (parse_metrics(body, model->ascii, &metrics, NULL))
        model_take_metrics(model, &metrics, 0);
    else
        arena_done(&metrics.arena);
}

static void read_policies(struct span body, struct model *model)
{
    struct policies policies;
    if (parse_policies(body, model->ascii, &policies, NULL))
        model_take_policies(model, &policies);
    else
        arena_done(&policies.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model model;
    struct span body = span_of(data, size);
    setlocale(LC_ALL, "C.UTF-8");
    model_init(&model);
    model.endpoint = "fuzz";
    model.ascii = size % 2;
    read_metrics(body, &model);
    read_policies(body, &model);
    parse_app(body, model.agent_version, NULL);
    parse_error_text(body, model.trouble);
    show_all(&model);
    model_done(&model);
    return 0;
}
