/// The seal as the daemon's status describes it, for people.
struct SealReport {
    private let seal: JSONValue
    private let isOpen: Bool

    /// - Throws: `.failed` when it does not say whether it is open.
    init(_ seal: JSONValue) throws(CommandFailure) {
        guard let isOpen = seal["open"]?.bool else { throw JSONScanner.foreign }
        self.seal = seal
        self.isOpen = isOpen
    }

    /// All on one line.
    var line: String {
        var text = isOpen ? "open" : "closed"
        if let reason = seal["reason"]?.text { text += ": \(reason)" }
        if let place = seal["masterKey"]?.text { text += "; master key in \(place)" }
        if sharesDisk { text += ", on the store's own disk" }
        if let records { text += "; \(records)" }
        return text
    }

    var facts: [(name: String, value: String?)] {
        [
            ("seal", isOpen ? "open" : "closed"), ("reason", seal["reason"]?.text), ("sealed", records),
            ("master key", seal["masterKey"]?.text), ("disk", sharesDisk ? "the store's own: who steals the disk has both" : nil),
            ("next", isOpen ? nil : "give the daemon its master key back and start it again; lost for ever: latchkey seal rewrap --help"),
        ]
    }

    private var sharesDisk: Bool { seal["sharesDiskWithStore"]?.bool == true }
    private var records: String? { seal["records"]?.integer.map { $0 == 1 ? "1 sealed record" : "\($0) sealed records" } }
}
