/// What is told of a key that was just made. Its secret is not here.
struct KeyFacts {
    let key: JSONValue
    /// Where the secret went.
    let place: (name: String, value: String?)?
    let more: [(name: String, value: String?)]

    private var lines: [(name: String, value: String?)] {
        [
            ("id", key["id"]?.text), ("prefix", key["prefix"]?.text), ("scopes", key["scopes"]?.texts?.joined(separator: " ")),
            ("expires", key["expiresAt"]?.text),
        ] + (place.map { [$0] } ?? []) + more
    }

    /// - Parameters:
    ///   - isPrinted: whether standard output has had the secret; with `json`, the key's description, too.
    /// - Throws: `.failed`, with the key's id, when standard output can't be written: the key is there all the same.
    func tell(isPrinted: Bool, json: Bool) throws(CommandFailure) {
        guard !isPrinted else { return json ? () : Facts.note(lines) }
        do {
            // Contract §10: the description, as a member.
            if json { try Output.json(Array("{\"apiKey\":".utf8) + key.raw + [UInt8(ascii: "}")]) } else { try Facts.print(lines) }
        } catch {
            let id = key["id"]?.text ?? ""
            let stored = place.flatMap { place in place.value.map { " (\(place.name) \($0))" } } ?? ""
            throw CommandFailure(
                .failed, "the API key \(id) was minted and stored\(stored) and works; only this could not be told: \(error.message)",
                hint: "don't mint it again; look at it: latchkey api-keys show \(id)")
        }
    }
}
