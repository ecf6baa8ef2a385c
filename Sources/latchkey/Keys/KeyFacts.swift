/// What is told of a key that was just made. Its secret is not here.
enum KeyFacts {
    /// - Parameter place: where the secret went.
    static func lines(
        _ key: JSONValue, _ place: (name: String, value: String?)?, more: [(name: String, value: String?)]
    ) -> [(name: String, value: String?)] {
        [
            ("id", key["id"]?.text), ("prefix", key["prefix"]?.text), ("scopes", key["scopes"]?.texts?.joined(separator: " ")),
            ("expires", key["expiresAt"]?.text),
        ] + (place.map { [$0] } ?? []) + more
    }

    /// Contract §10: the description, as a member.
    static func json(_ key: JSONValue) -> [UInt8] { Array("{\"apiKey\":".utf8) + key.raw + [UInt8(ascii: "}")] }
}
