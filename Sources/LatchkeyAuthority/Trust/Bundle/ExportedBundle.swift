package import LatchkeyVerifier

/// A trust bundle that was committed: only now may its bytes leave.
package struct ExportedBundle: Sendable {
    /// The bytes as they are to be kept.
    package let file: [UInt8]
    package let sequence: UInt64
    package let madeAt: Timestamp
    package let notAfter: Timestamp
    /// Everything that was revoked up to this number is in it.
    package let revocation: UInt64
}

/// A trust bundle that may still be in use somewhere.
package struct LiveBundle: Sendable, Equatable {
    package let sequence: UInt64
    package let madeAt: Timestamp
    package let notAfter: Timestamp
    package let revocation: UInt64
}
