package import LatchkeyCrypto

/// What a backup is asked for.
package struct BackupRequest: Sendable {
    /// What the content is to be encrypted with; `nil` for a backup in the clear, in which private keys are sealed all the same.
    package var passphrase: Secret?
    /// Whether the master key goes into the content; only together with a passphrase.
    package var includesMasterKey: Bool

    package init(passphrase: Secret? = nil, includesMasterKey: Bool = false) {
        self.passphrase = passphrase
        self.includesMasterKey = includesMasterKey
    }
}
