import LatchkeyStore
package import LatchkeyVerifier

/// An organisation: the wall between tenants of one install.
package struct OrganisationRecord: JSONRecord {
    package static let version = 1

    package let id: String
    package var name: String
    package let createdAt: Timestamp
}
