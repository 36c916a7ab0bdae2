// Where frames go: into the capture, and as notes into the truth.
#pragma once

#include "capture_file.h"
#include "frames.h"
#include "note.h"
#include "truth.h"

struct output {
    struct capture_file *file;
    struct truth *truth; // NULL: nobody wants it
    struct put frame;    // of FRAME_ROOM: the one being built
    struct put message;  // of FRAME_ROOM: a payload being built
    uint64_t packets;
};

void output_init(struct output *output, const char *path, const struct capture_format *format,
                 const struct hosts *hosts, bool with_truth);
void output_done(struct output *output);

// Writes output->frame at note->time; fills in time as stored and lengths.
void output_frame(struct output *output, unsigned interface, struct note *note);
