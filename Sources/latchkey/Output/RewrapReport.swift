/// What sealing anew did, and what becomes of the old master key.
struct RewrapReport {
    private let answer: JSONValue
    private let keyFile: String?

    /// - Parameter keyFile: the new key's file, when the operator brought it.
    init(_ answer: JSONValue, keyFile: String?) {
        self.answer = answer
        self.keyFile = keyFile
    }

    var facts: [(name: String, value: String?)] {
        let count = answer["records"]?.integer
        let records = count.map { $0 == 1 ? "1, opened with the new key" : "\($0), each opened with the new key" }
        return [
            ("sealed anew", answer["rewrappedAt"]?.text), ("records", records), ("master key", answer["masterKey"]?.text),
            ("old master key", answer["oldMasterKey"]?.text), ("next", next),
            ("older backups", "they open with the old master key only: make a new backup before you destroy it"),
        ]
    }

    private var next: String {
        if let old = answer["oldMasterKey"]?.text { return "destroy the old master key now: shred -u \(old)" }
        let key = keyFile.map { "the key in \($0)" } ?? "the new master key"
        return "let the service have \(key) at its next start, in place of the old one; then destroy the old one"
    }
}
