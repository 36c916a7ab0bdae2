// The exact truth of a capture: every packet's note goes in, in the order of the file; a JSON
// document comes out. README.md explains its fields. Written for clarity, with plain tables and
// sorting, and without any code of src/ above the base.
#pragma once

#include "note.h"

struct truth;

struct truth *truth_new(const struct hosts *hosts);
void truth_free(struct truth *truth);
void truth_packet(struct truth *truth, const struct note *note);
void truth_write(const struct truth *truth, const char *path);
