#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

/* What Swift can't import (macros), and the few calls that take an OSSL_PARAM list, whose entries keep pointers to
 * C string literals and are therefore easier to get right here. Nothing in this file decides anything. */

static inline void *COpenSSL_secure_malloc(size_t count) { return OPENSSL_secure_malloc(count); }

static inline void *COpenSSL_malloc(size_t count) { return OPENSSL_malloc(count); }

/* Wipes, then frees; takes memory of either allocator. */
static inline void COpenSSL_secure_clear_free(void *memory, size_t count) { OPENSSL_secure_clear_free(memory, count); }

static inline void COpenSSL_secure_free(void *memory) { OPENSSL_secure_free(memory); }

static inline long COpenSSL_BIO_pending(BIO *bio) { return BIO_pending(bio); }

/* The bytes of a memory BIO, which stay the BIO's. */
static inline long COpenSSL_BIO_get_mem_data(BIO *bio, char **start) { return BIO_get_mem_data(bio, start); }

/* An RSA public key from big-endian unsigned integers, or NULL. */
static inline EVP_PKEY *COpenSSL_rsa_public_key(const unsigned char *modulus, size_t modulus_count,
                                                const unsigned char *exponent, size_t exponent_count) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = NULL;
    BIGNUM *n = BN_bin2bn(modulus, (int)modulus_count, NULL);
    BIGNUM *e = BN_bin2bn(exponent, (int)exponent_count, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (n != NULL && e != NULL && builder != NULL && context != NULL
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1
        && (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL && EVP_PKEY_fromdata_init(context) == 1
        && EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(e);
    BN_free(n);
    return key;
}

/* An HMAC context with its digest chosen and no key yet, or NULL. Made once and duplicated for each use, so that no
 * use looks an algorithm up by name. */
static inline EVP_MAC_CTX *COpenSSL_hmac_sha256_template(void) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (context != NULL && EVP_MAC_CTX_set_params(context, parameters) != 1) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    return context;
}

/* HKDF-SHA-256, extract then expand. 1 when `output` is filled. */
static inline int COpenSSL_hkdf_sha256(EVP_KDF *kdf, const unsigned char *secret, size_t secret_count,
                                       const unsigned char *salt, size_t salt_count, const unsigned char *info,
                                       size_t info_count, unsigned char *output, size_t output_count) {
    OSSL_PARAM parameters[5];
    OSSL_PARAM *next = parameters;
    *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, secret_count);
    if (salt_count > 0) {
        *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_count);
    }
    if (info_count > 0) {
        *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_count);
    }
    *next = OSSL_PARAM_construct_end();
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    int done = context != NULL && EVP_KDF_derive(context, output, output_count, parameters) == 1;
    EVP_KDF_CTX_free(context);
    return done;
}

#endif
