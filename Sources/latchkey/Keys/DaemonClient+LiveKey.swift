extension DaemonClient {
    /// Finds out, before a key is made, whether there is one to take the place of.
    ///
    /// - Throws: `.failed` for a key that has been revoked; what the daemon says of one that it doesn't know.
    func requireLive(_ id: String) async throws(CommandFailure) {
        let key = try await get("/v1/api-keys/\(PathText.encoded(id))").root
        guard key["revoked"]?.bool == false else {
            throw CommandFailure(
                .failed, "\(id) has been revoked already; nothing was minted", hint: "leave --replaces away", refusal: "api_key_not_active")
        }
    }
}
