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
    /// - Throws: `.notStored`, with the key's id and whether it could be revoked, or without an id when the daemon's answer was lost; `.failed`
    ///   when it doesn't authenticate, or the old one was not ended; what the daemon refused with.
    func make(_ order: KeyOrder, to destination: inout KeyDestination, json: Bool) async throws(CommandFailure) -> JSONValue {
        Hardening.holdSignals()
        let (description, secret) = try await ask(order)
        let key = try JSONDocument(description).root
        let new = NewKey(key, old: order.old)
        guard let secret else { throw await undo(new, .notStored, "was minted but its secret did not come with the answer") }
        if new.old != nil { try await prove(new, secret) }
        let isPrinted = destination.isStandardOutput
        let taken = destination
        destination = .standardOutput
        do {
            try taken.deliver(secret, description: json ? Shown.json(description) : nil)
        } catch {
            throw await undo(new, .notStored, "was minted but its secret reached nobody: \(error.message)")
        }
        guard let old = new.old else { return key }
        if isPrinted { try await requireRead(new, old) }
        try await proveAgain(new, secret, old)
        if old.ends { try await end(old, replacedBy: new) }
        return key
    }

    /// A key that was made, as far as messages and proofs need it.
    private struct NewKey {
        let id: String
        /// One that it holds; a self-service key may hold none.
        let scope: String?
        let isSelfService: Bool
        let old: KeyOrder.Old?

        init(_ key: JSONValue, old: KeyOrder.Old?) {
            id = key["id"]?.text ?? ""
            scope = key["scopes"]?.texts?.first
            isSelfService = key["kind"]?.text == "self_service"
            self.old = old
        }
    }

    /// The key's description, and its secret where it came along.
    private func ask(_ order: KeyOrder) async throws(CommandFailure) -> (description: [UInt8], secret: Secret?) {
        do throws(CommandFailure) {
            let answer = try await post(order.path, order.members)
            let description = answer.root["apiKey"].flatMap { $0["id"]?.text == nil ? nil : $0.raw }
            let secret = answer.root["key"]?.secret
            answer.wipe()
            guard let description else { throw JSONScanner.foreign }
            return (description, secret)
        } catch {
            // A refusal changed nothing, and neither did what did not get there.
            guard error.code == .failed, error.refusal == nil || error.refusal == "internal_error" else { throw error }
            let fate = await fate(of: order.old)
            throw CommandFailure(
                .notStored, "whether an API key was made is not known: \(error.message)\(fate)",
                hint: "look for \(order.trace) that nobody has: latchkey api-keys list --limit 5\(way); if it is there: "
                    + "latchkey api-keys revoke ID\(way)")
        }
    }

    /// Before the secret goes anywhere: whatever is the matter, nothing is lost without the new key.
    private func prove(_ new: NewKey, _ secret: Secret) async throws(CommandFailure) {
        do {
            try await authenticate(new, secret)
        } catch {
            throw await undo(
                new, .failed, "was not proven to authenticate, and its secret was given to nobody: \(error.message)")
        }
    }

    /// Where the new secret lies now, the old one may be gone. So nothing but the daemon's word that the new key is none undoes it.
    private func proveAgain(_ new: NewKey, _ secret: Secret, _ old: KeyOrder.Old) async throws(CommandFailure) {
        do {
            try await authenticate(new, secret)
        } catch {
            if error.refusal == "invalid_api_key" {
                throw await undo(new, .failed, "was stored but does not authenticate: \(error.message)")
            }
            let fate = await fate(of: old)
            throw CommandFailure(
                .failed, "the API key \(new.id) is stored, but could not be proven once more: \(error.message)\(fate)",
                hint: "both keys work, as far as is known; when the new one is in use, revoke the old one: \(revoking(old.id))")
        }
    }

    private func authenticate(_ new: NewKey, _ secret: Secret) async throws(CommandFailure) {
        do throws(CommandFailure) {
            let answer = try await insisting { () throws(CommandFailure) in
                try await authenticating(as: secret).post("/v1/authorize") { $0.member("scope", new.scope ?? "*") }
            }
            guard answer.root["allowed"]?.bool == true else { throw JSONScanner.foreign }
        } catch {
            // Whom that is said to has authenticated; what such a key may do now is its identity's affair.
            guard new.isSelfService, error.refusal == "insufficient_scope" else { throw error }
        }
    }

    /// What stands in a pipe has not come to be used: the old key does not end for it.
    private func requireRead(_ new: NewKey, _ old: KeyOrder.Old) async throws(CommandFailure) {
        switch PrintedSecret.wait(seconds: KeyCommand.longest) {
        case .taken: return
        case .lost:
            throw await undo(new, .notStored, "was minted but its secret reached nobody: who was to read standard output has ended")
        case .waiting:
            guard old.ends else { return }
            let fate = await fate(of: old)
            throw CommandFailure(
                .failed,
                "the API key \(new.id) is printed, but nobody read it from standard output within \(KeyCommand.longest) s; \(old.id) was not revoked\(fate)",
                hint: "once the new one is in its place: \(revoking(old.id)); if it is lost: \(revoking(new.id))")
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
        do {
            try await revoke(new.id, because: "its secret could not be stored or does not work")
        } catch {
            let fate = await fate(of: new.old)
            return CommandFailure(
                code, "the API key \(new.id) \(fault); it is perhaps still valid, revoking it failed: \(error.message)\(fate)",
                hint: "revoke it: \(revoking(new.id))")
        }
        let fate = await fate(of: new.old)
        let again = new.old.flatMap { old in
            old.overlap.map { _ in
                ", and rotate \(old.id) again before it ends; latchkey api-keys mint --replaces \(old.id) sets it no such end"
            }
        }
        return CommandFailure(
            code, "the API key \(new.id) \(fault); it has been revoked\(fate)", hint: "put that right\(again ?? " and try again")")
    }

    /// What has become of the old key, as a clause; nothing where there is none.
    private func fate(of old: KeyOrder.Old?) async -> String {
        guard let old else { return "" }
        guard let overlap = old.overlap else { return "; \(old.id) is untouched" }
        guard let key = try? await get("/v1/api-keys/\(PathText.encoded(old.id))").root else {
            return "; \(old.id) ends in \(TimeAway.span(overlap)), unless it was not rotated after all"
        }
        return key["expiresAt"]?.text.map { "; \(old.id) ends at \($0)" } ?? "; \(old.id) is untouched"
    }

    private func revoking(_ id: String) -> String { "latchkey api-keys revoke \(id)\(way)" }

    /// Revoking twice is revoking once.
    private func revoke(_ id: String, because reason: String) async throws(CommandFailure) {
        _ = try await insisting { () throws(CommandFailure) in
            try await post("/v1/api-keys/\(PathText.encoded(id))/revoke") { $0.member("reason", reason) }
        }
    }

    /// For requests that may be made twice. A connection that lay idle while a command ran may be gone, which shows only when it is used: then once
    /// more, on a new one. And what the daemon would hear a little later is said again then: what has begun is not left half done for that.
    private func insisting<Answer>(_ ask: () async throws(CommandFailure) -> Answer) async throws(CommandFailure) -> Answer {
        var hasBroken = false
        var patience = Self.patience
        for _ in 1..<Self.mostTries {
            do throws(CommandFailure) {
                return try await ask()
            } catch {
                if let wait = error.retryAfter, wait <= patience {
                    patience -= wait
                    try? await Task.sleep(for: .seconds(wait))
                } else {
                    guard error.refusal == nil, !hasBroken else { throw error }
                    hasBroken = true
                }
            }
        }
        return try await ask()
    }

    private static var mostTries: Int { 5 }
    /// How long is waited for one request, in seconds.
    private static var patience: Int64 { 5 }
}
