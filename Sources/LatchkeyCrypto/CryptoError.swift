/// Why a cryptographic operation was refused or failed.
///
/// Two errors are equal when their codes are: messages are for people and may change. Neither `message` nor `cause` ever
/// holds key material or any part of the input.
package struct CryptoError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// libcrypto could not do what it always can: no memory, no randomness, no such algorithm.
        case unavailable
        /// Key bytes, a PEM or a DER structure that can't be read, has the wrong length, or carries more than one key.
        case malformedKey
        /// A key of a type this project doesn't use, or a size or exponent outside the accepted bounds.
        case unsupportedKey
        /// A private key under a passphrase.
        case encryptedKey
        /// A private key whose halves don't belong together.
        case inconsistentKey
        /// Sealed bytes that were changed, cut, moved, or sealed under another key.
        case authenticationFailed
        /// A token that isn't a compact JWS in the strict form of this room.
        case malformedToken
        /// JSON that two parsers could read in two ways, or that isn't an object.
        case malformedJSON
        /// An argument outside its documented range.
        case invalidArgument
    }

    package let code: Code
    /// What was wrong and what to do, as a sentence.
    package let message: String
    /// libcrypto's own words for the reason, when it had any: a constant text of the library.
    package let cause: String?

    package init(_ code: Code, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String {
        cause.map { "\(message) (libcrypto: \($0))" } ?? message
    }

    package static func == (a: Self, b: Self) -> Bool { a.code == b.code }
}
