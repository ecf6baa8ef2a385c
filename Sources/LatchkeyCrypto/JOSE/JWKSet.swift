/// A JSON Web Key Set (RFC 7517 §5).
package struct JWKSet: Codable, Sendable, Equatable {
    package var keys: [JWK]

    package init(keys: [JWK]) { self.keys = keys }
}
