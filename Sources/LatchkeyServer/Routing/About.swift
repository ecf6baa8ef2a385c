import LatchkeyAuthority

/// What the daemon can say of itself beyond the authority.
package struct About: Sendable {
    package let version: String
    /// The address that TCP clients reach it at, as a URL; none when it listens on no TCP socket.
    package let listen: String?
    package let adminSocket: String?
    package let stateDirectory: String
    package let masterKey: String
    /// Whether the master key lies on the same file system as the store.
    package let masterKeySharesDisk: Bool
    package let retryWindow: Int64
    /// The settings file that was read at the start.
    package var settingsFile: String?
    /// Names of the daemon's environment that look like settings and are none.
    package var unknownVariables: [String] = []
    /// What the TCP listener speaks TLS with.
    package var certificate: ServingCertificate?
    /// What this process counts of itself.
    package let metrics: Metrics
}
