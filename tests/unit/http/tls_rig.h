// A self-signed certificate made on the spot, and a TLS client that does not mind.
#pragma once

#include "folder.h"
#include "http_rig.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

static inline void tls_write_pem(struct folder *folder, const char *name, gnutls_datum_t *pem)
{
    folder_write(folder, name, pem->data, pem->size, 0600);
    gnutls_free(pem->data);
}

// Files NAME.crt and NAME.key; the serial number tells certificates apart.
static inline void tls_make(struct folder *folder, const char *name, uint8_t serial)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
    gnutls_datum_t pem;
    char file[64];
    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_privkey_generate(
                         key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                     0);
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    gnutls_x509_crt_set_version(crt, 3);
    gnutls_x509_crt_set_serial(crt, &serial, 1);
    gnutls_x509_crt_set_activation_time(crt, time(NULL) - 60);
    gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 3600);
    gnutls_x509_crt_set_dn(crt, "CN=localhost", NULL);
    gnutls_x509_crt_set_key(crt, key);
    assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);
    assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
    snprintf(file, sizeof file, "%s.crt", name);
    tls_write_pem(folder, file, &pem);
    assert_int_equal(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem), 0);
    snprintf(file, sizeof file, "%s.key", name);
    tls_write_pem(folder, file, &pem);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
}

struct tls_client {
    int fd;
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
};

// 0, or the error of the handshake; either way end it by tls_close.
static inline int tls_connect(struct tls_client *client, unsigned port, const char *priorities)
{
    client->fd = rig_connect(port);
    gnutls_certificate_allocate_credentials(&client->credentials);
    gnutls_init(&client->session, GNUTLS_CLIENT);
    gnutls_priority_set_direct(client->session, priorities, NULL);
    gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, client->credentials);
    gnutls_transport_set_int(client->session, client->fd);
    gnutls_handshake_set_timeout(client->session, PATIENCE_MS);
    int code;
    do
        code = gnutls_handshake(client->session);
    while (code < 0 && !gnutls_error_is_fatal(code));
    return code;
}

static inline void tls_close(struct tls_client *client)
{
    gnutls_deinit(client->session);
    gnutls_certificate_free_credentials(client->credentials);
    close(client->fd);
}

static inline uint8_t tls_serial(struct tls_client *client)
{
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(client->session, &count);
    gnutls_x509_crt_t crt;
    uint8_t serial[20] = {0};
    size_t size = sizeof serial;
    assert_true(count > 0);
    gnutls_x509_crt_init(&crt);
    gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER);
    gnutls_x509_crt_get_serial(crt, serial, &size);
    gnutls_x509_crt_deinit(crt);
    return serial[size - 1];
}

static inline bool tls_answer_is_whole(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    const char *length = strcasestr(answer, "Content-Length:");
    return end && (!length || strlen(end + 4) >= strtoul(length + 15, NULL, 10));
}

// The status of one short answer; 0: none came.
static inline unsigned tls_ask(struct tls_client *client, const char *request)
{
    char answer[8192] = {0};
    size_t used = 0;
    gnutls_record_set_timeout(client->session, PATIENCE_MS);
    if (gnutls_record_send(client->session, request, strlen(request)) < 0)
        return 0;
    while (!tls_answer_is_whole(answer)) {
        ssize_t got = gnutls_record_recv(client->session, answer + used, sizeof answer - 1 - used);
        if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
            continue;
        if (got <= 0)
            return 0;
        used += (size_t)got;
    }
    return (unsigned)strtoul(answer + 9, NULL, 10);
}
