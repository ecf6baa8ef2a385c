import COpenSSL

/// What the room's calls into libcrypto share.
enum OpenSSL {
    /// An error with libcrypto's last reason as its cause.
    ///
    /// Empties the calling thread's error queue, so that no later failure is explained by this one.
    static func failure(_ code: CryptoError.Code, _ message: String) -> CryptoError {
        let number = ERR_peek_last_error()
        let reason = unsafe ERR_reason_error_string(number)
        let cause = unsafe reason.map { unsafe String(cString: $0) }
        ERR_clear_error()
        return CryptoError(code, message, cause: cause)
    }

    /// For the calls that fail only when memory is short.
    static func outOfMemory() -> CryptoError {
        failure(.unavailable, "libcrypto could not allocate what it needs; free memory and try again")
    }

    /// Forgets the reason of a failure that is an ordinary answer, such as a signature that doesn't verify.
    static func forgetFailure() { ERR_clear_error() }
}
