#include "tui/loop.h"

#include "base/clock.h"
#include "tui/keys.h"
#include "tui/layout.h"
#include "tui/screen.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

enum { TICK_MS = 1000 };

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

// Sends what is due, takes what has come; true: there is something new.
static bool step_feed(struct session *session, struct request *request)
{
    struct answer answer;
    bool news = false;
    if (client_take(session->client, &answer)) {
        feed_answer(&session->feed, request, &answer, now_ns());
        news = true;
    }
    if (!client_busy(session->client) && feed_next(&session->feed, now_ns(), request))
        client_send(session->client, request->path);
    return news;
}

// ms until there is something to do without a key or an answer.
static int time_to_wait(const struct session *session, int64_t now)
{
    int64_t wait = TICK_MS * (CLOCK_SECOND / 1000);
    if (!client_busy(session->client)) {
        int64_t next = feed_wait(&session->feed, now);
        wait = next < wait ? next : wait;
    }
    return (int)((wait + 999999) / 1000000);
}

static bool draw(struct session *session)
{
    struct canvas canvas;
    unsigned width, height;
    screen_size(&width, &height);
    if (!canvas_init(&canvas, width, height))
        return false;
    bool fine = layout_screen(&canvas, &session->model, &session->view, now_ns());
    if (fine)
        screen_put(&canvas);
    canvas_done(&canvas);
    return fine;
}

static bool take_key(struct session *session, int key)
{
    unsigned effects = keys_take(&session->view, &session->model, key);
    session->feed.paused = session->view.paused;
    session->feed.with_policies = session->view.page == PAGE_POLICIES;
    if (effects & EFFECT_REPAINT)
        screen_repaint();
    if (effects & EFFECT_ASK) {
        client_drop(session->client);
        feed_restart(&session->feed);
    }
    return !(effects & EFFECT_QUIT);
}

// All keys that wait; false: quit. The next key acts on what the last one has led to, so each is
// followed by a layout.
static bool take_keys(struct session *session)
{
    int key;
    while ((key = screen_key()) >= 0) {
        if (!take_key(session, key))
            return false;
        draw(session);
    }
    return key != SCREEN_GONE;
}

static bool take_signal(int descriptor)
{
    struct signalfd_siginfo info;
    if (read(descriptor, &info, sizeof info) != sizeof info)
        return true;
    if (info.ssi_signo != SIGWINCH)
        return false;
    screen_resize();
    return true;
}

static bool run(struct session *session, int signals)
{
    struct pollfd others[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = signals, .events = POLLIN}};
    struct request request;
    int64_t drawn = 0;
    bool news = true;
    for (;;) {
        news |= step_feed(session, &request);
        int64_t now = now_ns();
        if (news || now - drawn >= CLOCK_SECOND) {
            if (!draw(session))
                return false;
            drawn = now;
            news = false;
        }
        client_wait(session->client, others, 2, time_to_wait(session, now));
        if (others[1].revents && !take_signal(signals))
            return true;
        if (others[0].revents && !take_keys(session))
            return true;
        news = others[0].revents || others[1].revents;
    }
}

bool loop_run(struct session *session, bool colour, struct error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGWINCH);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        return error_set(err, ERROR_IO, "signals cannot be read");
    bool fine = screen_open(colour, err);
    if (fine) {
        fine = run(session, signals);
        screen_close();
        if (!fine)
            error_set(err, ERROR_MEMORY, "no memory for the screen");
    }
    close(signals);
    return fine;
}

static void print_row(const struct canvas *canvas, unsigned row)
{
    unsigned end = canvas->width;
    while (end > 0 && canvas_cell(canvas, row, end - 1)->character == ' ')
        end--;
    for (unsigned column = 0; column < end; column++) {
        uint32_t character = canvas_cell(canvas, row, column)->character;
        if (character)
            printf("%lc", (wint_t)character);
    }
    putchar('\n');
}

// COLUMNS, then the terminal's width, then 80.
static unsigned once_width(void)
{
    enum { USUAL = 80, NARROW = 40 };
    const char *columns = getenv("COLUMNS");
    unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
    struct winsize size;
    if (width == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width == 0)
        width = USUAL;
    return width < NARROW ? NARROW : width > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : (unsigned)width;
}

static bool print_page(struct session *session)
{
    struct canvas canvas;
    if (!layout_once(&canvas, &session->model, &session->view, once_width()))
        return false;
    for (unsigned row = 0; row < canvas.height; row++)
        print_row(&canvas, row);
    canvas_done(&canvas);
    return fflush(stdout) == 0;
}

bool loop_once(struct session *session, struct error *err)
{
    struct request request;
    struct model *model = &session->model;
    while (session->feed.refreshes == 0) {
        step_feed(session, &request);
        if (session->feed.refreshes == 0)
            client_wait(session->client, NULL, 0, time_to_wait(session, now_ns()));
    }
    if (*model->trouble || *model->note)
        return error_set(err, ERROR_IO, "%s: %s", model->endpoint,
                         *model->trouble ? model->trouble : model->note);
    if (model->other_major)
        fprintf(stderr, "pktvisor-cli: the agent is of version %s, this program of %s\n",
                model->agent_version, PKTVISOR_VERSION);
    return print_page(session) || error_set(err, ERROR_IO, "the page cannot be printed");
}
