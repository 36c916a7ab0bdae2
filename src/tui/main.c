// pktvisor-cli: what an agent sees, on a terminal.
#include "base/clock.h"
#include "base/memory.h"
#include "tui/json_memory.h"
#include "tui/loop.h"

#include <curl/curl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 255 };

static int print(void (*make)(struct buffer *))
{
    struct buffer text;
    buffer_init(&text, CLI_TEXT_MAX);
    make(&text);
    bool fine = !text.failed && fwrite(text.data, 1, text.len, stdout) == text.len;
    buffer_done(&text);
    return fine && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int print_document(const char *name)
{
    static const struct {
        const char *name;
        void (*make)(struct buffer *);
    } documents[] = {{"man", cli_options_man},
                     {"completion", cli_options_completion},
                     {"markdown", cli_options_markdown}};
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        if (strcmp(documents[i].name, name) == 0)
            return print(documents[i].make);
    return EXIT_USAGE;
}

static int fail(const struct error *err)
{
    fprintf(stderr, "pktvisor-cli: %s\n", err->text);
    return EXIT_FAILURE;
}

// no-color.org: set and not empty.
static bool wants_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    return !no_colour || !*no_colour;
}

static void prepare(struct session *session, const struct cli_options *options)
{
    struct model *model = &session->model;
    model_init(model);
    model->ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    model->endpoint = client_endpoint(session->client);
    model->interval = (int64_t)options->interval * CLOCK_SECOND;
    model_choose_policy(model, options->policy ? options->policy : "default");
    model->window = (unsigned)options->window;
    view_begin(&session->view, model->ascii);
    session->view.note = options->note;
    session->view.first_interval = model->interval;
    session->view.page = cli_options_page(options);
    feed_init(&session->feed, model);
    session->feed.policy_given = options->policy != NULL;
    session->feed.with_policies = session->view.page == PAGE_POLICIES;
}

static int show(const struct cli_options *options)
{
    struct error err = {0};
    struct client_settings settings = {.host = options->host,
                                       .port = (unsigned)options->port,
                                       .tls = options->tls,
                                       .tls_noverify = options->tls_noverify,
                                       .ca = options->ca,
                                       .token_file = options->token_file,
                                       .token = getenv("PKTVISOR_TOKEN")};
    if (!options->once && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
        error_set(&err, ERROR_INVALID, "this is no terminal: --once prints one page");
        return fail(&err);
    }
    struct session *session = mem_zalloc(sizeof *session);
    if (session)
        session->client = client_new(&settings, &err);
    else
        error_set(&err, ERROR_MEMORY, "no memory");
    bool fine = session && session->client;
    if (fine) {
        prepare(session, options);
        fine = options->once ? loop_once(session, &err) : loop_run(session, wants_colour(), &err);
        model_done(&session->model);
    }
    if (session)
        client_free(session->client);
    mem_free(session);
    return fine ? EXIT_SUCCESS : fail(&err);
}

int main(int argc, char **argv)
{
    struct cli_options options;
    struct error err = {0};
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    json_memory_init();
    if (!cli_options_parse(&options, argc, argv, &err)) {
        fprintf(stderr, "pktvisor-cli: %s\nUsage: pktvisor-cli [options] (-h shows them)\n",
                err.text);
        return EXIT_USAGE;
    }
    if (options.help)
        return print(cli_options_help);
    if (options.print)
        return print_document(options.print);
    if (options.version)
        return puts("pktvisor-cli " PKTVISOR_VERSION) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return EXIT_FAILURE;
    int status = show(&options);
    curl_global_cleanup();
    return status;
}
