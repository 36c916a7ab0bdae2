#include "push/transport.h"

#include "base/clock.h"
#include "base/memory.h"
#include "http/file.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>

enum { SECRET_MAX = 64 << 10, HEADER_MAX = 128 << 10, POLL_MS = 1000 };

struct transport {
    const struct push_target *target;
    CURL *easy;
    CURLM *multi;
    struct curl_slist *headers, *connect_to;
    struct buffer body; // of the answer
    char reason[CURL_ERROR_SIZE];
    atomic_bool stop;
};

bool transport_init(struct error *err)
{
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_alloc, mem_free, mem_realloc, mem_strdup,
                                mem_calloc) == CURLE_OK ||
           error_set(err, ERROR_MEMORY, "the HTTP client cannot start");
}

void transport_exit(void)
{
    curl_global_cleanup();
}

static size_t take_body(char *bytes, size_t size, size_t count, void *transport_)
{
    struct transport *transport = transport_;
    size_t len = size * count, room = TRANSPORT_BODY_MAX - transport->body.len;
    buffer_add(&transport->body, bytes, len < room ? len : room);
    return len;
}

// --- settings that hold for all requests

static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
    struct buffer line;
    buffer_init(&line, HEADER_MAX);
    buffer_printf(&line, "%s:%s%s", name, *value ? " " : "", value);
    struct curl_slist *longer = line.failed ? NULL : curl_slist_append(*list, buffer_text(&line));
    *list = longer ? longer : *list;
    buffer_done(&line);
    return longer != NULL;
}

static bool add_headers(struct transport *transport)
{
    const struct push_target *target = transport->target;
    struct curl_slist **list = &transport->headers;
    bool remote_write = target->protocol == PUSH_REMOTE_WRITE;
    bool fine = add_header(list, "Content-Type", "application/x-protobuf") &&
                add_header(list, "Content-Encoding", remote_write ? "snappy" : "gzip") &&
                add_header(list, "Expect", "");
    if (remote_write)
        fine = fine && add_header(list, "X-Prometheus-Remote-Write-Version", "0.1.0");
    for (size_t i = 0; fine && i < target->headers.n; i++)
        fine = add_header(list, target->headers.labels[i].name, target->headers.labels[i].value);
    return fine;
}

// libcurl keeps a copy of a text.
static bool set_text(struct transport *transport, CURLoption option, const char *text)
{
    return !text || curl_easy_setopt(transport->easy, option, text) == CURLE_OK;
}

static bool set_number(struct transport *transport, CURLoption option, long number)
{
    return curl_easy_setopt(transport->easy, option, number) == CURLE_OK;
}

static bool set_tls(struct transport *transport)
{
    const struct push_target *target = transport->target;
    return set_number(transport, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) &&
           set_number(transport, CURLOPT_SSL_VERIFYPEER, !target->insecure) &&
           set_number(transport, CURLOPT_SSL_VERIFYHOST, target->insecure ? 0 : 2) &&
           set_text(transport, CURLOPT_CAINFO, target->ca) &&
           set_text(transport, CURLOPT_SSLCERT, target->cert) &&
           set_text(transport, CURLOPT_SSLKEY, target->key);
}

static bool set_limits(struct transport *transport)
{
    return set_number(transport, CURLOPT_NOSIGNAL, 1) &&
           set_number(transport, CURLOPT_FOLLOWLOCATION, 0) &&
           set_number(transport, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
           set_number(transport, CURLOPT_CONNECTTIMEOUT, TRANSPORT_CONNECT_SECONDS) &&
           set_number(transport, CURLOPT_TIMEOUT, (long)transport->target->timeout) &&
           set_text(transport, CURLOPT_PROTOCOLS_STR, "http,https") &&
           set_text(transport, CURLOPT_USERAGENT, "pktvisord/" PKTVISOR_VERSION);
}

static bool set_callbacks(struct transport *transport)
{
    CURL *easy = transport->easy;
    return set_number(transport, CURLOPT_POST, 1) &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transport->reason) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, transport) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transport->headers) == CURLE_OK;
}

// The certificate's name goes into the URL (and so into SNI), and the URL's host and port are where
// the connection goes. The header Host stays what the URL says.
static bool rename_server(struct transport *transport, CURLU *url)
{
    const char *name = transport->target->server_name;
    char *host = NULL, *port = NULL;
    struct buffer text;
    buffer_init(&text, HEADER_MAX);
    bool fine = curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    if (fine) {
        buffer_printf(&text, "%s:%s:%s:%s", name, port, host, port);
        fine = !text.failed &&
               (transport->connect_to = curl_slist_append(NULL, buffer_text(&text))) != NULL &&
               curl_easy_setopt(transport->easy, CURLOPT_CONNECT_TO, transport->connect_to) ==
                   CURLE_OK;
        buffer_clear(&text);
        buffer_printf(&text, "%s:%s", host, port);
        fine = fine && !text.failed &&
               add_header(&transport->headers, "Host", buffer_text(&text)) &&
               curl_url_set(url, CURLUPART_HOST, name, 0) == CURLUE_OK;
    }
    buffer_done(&text);
    curl_free(host);
    curl_free(port);
    return fine;
}

static bool set_url(struct transport *transport)
{
    char *text = NULL;
    CURLU *url = curl_url();
    bool fine = url && curl_url_set(url, CURLUPART_URL, transport->target->url, 0) == CURLUE_OK &&
                (!transport->target->server_name || rename_server(transport, url)) &&
                curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK &&
                set_text(transport, CURLOPT_URL, text);
    curl_free(text);
    curl_url_cleanup(url);
    return fine;
}

struct transport *transport_new(const struct push_target *target, struct error *err)
{
    struct transport *transport = mem_zalloc(sizeof *transport);
    if (transport) {
        transport->target = target;
        buffer_init(&transport->body, TRANSPORT_BODY_MAX);
        transport->easy = curl_easy_init();
        transport->multi = curl_multi_init();
    }
    if (transport && transport->easy && transport->multi && add_headers(transport) &&
        set_url(transport) && set_limits(transport) && set_tls(transport) &&
        set_callbacks(transport))
        return transport;
    error_set(err, ERROR_MEMORY, "no memory to talk to %s", target->url);
    transport_free(transport);
    return NULL;
}

void transport_free(struct transport *transport)
{
    if (!transport)
        return;
    curl_easy_cleanup(transport->easy);
    curl_multi_cleanup(transport->multi);
    curl_slist_free_all(transport->headers);
    curl_slist_free_all(transport->connect_to);
    buffer_done(&transport->body);
    mem_free(transport);
}

void transport_stop(struct transport *transport)
{
    atomic_store(&transport->stop, true);
    curl_multi_wakeup(transport->multi);
}

// --- a request

// The first line of a file, without the blanks around it (a password may have some within);
// file_forget it. False: err.
static bool read_secret(const char *path, struct buffer *secret, struct error *err)
{
    struct stat status;
    if (!file_read(path, SECRET_MAX, secret, &status, err))
        return false;
    char *text = (char *)secret->data;
    size_t begin = strspn(text, " \t"), end = begin + strcspn(text + begin, "\r\n");
    while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t'))
        end--;
    memmove(text, text + begin, end - begin);
    text[end - begin] = 0;
    return end > begin || error_set(err, ERROR_INVALID, "%s holds nothing", path);
}

static bool set_secret(struct transport *transport, CURLoption option, const char *text,
                       const char *path, struct error *err)
{
    struct buffer secret = {0};
    if (!path)
        return set_text(transport, option, text);
    bool fine =
        read_secret(path, &secret, err) && set_text(transport, option, (const char *)secret.data);
    file_forget(&secret);
    return fine;
}

static bool authorise(struct transport *transport, struct error *err)
{
    const struct push_target *target = transport->target;
    long kind = CURLAUTH_BASIC;
    err->code = ERROR_NONE;
    bool fine = true;
    if (target->bearer || target->bearer_file) {
        kind = (long)CURLAUTH_BEARER;
        fine =
            set_secret(transport, CURLOPT_XOAUTH2_BEARER, target->bearer, target->bearer_file, err);
    } else if (target->user) {
        fine =
            set_text(transport, CURLOPT_USERNAME, target->user) &&
            set_secret(transport, CURLOPT_PASSWORD, target->password, target->password_file, err);
    }
    fine = fine && set_number(transport, CURLOPT_HTTPAUTH, kind);
    if (!fine && err->code == ERROR_NONE)
        error_set(err, ERROR_MEMORY, "no memory for a request");
    return fine;
}

// The outcome of the only request that is under way.
static CURLcode outcome(struct transport *transport)
{
    int left;
    const CURLMsg *message;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    while ((message = curl_multi_info_read(transport->multi, &left)))
        if (message->msg == CURLMSG_DONE)
            code = message->data.result;
    return code;
}

// False: stopped.
static bool run(struct transport *transport)
{
    int running = 1;
    while (!atomic_load(&transport->stop)) {
        if (curl_multi_perform(transport->multi, &running) != CURLM_OK || running == 0)
            return true;
        curl_multi_poll(transport->multi, NULL, 0, POLL_MS, NULL);
    }
    curl_easy_setopt(transport->easy, CURLOPT_QUICK_EXIT, 1L); // does not wait for name servers
    return false;
}

static void read_answer(const struct transport *transport, struct transport_answer *answer)
{
    long status = 0;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(transport->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transport->easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > INT64_MAX / CLOCK_SECOND)
        retry_after = INT64_MAX / CLOCK_SECOND;
    answer->status = (unsigned)status;
    answer->retry_after = retry_after > 0 ? (int64_t)retry_after * CLOCK_SECOND : 0;
    answer->body = buffer_span(&transport->body);
}

enum transport_result transport_post(struct transport *transport, struct span body,
                                     struct transport_answer *answer, struct error *err)
{
    CURL *easy = transport->easy;
    buffer_clear(&transport->body);
    *transport->reason = 0;
    if (!authorise(transport, err))
        return TRANSPORT_FAILED;
    if (curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.ptr) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) != CURLE_OK ||
        curl_multi_add_handle(transport->multi, easy) != CURLM_OK) {
        error_set(err, ERROR_MEMORY, "no memory for a request");
        return TRANSPORT_FAILED;
    }
    bool ended = run(transport);
    CURLcode code = ended ? outcome(transport) : CURLE_ABORTED_BY_CALLBACK;
    curl_multi_remove_handle(transport->multi, easy);
    if (!ended)
        return TRANSPORT_STOPPED;
    if (code != CURLE_OK) {
        const char *reason = *transport->reason ? transport->reason : curl_easy_strerror(code);
        error_set(err, ERROR_IO, "%s", reason);
        return TRANSPORT_FAILED;
    }
    read_answer(transport, answer);
    return TRANSPORT_ANSWERED;
}
