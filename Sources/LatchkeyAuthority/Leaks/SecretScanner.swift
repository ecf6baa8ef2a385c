package import LatchkeyCrypto

/// Finds Latchkey's secrets in any bytes, piece by piece, in bounded memory: what begins with `lk_` or `lkr_`, goes on as a secret does, and
/// whose checksum is good. Of random strings of that form, one in 57 thousand million is.
///
/// What stands before and behind a secret does not matter: it is found inside a URL, a quoted string with escapes, or a longer word. Zero
/// bytes are passed over, so that text in UTF-16 is read as well; and what is written in base64 is read, too, whatever stands in it before
/// the secret. A secret that is broken over two lines, compressed or encrypted is not found.
package struct SecretScanner {
    /// A secret that was found.
    package struct Finding: Sendable {
        package enum Kind: String, Sendable, CaseIterable {
            case apiKey = "api_key"
            case refreshToken = "refresh_token"
        }

        package let kind: Kind
        /// Its first 11 characters, by which an API key is known to the daemon.
        package let prefix: String
        /// Where it begins, in bytes from the start, the first being 0; in base64, where the group of characters begins that holds its first.
        package let offset: Int64
        /// In which line it begins, the first being 1.
        package let line: Int64
        /// The secret itself: whether it is good can only be asked with it. It is shown to nobody.
        package let secret: Secret
        /// SHA-256 of the secret, by which one is told from another with the same first characters.
        package let hash: [UInt8]
    }

    private var offset: Int64 = 0
    private var line: Int64 = 1
    private var plain = SecretReader()
    private var encoded = Base64Reader()

    package init() {}

    /// Reads the next piece.
    ///
    /// - Parameter found: called with each secret that ends in it.
    package mutating func scan(_ bytes: Span<UInt8>, found: (Finding) -> Void) {
        for index in bytes.indices {
            let byte = bytes[index]
            if byte != 0 {
                plain.take(byte, offset: offset, line: line, found)
                encoded.take(byte, offset: offset, line: line, found)
                if byte == 0x0A { line += 1 }
            }
            offset += 1
        }
    }

    /// Says that nothing follows: only then is the last secret in base64 whole.
    package mutating func finish(found: (Finding) -> Void) { encoded.end(line: line, found) }
}
