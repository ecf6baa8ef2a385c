extension DaemonClient {
    /// The signing keys and what is planned for them.
    func keyRing() async throws(CommandFailure) -> KeyRingReport { try await KeyRingReport(get("/v1/admin/keys").root) }
}
