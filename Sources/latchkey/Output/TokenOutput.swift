import LatchkeyCrypto

/// A token pair on standard output. The daemon's answer is wiped when it is written.
struct TokenOutput {
    private let document: JSONDocument

    init(_ document: JSONDocument) { self.document = document }

    /// The named tokens, one a line, or the whole pair as JSON.
    func print(_ names: [String], json: Bool) throws(CommandFailure) {
        defer { document.wipe() }
        if json { return try Output.json(document.root.raw) }
        for name in names {
            guard let token = document.root[name]?.secret else { throw JSONScanner.foreign }
            try token.withBytes { (bytes) throws(CommandFailure) in try Output.write(bytes) }
            try Output.line("")
        }
    }
}
