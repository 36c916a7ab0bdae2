#include "http/certificate.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdio.h>

struct pair {
    gnutls_x509_crt_t *chain; // of GnuTLS
    unsigned length;
    gnutls_x509_privkey_t key;
};

struct http_certificate {
    pthread_mutex_t mutex;
    struct watched_file cert_file, key_file;
    int64_t looked;
    struct pair pair;
    http_warn *warn;
    void *context;
};

static void pair_done(struct pair *pair)
{
    for (unsigned i = 0; i < pair->length; i++)
        gnutls_x509_crt_deinit(pair->chain[i]);
    gnutls_free(pair->chain);
    if (pair->key)
        gnutls_x509_privkey_deinit(pair->key);
    *pair = (struct pair){0};
}

static bool refuse(struct error *err, const char *path, int code)
{
    return error_set(err, ERROR_FORMAT, "%s: %s", path, gnutls_strerror(code));
}

static bool read_chain(struct pair *pair, const char *path, struct error *err)
{
    struct buffer content;
    struct stat status;
    if (!file_read(path, HTTP_PEM_MAX, &content, &status, err))
        return false;
    gnutls_datum_t pem = {content.data, (unsigned)content.len};
    int code =
        gnutls_x509_crt_list_import2(&pair->chain, &pair->length, &pem, GNUTLS_X509_FMT_PEM, 0);
    buffer_done(&content);
    if (code >= 0 && pair->length > HTTP_CHAIN_MAX)
        return error_set(err, ERROR_FORMAT, "%s: more than %d certificates", path, HTTP_CHAIN_MAX);
    return code >= 0 ? true : refuse(err, path, code);
}

static bool read_key(struct pair *pair, const char *path, struct error *err)
{
    struct buffer content;
    struct stat status;
    if (!file_read(path, HTTP_PEM_MAX, &content, &status, err))
        return false;
    gnutls_datum_t pem = {content.data, (unsigned)content.len};
    int code = gnutls_x509_privkey_init(&pair->key);
    if (code >= 0)
        code = gnutls_x509_privkey_import2(pair->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    file_forget(&content);
    return code >= 0 ? true : refuse(err, path, code);
}

static bool belong_together(const struct pair *pair)
{
    uint8_t of_cert[64], of_key[64];
    size_t cert_size = sizeof of_cert, key_size = sizeof of_key;
    return gnutls_x509_crt_get_key_id(pair->chain[0], GNUTLS_KEYID_USE_SHA256, of_cert,
                                      &cert_size) == 0 &&
           gnutls_x509_privkey_get_key_id(pair->key, GNUTLS_KEYID_USE_SHA256, of_key, &key_size) ==
               0 &&
           cert_size == key_size && memcmp(of_cert, of_key, key_size) == 0;
}

// The marks are taken first: a change while the files are read is seen at the next look.
static bool load(struct http_certificate *certificate, struct error *err)
{
    struct pair pair = {0};
    watched_file_mark(&certificate->cert_file);
    watched_file_mark(&certificate->key_file);
    bool good = read_chain(&pair, certificate->cert_file.path, err) &&
                read_key(&pair, certificate->key_file.path, err);
    if (good && !belong_together(&pair))
        good = error_set(err, ERROR_FORMAT, "%s: not the key of %s", certificate->key_file.path,
                         certificate->cert_file.path);
    if (good) {
        pair_done(&certificate->pair);
        certificate->pair = pair;
    } else {
        pair_done(&pair);
    }
    return good;
}

struct http_certificate *http_certificate_open(const char *cert, const char *key, http_warn *warn,
                                               void *context, struct error *err)
{
    struct http_certificate *certificate = mem_zalloc(sizeof *certificate);
    if (!certificate) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&certificate->mutex, NULL);
    certificate->cert_file.path = mem_strdup(cert);
    certificate->key_file.path = mem_strdup(key);
    certificate->warn = warn;
    certificate->context = context;
    certificate->looked = INT64_MIN;
    bool good = certificate->cert_file.path && certificate->key_file.path
                    ? load(certificate, err)
                    : error_set(err, ERROR_MEMORY, "out of memory");
    if (good)
        return certificate;
    http_certificate_free(certificate);
    return NULL;
}

void http_certificate_free(struct http_certificate *certificate)
{
    if (!certificate)
        return;
    pair_done(&certificate->pair);
    pthread_mutex_destroy(&certificate->mutex);
    mem_free(certificate->cert_file.path);
    mem_free(certificate->key_file.path);
    mem_free(certificate);
}

static void look_again(struct http_certificate *certificate, int64_t now)
{
    if (certificate->looked != INT64_MIN && now - certificate->looked < CLOCK_SECOND)
        return;
    certificate->looked = now;
    http_warn *warn = certificate->warn;
    bool changed = watched_file_changed(&certificate->cert_file, warn, certificate->context);
    changed |= watched_file_changed(&certificate->key_file, warn, certificate->context);
    if (!changed)
        return;
    struct error err = {0};
    char text[sizeof err.text + 64];
    if (load(certificate, &err))
        snprintf(text, sizeof text, "%s: certificate read again", certificate->cert_file.path);
    else
        snprintf(text, sizeof text, "%s; the old certificate stays", err.text);
    if (warn)
        warn(certificate->context, text);
}

static int copy_chain(const struct pair *pair, gnutls_pcert_st *chain, unsigned *length)
{
    for (*length = 0; *length < pair->length; ++*length) {
        int code = gnutls_pcert_import_x509(&chain[*length], pair->chain[*length], 0);
        if (code < 0)
            return code;
    }
    return 0;
}

static int copy_key(const struct pair *pair, gnutls_privkey_t *key)
{
    int code = gnutls_privkey_init(key);
    if (code < 0)
        return code;
    code = gnutls_privkey_import_x509(*key, pair->key, GNUTLS_PRIVKEY_IMPORT_COPY);
    if (code < 0) {
        gnutls_privkey_deinit(*key);
        *key = NULL;
    }
    return code;
}

static int copy_pair(const struct pair *pair, gnutls_pcert_st **chain, unsigned *length,
                     gnutls_privkey_t *key)
{
    *chain = gnutls_calloc(pair->length, sizeof **chain);
    *length = 0;
    if (!*chain)
        return GNUTLS_E_MEMORY_ERROR;
    int code = copy_chain(pair, *chain, length);
    if (code >= 0)
        code = copy_key(pair, key);
    if (code >= 0)
        return 0;
    for (unsigned i = 0; i < *length; i++)
        gnutls_pcert_deinit(&(*chain)[i]);
    gnutls_free(*chain);
    return code;
}

int http_certificate_retrieve(struct http_certificate *certificate, int64_t now,
                              gnutls_pcert_st **chain, unsigned *length, gnutls_privkey_t *key)
{
    pthread_mutex_lock(&certificate->mutex);
    look_again(certificate, now);
    int code = copy_pair(&certificate->pair, chain, length, key);
    pthread_mutex_unlock(&certificate->mutex);
    return code;
}
