/// What the import of a private key did, for people.
struct ImportReport {
    private let answer: JSONValue
    private let file: String?

    /// - Parameter file: where the key came from; none for standard input.
    init(_ answer: JSONValue, file: String?) {
        self.answer = answer
        self.file = file
    }

    var facts: [(name: String, value: String?)] {
        let source = file.map { "\($0) still holds the private key: destroy it" } ?? "destroy what else holds the private key"
        return [
            ("imported", answer["keyId"]?.text), ("status", answer["status"]?.text), ("can sign from", answer["readyAt"]?.text),
            ("retired in its favour", answer["displacedKeyId"]?.text), ("next", "\(source); the key signs at the next rotation"),
        ]
    }
}
