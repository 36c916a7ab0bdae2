// Files of a queue: whatever is read is whole and within its bounds, and is read the same again;
// and the series in them are compared with a minute's. The first byte says whether the checksums
// are mended first, so that what lies behind them is reached.
#include <endian.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"
#include "push/draft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static size_t read_all(struct minute_reader *reader, size_t size)
{
    struct minute_record record;
    struct error err;
    size_t total = 0;
    while (minute_next(reader, &record, &err)) {
        require(record.payload.len <= size);
        total += record.payload.len + 1;
        for (size_t i = 0; i < record.payload.len; i++)
            total ^= (size_t)record.payload.ptr[i] << i % 16;
    }
    require(total == 0 || reader->at <= size);
    return total;
}

static void count(void *context, struct span identity)
{
    size_t *bytes = context;
    for (size_t i = 0; i < identity.len; i++)
        *bytes += identity.ptr[i];
}

static void compare(struct minute_reader *reader)
{
    struct draft draft;
    size_t bytes = 0;
    draft_init(&draft, draft_pack_snappy);
    draft_series(&draft, span_text("here"));
    minute_rewind(reader);
    draft_compare_with(&draft, reader, count, &bytes);
    draft_done(&draft);
}

enum { HEADER = 32, RECORD = 16 };

static void put_checksum(uint8_t *head, size_t len, size_t payload)
{
    uLong crc = crc32(crc32(0, NULL, 0), head, (uInt)len);
    uint32_t value = htole32((uint32_t)crc32(crc, head + len + 4, (uInt)payload));
    memcpy(head + len, &value, sizeof value);
}

static void mend(uint8_t *bytes, size_t size)
{
    uint32_t len;
    if (size < HEADER)
        return;
    put_checksum(bytes, HEADER - 4, 0);
    for (size_t at = HEADER; size - at >= RECORD; at += RECORD + le32toh(len)) {
        memcpy(&len, bytes + at, sizeof len);
        if (le32toh(len) > size - at - RECORD)
            return;
        put_checksum(bytes + at, RECORD - 4, le32toh(len));
    }
}

static int file_of(const uint8_t *data, size_t size)
{
    int fd = memfd_create("minute", MFD_CLOEXEC);
    uint8_t *bytes = mem_alloc(size + 1);
    if (fd < 0 || !bytes)
        abort();
    size_t len = size ? size - 1 : 0;
    if (len)
        memcpy(bytes, data + 1, len);
    if (size && data[0] % 2)
        mend(bytes, len);
    if (write(fd, bytes, len) != (ssize_t)len)
        abort();
    mem_free(bytes);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct minute_reader reader;
    struct minute_totals totals;
    int fd = file_of(data, size);
    minute_totals(fd, &totals);
    if (!minute_open(&reader, fd, NULL))
        return 0;
    size_t first = read_all(&reader, size);
    minute_rewind(&reader);
    require(read_all(&reader, size) == first);
    compare(&reader);
    minute_close(&reader);
    return 0;
}
