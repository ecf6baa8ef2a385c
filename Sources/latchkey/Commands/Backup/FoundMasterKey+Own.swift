import Glibc

extension FoundMasterKey {
    /// The master key of the daemon on this host, which knows where it is; `nil` when it can't be asked, or this user may not read it.
    static func own(_ daemon: SocketOptions) async -> FoundMasterKey? {
        let path = try? await DaemonClient.with(daemon) { try await $0.get("/v1/admin/status") }.root["seal"]?["masterKey"]?.text
        guard let path, access(path, R_OK) == 0 else { return nil }
        return try? FoundMasterKey.read(path)
    }
}
