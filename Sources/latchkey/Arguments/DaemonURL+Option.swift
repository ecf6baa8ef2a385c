import ArgumentParser

extension DaemonURL {
    /// What `--url` says.
    ///
    /// - Parameter caFile: what `--ca-file` says, which needs TLS.
    /// - Throws: `ValidationError`, which says how an address is written.
    static func option(_ text: String, caFile: String?) throws -> DaemonURL {
        guard let address = DaemonURL(text) else {
            throw ValidationError("--url is http:// or https://, a host, and perhaps a port and a path, as in https://keys.example:8443")
        }
        if address.isPlain, caFile != nil { throw ValidationError("--ca-file goes with an https:// address") }
        return address
    }
}
