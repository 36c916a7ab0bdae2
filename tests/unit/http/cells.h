// Who may do what: for each pair of token files and each token sent, whether reading and writing
// are refused. The same for every peer and transport.
#pragma once

#include "folder.h"

#include <stdbool.h>

#define API       "api-token-0123456789"
#define READER    "read-token-0123456789"
#define NONE      ""
#define WRONG     "Authorization: Bearer wrong-token-0123456789\r\n"
#define BASIC     "Authorization: Basic YTpi\r\n"
#define AS_READER "Authorization: Bearer " READER "\r\n"
#define AS_ADMIN  "Authorization: Bearer " API "\r\n"

enum { PASS = 0 };

static const struct cell {
    bool api_file, read_file;
    const char *sent;
    unsigned read, write; // status of the refusal, or PASS
} CELLS[] = {
    {false, false, NONE, PASS, PASS},     {false, false, WRONG, PASS, PASS},
    {false, false, BASIC, PASS, PASS},    {false, false, AS_READER, PASS, PASS},
    {false, false, AS_ADMIN, PASS, PASS}, {true, false, NONE, PASS, 401},
    {true, false, WRONG, PASS, 401},      {true, false, BASIC, PASS, 401},
    {true, false, AS_READER, PASS, 401},  {true, false, AS_ADMIN, PASS, PASS},
    {false, true, NONE, 401, PASS},       {false, true, WRONG, 401, PASS},
    {false, true, BASIC, 401, PASS},      {false, true, AS_READER, PASS, PASS},
    {false, true, AS_ADMIN, 401, PASS},   {true, true, NONE, 401, 401},
    {true, true, WRONG, 401, 401},        {true, true, BASIC, 401, 401},
    {true, true, AS_READER, PASS, 403},   {true, true, AS_ADMIN, PASS, PASS},
};
enum { CELLS_COUNT = sizeof CELLS / sizeof *CELLS };

static inline void cells_write_files(struct folder *folder)
{
    folder_write_text(folder, "api", API "\n");
    folder_write_text(folder, "read", READER "\n");
}
