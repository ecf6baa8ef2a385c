import LatchkeyCrypto
import LatchkeyVerifier

/// What an API key is minted with.
struct MintRequest {
    let name: String
    let scopes: [String]
    let expiresAt: Timestamp?

    /// The members of `POST /v1/api-keys` (contract §4).
    func write(to writer: inout JSONWriter) {
        writer.member("name", name)
        writer.member("scopes", scopes)
        writer.member("expiresAt", ifPresent: expiresAt)
    }
}

extension DaemonClient {
    /// Mints an API key and delivers its secret. A key whose secret reached nobody is revoked at once.
    ///
    /// - Parameters:
    ///   - destination: taken, once the key is there.
    ///   - json: whether standard output gets the key's description together with its secret.
    /// - Returns: the key without its secret.
    /// - Throws: `.notStored`, with the key's id and whether it could be revoked; what the daemon refused with.
    func mint(_ request: MintRequest, to destination: inout KeyDestination, json: Bool) async throws(CommandFailure) -> JSONValue {
        Hardening.holdSignals()
        let answer = try await post("/v1/api-keys") { writer in
            request.write(to: &writer)
        }
        let description = answer.root["apiKey"]?.raw
        let secret = answer.root["key"]?.secret
        answer.wipe()
        guard let description, let secret else { throw JSONScanner.foreign }
        let key = try JSONDocument(description).root
        let taken = destination
        destination = .standardOutput
        do {
            try taken.deliver(secret, description: json ? Shown.json(description) : nil)
        } catch {
            throw await undo(key["id"]?.text ?? "", because: error)
        }
        return key
    }

    private func undo(_ id: String, because reason: CommandFailure) async -> CommandFailure {
        do {
            try await revokeUnstored(id)
            return CommandFailure(
                .notStored, "the API key \(id) was minted but its secret reached nobody: \(reason.message); it has been revoked",
                hint: "put that right and mint again")
        } catch {
            return CommandFailure(
                .notStored,
                "the API key \(id) was minted but its secret reached nobody: \(reason.message); it is still valid, revoking it failed: \(error.message)",
                hint: "revoke it: latchkey api-keys revoke \(id)")
        }
    }

    /// A connection that lay idle while a command ran may be gone, which shows only when it is used: then once more, on a new one.
    /// Revoking twice is revoking once.
    private func revokeUnstored(_ id: String) async throws(CommandFailure) {
        let path = "/v1/api-keys/\(PathText.encoded(id))/revoke"
        do {
            _ = try await post(path) { $0.member("reason", "its secret could not be stored") }
        } catch {
            guard error.refusal == nil else { throw error }
            _ = try await post(path) { $0.member("reason", "its secret could not be stored") }
        }
    }
}
