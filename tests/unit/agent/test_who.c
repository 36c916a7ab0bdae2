// Who may do what: every route of the agent x token files x token sent x peer, and without admin.
#include "agent/api_parts.h"

#include "fake_manager.h"
#include "http/cells.h"
#include "http/http_rig.h"

enum { ROUTES_MAX = 64 };

static struct http_route routes[ROUTES_MAX];
static struct agent_options options;
static struct agent agent;
static struct folder folder;

static void do_not_stop(void *context, const struct http_request *request,
                        struct http_response *response)
{
    (void)context, (void)request;
    response->status = 200;
}

static int set_up(void **state)
{
    (void)state;
    fake = (struct fake){.version = 1};
    agent = (struct agent){.options = &options, .cache = api_cache_new()};
    memcpy(routes, agent_routes, agent_routes_count * sizeof *routes);
    for (size_t i = 0; i < agent_routes_count; i++)
        if (strcmp(routes[i].operation, "stopServer") == 0)
            routes[i].handle = do_not_stop;
    return agent.cache && agent_routes_count <= ROUTES_MAX ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    api_cache_free(agent.cache);
    return 0;
}

static struct http_server_options server_options(void)
{
    return (struct http_server_options){.host = "127.0.0.1",
                                        .admin = true,
                                        .routes = routes,
                                        .n_routes = agent_routes_count,
                                        .context = &agent};
}

// The pattern with names of what the fake has.
static void path_of(const struct http_route *route, char *path, size_t size)
{
    size_t used = 0;
    for (const char *at = route->pattern; *at && used + 16 < size; at++) {
        const char *value = strncmp(at, "{name}", 6) != 0     ? "2"
                            : strstr(route->pattern, "/taps") ? "eth"
                                                              : "default";
        if (*at != '{') {
            path[used++] = *at;
            continue;
        }
        used += (size_t)snprintf(path + used, size - used, "%s", value);
        at = strchr(at, '}');
    }
    path[used] = 0;
}

static unsigned ask(const struct http_server *server, const struct http_route *route,
                    const char *header)
{
    char path[256], request[1024];
    path_of(route, path, sizeof path);
    snprintf(request, sizeof request,
             "%s %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Type: application/json\r\n"
             "Content-Length: 2\r\n\r\n{}",
             http_method_text(route->method), path, header);
    return rig_ask(http_server_port(server), request)->status;
}

static void check_cell(const struct http_server *server, const struct cell *cell)
{
    for (size_t i = 0; i < agent_routes_count; i++) {
        unsigned refusal = routes[i].access == HTTP_READ ? cell->read : cell->write;
        unsigned status = ask(server, &routes[i], cell->sent);
        if (refusal == PASS)
            assert_true(status == 200 || status == 201);
        else
            assert_int_equal(status, refusal);
    }
}

static void check_column(bool api_file, bool read_file, bool remote)
{
    struct http_server_options column = server_options();
    column.api_token_file = api_file ? folder_path(&folder, "api") : NULL;
    column.read_token_file = read_file ? folder_path(&folder, "read") : NULL;
    column.treat_as_remote = remote;
    struct http_server *server = rig_start(&column);
    for (unsigned i = 0; i < CELLS_COUNT; i++)
        if (CELLS[i].api_file == api_file && CELLS[i].read_file == read_file)
            check_cell(server, &CELLS[i]);
    http_server_free(server);
}

static void test_every_cell(void **state)
{
    (void)state;
    folder_make(&folder);
    cells_write_files(&folder);
    for (unsigned bits = 0; bits < 8; bits++)
        check_column(bits & 1, bits & 2, bits & 4);
    folder_remove(&folder);
}

static void test_without_admin_nothing_writes(void **state)
{
    (void)state;
    struct http_server_options without = server_options();
    without.admin = false;
    struct http_server *server = rig_start(&without);
    for (size_t i = 0; i < agent_routes_count; i++)
        assert_int_equal(ask(server, &routes[i], ""), routes[i].access == HTTP_READ ? 200 : 404);
    http_server_free(server);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_cell, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_admin_nothing_writes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
