#include "tui/client.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENDPOINT_MAX = 512 };
static const char unix_prefix[] = "unix:";

struct client {
    struct client_settings settings;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    struct buffer body;
    char endpoint[ENDPOINT_MAX];
    char error[CURL_ERROR_SIZE + 64];
    char curl_error[CURL_ERROR_SIZE];
    bool busy;
    bool no_token; // the file could not be read
};

static const char *socket_path(const struct client_settings *settings)
{
    size_t length = sizeof unix_prefix - 1;
    return strncmp(settings->host, unix_prefix, length) == 0 ? settings->host + length : NULL;
}

// A name or an address, nothing that a URL would take for something else.
static bool check_host(const struct client_settings *settings, struct error *err)
{
    const char *host = settings->host, *path = socket_path(settings);
    if (path)
        return *path || error_set(err, ERROR_INVALID, "-H: unix: needs a path");
    bool fine = *host != 0;
    for (; *host; host++)
        fine &= isalnum((unsigned char)*host) || strchr("-._:%[]", *host);
    return fine ||
           error_set(err, ERROR_INVALID,
                     "-H: a name, an address or unix:/path expected, got \"%s\"", settings->host);
}

static void make_endpoint(struct client *client)
{
    const struct client_settings *settings = &client->settings;
    bool bare = strchr(settings->host, ':') && *settings->host != '[';
    if (socket_path(settings))
        snprintf(client->endpoint, sizeof client->endpoint, "%s", settings->host);
    else
        snprintf(client->endpoint, sizeof client->endpoint, "%s%s%s:%u", bare ? "[" : "",
                 settings->host, bare ? "]" : "", settings->port);
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct client *client = context;
    buffer_add(&client->body, bytes, size * count);
    return client->body.failed ? 0 : size * count;
}

// The first line of the file that is neither empty nor a comment.
static bool read_token(const char *path, char token[static CLIENT_TOKEN_MAX])
{
    FILE *file = fopen(path, "re");
    bool found = false;
    while (file && !found && fgets(token, CLIENT_TOKEN_MAX, file)) {
        token[strcspn(token, "\r\n")] = 0;
        found = *token && *token != '#';
    }
    if (file)
        fclose(file);
    return found;
}

static void set_token(struct client *client)
{
    char token[CLIENT_TOKEN_MAX] = "", header[CLIENT_TOKEN_MAX + 32];
    const struct client_settings *settings = &client->settings;
    client->no_token = settings->token_file && !read_token(settings->token_file, token);
    if (!settings->token_file && settings->token)
        snprintf(token, sizeof token, "%s", settings->token);
    curl_slist_free_all(client->headers);
    client->headers = NULL;
    if (*token) {
        snprintf(header, sizeof header, "Authorization: Bearer %s", token);
        client->headers = curl_slist_append(NULL, header);
    }
    curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, client->headers);
    explicit_bzero(token, sizeof token);
    explicit_bzero(header, sizeof header);
}

static void set_options(struct client *client)
{
    const struct client_settings *settings = &client->settings;
    CURL *easy = client->easy;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "pktvisor-cli/" PKTVISOR_VERSION);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)CLIENT_SECONDS);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, client->curl_error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, client);
    if (socket_path(settings))
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket_path(settings));
    if (settings->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca);
    if (settings->tls_noverify) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

struct client *client_new(const struct client_settings *settings, struct error *err)
{
    if (!check_host(settings, err))
        return NULL;
    struct client *client = mem_zalloc(sizeof *client);
    if (!client) {
        error_set(err, ERROR_MEMORY, "no memory");
        return NULL;
    }
    client->settings = *settings;
    buffer_init(&client->body, CLIENT_ANSWER_MAX);
    client->multi = curl_multi_init();
    client->easy = curl_easy_init();
    if (!client->multi || !client->easy) {
        error_set(err, ERROR_MEMORY, "no memory");
        client_free(client);
        return NULL;
    }
    make_endpoint(client);
    set_options(client);
    set_token(client);
    if (!client->no_token)
        return client;
    error_set(err, ERROR_IO, "-token-file: no token can be read from %s", settings->token_file);
    client_free(client);
    return NULL;
}

void client_free(struct client *client)
{
    if (!client)
        return;
    client_drop(client);
    curl_easy_cleanup(client->easy);
    curl_multi_cleanup(client->multi);
    curl_slist_free_all(client->headers);
    buffer_done(&client->body);
    mem_free(client);
}

const char *client_endpoint(const struct client *client)
{
    return client->endpoint;
}

bool client_busy(const struct client *client)
{
    return client->busy;
}

void client_drop(struct client *client)
{
    if (client->busy)
        curl_multi_remove_handle(client->multi, client->easy);
    client->busy = false;
}

void client_send(struct client *client, const char *path)
{
    char url[ENDPOINT_MAX + REQUEST_PATH_MAX];
    client_drop(client);
    snprintf(url, sizeof url, "%s://%s%s", client->settings.tls ? "https" : "http",
             socket_path(&client->settings) ? "localhost" : client->endpoint, path);
    buffer_clear(&client->body);
    *client->curl_error = 0;
    curl_easy_setopt(client->easy, CURLOPT_URL, url);
    client->busy = curl_multi_add_handle(client->multi, client->easy) == CURLM_OK;
    int running;
    curl_multi_perform(client->multi, &running);
}

void client_wait(struct client *client, struct pollfd *others, unsigned count, int milliseconds)
{
    enum { OTHERS_MAX = 4 };
    struct curl_waitfd fds[OTHERS_MAX];
    count = count < OTHERS_MAX ? count : OTHERS_MAX;
    for (unsigned i = 0; i < count; i++)
        fds[i] = (struct curl_waitfd){.fd = others[i].fd, .events = CURL_WAIT_POLLIN};
    curl_multi_poll(client->multi, fds, count, milliseconds, NULL);
    for (unsigned i = 0; i < count; i++)
        others[i].revents = fds[i].revents & CURL_WAIT_POLLIN ? POLLIN : 0;
    int running;
    curl_multi_perform(client->multi, &running);
}

static const char *system_error(struct client *client)
{
    long number = 0;
    curl_easy_getinfo(client->easy, CURLINFO_OS_ERRNO, &number);
    const char *text = number ? strerrordesc_np((int)number) : NULL;
    return text ? text : "nobody listens there";
}

// Why there is no answer, in the user's words where curl's name no cause.
static const char *why(struct client *client, CURLcode code)
{
    if (client->body.failed)
        snprintf(client->error, sizeof client->error, "the answer is longer than %d MiB",
                 CLIENT_ANSWER_MAX >> 20);
    else if (code == CURLE_COULDNT_CONNECT)
        snprintf(client->error, sizeof client->error, "cannot connect: %s", system_error(client));
    else if (code == CURLE_OPERATION_TIMEDOUT)
        snprintf(client->error, sizeof client->error, "no answer within %d s", CLIENT_SECONDS);
    else
        snprintf(client->error, sizeof client->error, "%s",
                 *client->curl_error ? client->curl_error : curl_easy_strerror(code));
    return client->error;
}

bool client_take(struct client *client, struct answer *answer)
{
    int left;
    const CURLMsg *message = client->busy ? curl_multi_info_read(client->multi, &left) : NULL;
    if (!message || message->msg != CURLMSG_DONE)
        return false;
    CURLcode code = message->data.result;
    long status = 0;
    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
    client_drop(client);
    *answer = (struct answer){.body = buffer_span(&client->body)};
    if (code == CURLE_OK)
        answer->status = (int)status;
    else
        answer->error = why(client, code);
    if (answer->status == 401 || client->no_token)
        set_token(client); // it may have been replaced
    return true;
}
