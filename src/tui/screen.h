// The terminal, by ncurses: puts cells, gives keys. The only file that knows of either.
#pragma once

#include "base/error.h"
#include "tui/canvas.h"

// Takes the terminal over; `colour` as NO_COLOR says. Fails on a terminal that cannot do what it
// takes (TERM=dumb).
bool screen_open(bool colour, struct error *err);
void screen_close(void);

void screen_size(unsigned *width, unsigned *height);
void screen_resize(void);  // after SIGWINCH
void screen_repaint(void); // at the next put, everything

void screen_put(const struct canvas *canvas);

// The next key (tui/keys.h) that is waiting.
enum { SCREEN_NO_KEY = -1, SCREEN_GONE = -2 };
int screen_key(void);
