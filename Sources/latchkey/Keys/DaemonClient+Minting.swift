import LatchkeyCrypto
import LatchkeyVerifier

extension DaemonClient {
    /// Makes an API key and delivers its secret. A key whose secret reached nobody is revoked at once.
    ///
    /// A key that takes another's place is proven to authenticate, twice: before its secret goes anywhere, because where it goes the old one's may
    /// be and be gone then; and after, because storing may take a minute. Only then does the old one end.
    ///
    /// - Parameters:
    ///   - destination: taken, once the key is there.
    ///   - json: whether standard output gets the key's description together with its secret.
    /// - Returns: the key without its secret.
    /// - Throws: `.notStored`, with the key's id and whether it could be revoked; `.failed` when it doesn't authenticate, or the old one could not
    ///   be ended; what the daemon refused with.
    func make(_ order: KeyOrder, to destination: inout KeyDestination, json: Bool) async throws(CommandFailure) -> JSONValue {
        Hardening.holdSignals()
        let answer = try await post(order.path, order.members)
        let description = answer.root["apiKey"]?.raw
        let secret = answer.root["key"]?.secret
        answer.wipe()
        guard let description, let secret else { throw JSONScanner.foreign }
        let key = try JSONDocument(description).root
        let new = NewKey(key, old: order.old)
        if new.old != nil { try await prove(new, secret, "does not authenticate, and its secret was given to nobody") }
        let taken = destination
        destination = .standardOutput
        do {
            try taken.deliver(secret, description: json ? Shown.json(description) : nil)
        } catch {
            throw await undo(new, .notStored, "was minted but its secret reached nobody: \(error.message)")
        }
        guard let old = new.old else { return key }
        try await prove(new, secret, "was stored but does not authenticate")
        if old.ends { try await end(old, replacedBy: new) }
        return key
    }

    /// A key that was made, as far as messages and proofs need it.
    private struct NewKey {
        let id: String
        let scope: String
        let isSelfService: Bool
        let old: KeyOrder.Old?

        init(_ key: JSONValue, old: KeyOrder.Old?) {
            id = key["id"]?.text ?? ""
            scope = key["scopes"]?.texts?.first ?? ""
            isSelfService = key["kind"]?.text == "self_service"
            self.old = old
        }
    }

    private func prove(_ new: NewKey, _ secret: Secret, _ fault: String) async throws(CommandFailure) {
        do throws(CommandFailure) {
            let answer = try await insisting { () throws(CommandFailure) in
                try await authenticating(as: secret).post("/v1/authorize") { $0.member("scope", new.scope) }
            }
            guard answer.root["allowed"]?.bool == true else { throw JSONScanner.foreign }
        } catch {
            // Whom that is said to has authenticated; what such a key may do now is its identity's affair.
            if new.isSelfService, error.refusal == "insufficient_scope" { return }
            throw await undo(new, .failed, "\(fault): \(error.message)")
        }
    }

    private func end(_ old: KeyOrder.Old, replacedBy new: NewKey) async throws(CommandFailure) {
        do {
            try await revoke(old.id, because: "replaced by \(new.id)")
        } catch {
            throw CommandFailure(
                .failed, "the API key \(new.id) is stored and works, but \(old.id) could not be revoked: \(error.message); both work now",
                hint: "revoke the old one: \(revoking(old.id))")
        }
    }

    private func undo(_ new: NewKey, _ code: ExitStatus, _ fault: String) async -> CommandFailure {
        let rest = new.old.map { "; \($0.fate)" } ?? ""
        do {
            try await revoke(new.id, because: "its secret could not be stored or does not work")
            return CommandFailure(
                code, "the API key \(new.id) \(fault); it has been revoked\(rest)", hint: "put that right and try again")
        } catch {
            return CommandFailure(
                code, "the API key \(new.id) \(fault); it is still valid, revoking it failed: \(error.message)\(rest)",
                hint: "revoke it: \(revoking(new.id))")
        }
    }

    private func revoking(_ id: String) -> String {
        "latchkey api-keys revoke \(id)" + (organisation.map { " --org \($0)" } ?? "")
    }

    /// Revoking twice is revoking once.
    private func revoke(_ id: String, because reason: String) async throws(CommandFailure) {
        _ = try await insisting { () throws(CommandFailure) in
            try await post("/v1/api-keys/\(PathText.encoded(id))/revoke") { $0.member("reason", reason) }
        }
    }

    /// A connection that lay idle while a command ran may be gone, which shows only when it is used: then once more, on a new one. For requests
    /// that may be made twice.
    private func insisting<Answer>(_ ask: () async throws(CommandFailure) -> Answer) async throws(CommandFailure) -> Answer {
        do {
            return try await ask()
        } catch {
            guard error.refusal == nil else { throw error }
            return try await ask()
        }
    }
}
