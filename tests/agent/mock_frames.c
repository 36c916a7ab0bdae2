// The frames of made traffic as a capture file: mock_frames SEED RATE COUNT FILE. Times are those
// at which the frames are due, from 0 on; nanoseconds. What an agent with the same seed and rate
// has counted after its first N frames is known from the first N frames of the file.
#include "input/mock.h"

#include <stdio.h>
#include <stdlib.h>

static void must(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "mock_frames: %s\n", what);
    exit(EXIT_FAILURE);
}

static void put(FILE *file, const void *bytes, size_t size)
{
    must(fwrite(bytes, 1, size, file) == size, "cannot write");
}

// Classic pcap with nanoseconds, in this machine's byte order (draft-ietf-opsawg-pcap).
static void put_header(FILE *file)
{
    const uint32_t magic = 0xa1b23c4d, zero = 0, snaplen = MOCK_FRAME_MAX, ethernet = 1;
    const uint16_t version[] = {2, 4};
    put(file, &magic, sizeof magic);
    put(file, version, sizeof version);
    put(file, &zero, sizeof zero);
    put(file, &zero, sizeof zero);
    put(file, &snaplen, sizeof snaplen);
    put(file, &ethernet, sizeof ethernet);
}

static void put_record(FILE *file, const struct record *record)
{
    enum { SECOND = 1000000000 };
    const uint32_t head[] = {(uint32_t)(record->time / SECOND), (uint32_t)(record->time % SECOND),
                             record->captured, record->wire};
    put(file, head, sizeof head);
    put(file, record->data, record->captured);
}

int main(int argc, char **argv)
{
    must(argc == 5, "usage: mock_frames SEED RATE COUNT FILE");
    struct error err = {0};
    struct mock_options options = {.seed = strtoull(argv[1], NULL, 10),
                                   .rate = strtoull(argv[2], NULL, 10)};
    struct mock *mock = mock_new(&options, &err);
    must(mock, err.text);
    FILE *file = fopen(argv[4], "wb");
    must(file, "cannot create the file");
    put_header(file);
    for (uint64_t left = strtoull(argv[3], NULL, 10); left > 0; left--) {
        struct record record;
        mock_next(mock, mock_due(mock), &record);
        put_record(file, &record);
    }
    must(fclose(file) == 0, "cannot write");
    mock_free(mock);
    return EXIT_SUCCESS;
}
