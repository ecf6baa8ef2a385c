import LatchkeyStore

extension Authority {
    private static let mostVerifiers = 100

    /// Lists a resource server with what it accepts, changes it, or takes it from the list.
    ///
    /// - Returns: the list as it is then, in the order of names.
    /// - Throws: `invalid_request` (name, accepts), `cutover_gate_refused` when there is no cutover or it is over, `storage_unavailable`.
    package func setVerifier(_ request: VerifierRequest, by caller: Caller) async throws -> [CutoverRecord.Verifier] {
        let name = try DisplayText.normalised(request.name, field: "name", scalars: 1...100)
        let accepts = try request.accepts.map { try Self.checkedAlgorithms($0) }
        try caller.requireOwn()
        let began = clock.now()
        let verifiers = try await write(.essential) { [self] transaction in
            try Self.requireLive(caller.principal, at: began, in: transaction)
            guard var record = try transaction.get(Tables.cutover, CutoverRecord.key) else { throw AuthorityError.noCutover }
            guard record.phase != .purged else { throw AuthorityError.gateRefused([CutoverDirection.forward.nowhere(from: .purged)]) }
            let before = record.verifiers
            let others = before.filter { !$0.name.utf8.elementsEqual(name.utf8) }
            if let accepts {
                guard others.count < Self.mostVerifiers else {
                    throw AuthorityError.invalid("name", "\(Self.mostVerifiers) verifiers are listed, and that is the most")
                }
                record.verifiers = (others + [.init(name: name, accepts: accepts)]).sorted { $0.name < $1.name }
            } else {
                guard others.count < before.count else { throw AuthorityError.invalid("name", "no verifier of this name is listed") }
                record.verifiers = others
            }
            guard record.verifiers != before else { return before }
            try transaction.put(Tables.cutover, CutoverRecord.key, record)
            var draft = AuditDraft(.cutoverVerifierChanged, by: caller)
            draft.resource = "cutover"
            draft.metadata = ["name": name, "accepts": accepts?.joined(separator: " ") ?? "removed"]
            try self.record(draft, in: transaction)
            return record.verifiers
        }
        try reloadKeys()
        return verifiers
    }

    private static func checkedAlgorithms(_ accepts: [String]) throws(AuthorityError) -> [String] {
        guard !accepts.isEmpty, Set(accepts).count == accepts.count, accepts.allSatisfy({ ["RS256", "HS256"].contains($0) }) else {
            throw .invalid("accepts", "accepts must be RS256, HS256 or both, each once")
        }
        return accepts.sorted(by: >)
    }
}
