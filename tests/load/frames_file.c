#include "frames_file.h"

#include "../common/pcap_read.h"

#include <err.h>
#include <sys/stat.h>

enum { CAPTURED_AT = 8, WIRE_AT = 12, FAULT = 2 };

struct record_header {
    uint32_t captured, wire;
};

// False: the end.
static bool read_header(struct frames_file *file, struct record_header *header)
{
    uint8_t bytes[PCAP_RECORD_HEADER];
    if (fread(bytes, 1, sizeof bytes, file->stream) != sizeof bytes)
        return false;
    memcpy(&header->captured, bytes + CAPTURED_AT, sizeof header->captured);
    memcpy(&header->wire, bytes + WIRE_AT, sizeof header->wire);
    if (header->captured > FRAME_MAX || header->captured != header->wire)
        errx(FAULT, "a record of %u of %u bytes cannot be sent", header->captured, header->wire);
    return true;
}

static bool read_frame(struct frames_file *file, uint8_t *bytes, uint32_t *len)
{
    struct record_header header;
    if (!read_header(file, &header))
        return false;
    *len = header.captured;
    return fread(bytes, 1, header.captured, file->stream) == header.captured;
}

static void keep_all(struct frames_file *file, size_t size)
{
    size_t used = 0;
    file->bytes = malloc(size);
    file->frames = malloc(size / PCAP_RECORD_HEADER * sizeof *file->frames);
    if (!file->bytes || !file->frames)
        err(FAULT, "frames");
    uint32_t len;
    while (size - used >= FRAME_MAX && read_frame(file, file->bytes + used, &len)) {
        file->frames[file->n_frames++] = (struct send_frame){file->bytes + used, len};
        used += len;
    }
    if (file->n_frames == 0)
        errx(FAULT, "the capture has no frames");
}

static void make_room(struct frames_file *file)
{
    file->bytes = malloc((size_t)SEND_BATCH * FRAME_MAX);
    if (!file->bytes)
        err(FAULT, "frames");
}

void frames_open(struct frames_file *file, const char *path)
{
    uint8_t header[PCAP_FILE_HEADER];
    struct stat stat;
    uint32_t magic;
    *file = (struct frames_file){.stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb")};
    if (!file->stream || fstat(fileno(file->stream), &stat) != 0)
        err(FAULT, "%s", path);
    if (fread(header, 1, sizeof header, file->stream) != sizeof header)
        errx(FAULT, "%s: no capture", path);
    memcpy(&magic, header, sizeof magic);
    if (magic != PCAP_MICRO && magic != PCAP_NANO)
        errx(FAULT, "%s: not a pcap file of this machine's byte order", path);
    file->kept = S_ISREG(stat.st_mode);
    if (file->kept)
        keep_all(file, (size_t)stat.st_size + FRAME_MAX);
    else
        make_room(file);
}

void frames_close(struct frames_file *file)
{
    free(file->bytes);
    free(file->frames);
    if (file->stream != stdin)
        fclose(file->stream);
}

size_t frames_next(struct frames_file *file, size_t wanted, struct send_frame *frames)
{
    size_t n = 0;
    for (; n < wanted && file->kept; n++) {
        frames[n] = file->frames[file->next];
        file->next = (file->next + 1) % file->n_frames;
    }
    for (; n < wanted; n++) {
        uint8_t *at = file->bytes + n * FRAME_MAX;
        if (!read_frame(file, at, &frames[n].len))
            break;
        frames[n].bytes = at;
    }
    return n;
}
