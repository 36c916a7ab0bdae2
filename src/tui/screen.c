#include "tui/screen.h"

#include "tui/keys.h"

#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

enum { ESCAPE_DELAY_MS = 25 };
enum pair { PAIR_NONE, PAIR_BAR, PAIR_WARNING, PAIR_ALARM, PAIR_CYAN, PAIR_GREEN, PAIR_YELLOW };

// How each style looks with colours and without.
static const struct look {
    attr_t attributes;
    enum pair pair;
    attr_t plain; // attributes without colours
} looks[STYLES] = {
    [STYLE_BAR] = {A_NORMAL, PAIR_BAR, A_REVERSE},
    [STYLE_WARNING] = {A_NORMAL, PAIR_WARNING, A_REVERSE},
    [STYLE_ALARM] = {A_BOLD, PAIR_ALARM, A_REVERSE | A_BOLD},
    [STYLE_TAB] = {A_NORMAL, PAIR_NONE, A_NORMAL},
    [STYLE_TAB_ON] = {A_BOLD | A_REVERSE, PAIR_NONE, A_BOLD | A_REVERSE},
    [STYLE_RULE] = {A_DIM, PAIR_NONE, A_DIM},
    [STYLE_TITLE] = {A_BOLD, PAIR_CYAN, A_BOLD},
    [STYLE_FOCUS] = {A_BOLD | A_REVERSE, PAIR_CYAN, A_BOLD | A_REVERSE},
    [STYLE_LABEL] = {A_NORMAL, PAIR_CYAN, A_NORMAL},
    [STYLE_VALUE] = {A_BOLD, PAIR_NONE, A_BOLD},
    [STYLE_SHARE] = {A_DIM, PAIR_NONE, A_DIM},
    [STYLE_SPARK] = {A_NORMAL, PAIR_GREEN, A_NORMAL},
    [STYLE_METER] = {A_NORMAL, PAIR_GREEN, A_NORMAL},
    [STYLE_KEY] = {A_BOLD, PAIR_YELLOW, A_BOLD},
    [STYLE_STALE] = {A_DIM, PAIR_NONE, A_DIM},
};

static SCREEN *screen;
static bool with_colours;
static bool repaint;

static void make_pairs(void)
{
    start_color();
    use_default_colors();
    init_pair(PAIR_BAR, COLOR_WHITE, COLOR_BLUE);
    init_pair(PAIR_WARNING, COLOR_BLACK, COLOR_YELLOW);
    init_pair(PAIR_ALARM, COLOR_WHITE, COLOR_RED);
    init_pair(PAIR_CYAN, COLOR_CYAN, -1);
    init_pair(PAIR_GREEN, COLOR_GREEN, -1);
    init_pair(PAIR_YELLOW, COLOR_YELLOW, -1);
}

// newterm(3) would end the program on a terminal that it does not know.
static bool check_terminal(struct error *err)
{
    int known;
    const char *name = getenv("TERM");
    if (setupterm(NULL, STDOUT_FILENO, &known) != OK)
        return error_set(err, ERROR_UNSUPPORTED, "the terminal (TERM=%s) is not known here",
                         name ? name : "");
    bool moves = cursor_address && clear_screen;
    del_curterm(cur_term);
    return moves || error_set(err, ERROR_UNSUPPORTED,
                              "the terminal (TERM=%s) cannot move its cursor: --once prints a page",
                              name ? name : "");
}

bool screen_open(bool colour, struct error *err)
{
    if (!check_terminal(err))
        return false;
    set_escdelay(ESCAPE_DELAY_MS);
    screen = newterm(NULL, stdout, stdin);
    if (!screen)
        return error_set(err, ERROR_UNSUPPORTED, "the terminal cannot be used");
    cbreak();
    noecho();
    nonl();
    curs_set(0);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    with_colours = colour && has_colors();
    if (with_colours)
        make_pairs();
    return true;
}

void screen_close(void)
{
    endwin();
    delscreen(screen);
}

void screen_size(unsigned *width, unsigned *height)
{
    *width = (unsigned)COLS;
    *height = (unsigned)LINES;
}

void screen_resize(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
        resizeterm(size.ws_row, size.ws_col);
    repaint = true;
}

void screen_repaint(void)
{
    repaint = true;
}

static void put_cell(const struct cell *cell)
{
    const struct look *look = &looks[cell->style];
    wchar_t text[] = {(wchar_t)cell->character, 0};
    cchar_t complex;
    attr_t attributes = with_colours ? look->attributes : look->plain;
    setcchar(&complex, text, attributes, (short)(with_colours ? look->pair : PAIR_NONE), NULL);
    add_wch(&complex);
}

void screen_put(const struct canvas *canvas)
{
    if (repaint)
        clearok(curscr, TRUE);
    repaint = false;
    for (unsigned row = 0; row < canvas->height; row++) {
        move((int)row, 0);
        for (unsigned column = 0; column < canvas->width; column++)
            if (canvas_cell(canvas, row, column)->character)
                put_cell(canvas_cell(canvas, row, column));
    }
    refresh();
}

// A terminal that has hung up is readable for ever.
static bool hung_up(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL));
}

int screen_key(void)
{
    static const struct {
        int curses;
        int ours;
    } names[] = {
        {KEY_UP, KEY_ARROW_UP},       {KEY_DOWN, KEY_ARROW_DOWN}, {KEY_LEFT, KEY_ARROW_LEFT},
        {KEY_RIGHT, KEY_ARROW_RIGHT}, {KEY_PPAGE, KEY_PAGE_UP},   {KEY_NPAGE, KEY_PAGE_DOWN},
        {KEY_HOME, KEY_FIRST},        {KEY_END, KEY_LAST},        {KEY_BTAB, KEY_TAB_BACK},
        {KEY_ENTER, KEY_RETURN},      {KEY_BACKSPACE, KEY_ERASE}, {KEY_RESIZE, 0},
    };
    wint_t key;
    int kind = get_wch(&key);
    if (kind == ERR)
        return hung_up() ? SCREEN_GONE : SCREEN_NO_KEY;
    if (kind == OK)
        return key < 0x110000 ? (int)key : 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].curses == (int)key)
            return names[i].ours;
    return 0;
}
