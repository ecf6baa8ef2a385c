package import LatchkeyCrypto

/// Where tests take hold of the authority. Left alone, nothing is different.
package struct AuthoritySeams: Sendable {
    /// Asked before each entry of the audit log, inside the write that it belongs to; what it throws undoes the write.
    package var beforeRecord: @Sendable (AuditRecord.Action) throws -> Void = { _ in }
    /// Told between the steps of changes that have several: what is on disk then is what a kill would leave.
    package var afterStep: @Sendable (_ name: String) -> Void = { _ in }
    /// Asked before what is remembered of time is written, inside the write; what it throws undoes it.
    package var beforeTime: @Sendable () throws -> Void = {}
    /// Makes a signing key of so many bits.
    package var makeKey: @Sendable (_ bits: Int) throws -> RSAPrivateKey = { try RSAPrivateKey.generate(bits: $0) }
    /// What a passphrase is made dear to guess with.
    package var backupCost = Scrypt.Cost.standard

    package init() {}
}
