import LatchkeyStore
package import LatchkeyVerifier

/// What this install is: one record, written in the very first commit.
package struct InstallRecord: JSONRecord {
    package static let version = 1
    package static let key = "install"

    package let id: String
    package let createdAt: Timestamp
    /// The organisation that the admin socket means when none is named.
    package let firstOrganisation: String
    /// Tells the right master key from a wrong one (derived one way from it, never the key).
    package var sealCheck: String
    package var anchor: String
}
