// The server's certificate with its chain and its key, from PEM files that are read again when one
// of them changes: certificates are renewed without a restart.
#pragma once

#include "http/tokens.h"

#include <gnutls/abstract.h>

struct http_certificate;

enum { HTTP_CHAIN_MAX = 16, HTTP_PEM_MAX = 1 << 20 };

// Fails when the files cannot be read or the key does not belong to the certificate.
struct http_certificate *http_certificate_open(const char *cert, const char *key, http_warn *warn,
                                               void *context, struct error *err);
void http_certificate_free(struct http_certificate *certificate);

// For one handshake; the caller's (GNUTLS_CERT_RETR_DEINIT_ALL). Looks at the files once a second
// at most; what cannot be read or does not fit together is told to `warn`, and the old pair stays.
// 0 or a negative code of GnuTLS.
int http_certificate_retrieve(struct http_certificate *certificate, int64_t now,
                              gnutls_pcert_st **chain, unsigned *length, gnutls_privkey_t *key);
