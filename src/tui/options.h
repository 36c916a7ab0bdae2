// What pktvisor-cli can be told. Flags are upstream's, which are those of Go's package flag: one or
// two dashes, `-name value` or `-name=value`; `-flag=false` takes a flag back; the first word
// without a dash, or `--`, ends them.
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "tui/view.h"

struct cli_options {
    bool help, version, once, ascii;
    const char *print; // "man", "completion", "markdown": for the build

    const char *host; // name, address or "unix:/path"
    uint64_t port;
    bool tls, tls_noverify;
    const char *ca, *token_file;

    const char *policy; // NULL: "default", or the first one
    const char *page;
    const char *note;
    uint64_t window;   // enum window
    uint64_t interval; // seconds
};

enum { CLI_INTERVAL_MOST = 3600 };

// False: a flag is not known, or its value is none.
bool cli_options_parse(struct cli_options *options, int argc, char **argv, struct error *err);

enum page cli_options_page(const struct cli_options *options);

// Documents made of the table of options.
enum { CLI_TEXT_MAX = 1 << 16 };
void cli_options_help(struct buffer *out);
void cli_options_man(struct buffer *out);        // pktvisor-cli(1)
void cli_options_completion(struct buffer *out); // for bash
void cli_options_markdown(struct buffer *out);   // the tables of docs/terminal.md
