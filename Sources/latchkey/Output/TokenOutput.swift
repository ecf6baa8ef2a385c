import LatchkeyCrypto

/// A token pair on standard output. The daemon's answer is wiped when it is written.
struct TokenOutput {
    private let document: JSONDocument
    private let member: String?

    /// - Parameter member: where in the answer the pair is, when it is not the answer itself.
    init(_ document: JSONDocument, in member: String? = nil) {
        self.document = document
        self.member = member
    }

    /// The named tokens, one a line, or the whole answer as JSON.
    func print(_ names: [String], json: Bool) throws(CommandFailure) {
        defer { document.wipe() }
        if json { return try Output.json(document.root.raw) }
        let pair = member.flatMap { document.root[$0] } ?? document.root
        for name in names {
            guard let token = pair[name]?.secret else { throw JSONScanner.foreign }
            try token.withBytes { (bytes) throws(CommandFailure) in try Output.write(bytes) }
            try Output.line("")
        }
    }
}
