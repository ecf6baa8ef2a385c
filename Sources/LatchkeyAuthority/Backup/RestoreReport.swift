/// What a restore took over from the store that it replaces, and what it could not learn.
package struct RestoreReport: Sendable, Equatable, Codable {
    /// An API key as people know it.
    package struct APIKey: Sendable, Equatable, Codable {
        package let id: String
        package let orgId: String
        package let prefix: String
        package let name: String

        init(_ record: APIKeyRecord) {
            id = record.id
            orgId = record.orgId
            prefix = record.prefix
            name = record.name
        }
    }

    /// A signing key as people know it.
    package struct SigningKey: Sendable, Equatable, Codable {
        package let kid: String
        /// The state that it has in the restored store.
        package let state: String

        init(_ record: SigningKeyRecord) {
            kid = record.kid
            state = record.state.rawValue
        }
    }

    /// Things of one kind: how many, and the first of them.
    package struct List<Element: Sendable & Equatable & Codable>: Sendable, Equatable, Codable {
        /// Those that are named one by one; of more than these no list has the rest, the count alone: what a restore tells of is one answer.
        static var most: Int { 10_000 }

        package private(set) var count = 0
        package private(set) var first: [Element] = []

        mutating func add(_ element: @autoclosure () -> Element) {
            count += 1
            if first.count < Self.most { first.append(element()) }
        }
    }

    /// Why nothing was learned from the replaced store; none when it was read.
    package internal(set) var notMerged: String?
    /// API keys that were revoked after the backup, or were replaced and end sooner.
    package internal(set) var revokedAPIKeys = 0
    package internal(set) var shortenedAPIKeys = 0
    /// Identities that were suspended, retired or deleted after the backup, or hold less since.
    package internal(set) var suspendedIdentities = 0
    package internal(set) var retiredIdentities = 0
    package internal(set) var deletedIdentities = 0
    package internal(set) var narrowedIdentities = 0
    /// Organisations whose limits were tightened after the backup.
    package internal(set) var tightenedOrganisations = 0
    /// Signing keys whose life has gone on since the backup, and those that were born since.
    package internal(set) var changedSigningKeys = 0
    package internal(set) var newSigningKeys = 0
    package internal(set) var endedSessions = 0
    /// Whether a trust anchor that followed the backup's signs from now on.
    package internal(set) var hasNewerAnchor = false
    /// The fingerprint of a trust anchor that followed the backup's and whose private half can't be opened here.
    package internal(set) var lostAnchor: String?
    /// Entries of the audit log from after the backup.
    package internal(set) var auditEntries = 0
    /// Whether the log of the replaced store was the restored one with more behind it: then what was written down of its head still holds.
    package internal(set) var logGoesOn = false
    /// Entries from after the backup that could not be read: their leaves came along.
    package internal(set) var lostAuditEntries = 0
    /// Whether the tree of the backup's log was so damaged that nothing could have been written: it was made anew over the entries that are there.
    package internal(set) var logBegunAnew = false
    /// What is wrong with the restored log, which stays as it is: how much, and the first of it.
    package internal(set) var logFaults = 0
    package internal(set) var logFault: String?
    /// The number of the entry that tells of the restore.
    package internal(set) var auditSequence: UInt64 = 0
    /// API keys that live in the backup, and whose state since then could not be learned.
    package internal(set) var unknownAPIKeys = List<APIKey>()
    /// Ids of identities of which the same is true.
    package internal(set) var unknownIdentities = List<String>()
    /// Signing keys of the backup that are in the JWKS or may sign, of which the same is true: one that was revoked since lives again.
    package internal(set) var unknownSigningKeys = List<SigningKey>()
    /// The phase of a cutover of the backup of which the same is true: a secret that was purged since is back.
    package internal(set) var unknownCutover: String?
    /// Live API keys that were made after the backup and are gone with the replaced store.
    package internal(set) var goneAPIKeys = List<APIKey>()
    package internal(set) var goneIdentities = 0
    /// Rows in the restored store.
    package internal(set) var rows = 0

    package init() {}
}
