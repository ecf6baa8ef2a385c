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
    /// What the TCP listener speaks TLS with.
    package var certificate: ServingCertificate?
    /// What this process counts of itself.
    package var metrics: Metrics = Metrics(.api)
}
