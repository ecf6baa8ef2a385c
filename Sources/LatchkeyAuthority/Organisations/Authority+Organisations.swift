import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// The longest time that entries can be kept by a number of days: a hundred years.
    private static let mostDays: Int64 = 36_500

    /// Makes an organisation. Only the operator can.
    ///
    /// - Throws: `peer_not_allowed` to others, `invalid_request` for a name that is of the wrong form or taken.
    package func createOrganisation(name: String, by caller: Caller) async throws -> Organisation {
        try Self.requireOperator(caller)
        let name = try DisplayText.normalised(name, field: "name", scalars: 1...100)
        try caller.requireOwn()
        let now = clock.now()
        let record = OrganisationRecord(id: try ids.make(.organisation), name: name, createdAt: now)
        try await write { [self] transaction in
            try Self.requireLive(caller.principal, at: now, in: transaction)
            try Self.requireFree(name, in: transaction)
            try transaction.put(Tables.organisations, record.id, record)
            var draft = AuditDraft(.organisationCreated, by: caller)
            draft.organisation = record.id
            draft.resource = "organisation"
            draft.metadata = ["name": name]
            try self.record(draft, in: transaction)
        }
        return Organisation(record: record, rules: OrganisationRules(record, settings))
    }

    /// All organisations, newest first. Only the operator sees beyond its own.
    ///
    /// - Throws: `peer_not_allowed` to others.
    package func organisations(_ page: PageRequest, by caller: Caller) throws -> Page<Organisation> {
        try Self.requireOperator(caller)
        try caller.requireOwn()
        return try read { transaction in
            var found: [Organisation] = []
            var hasMore = false
            try transaction.scan(
                Tables.organisations, after: page.after.map { Array($0.utf8) }, descending: true, limit: page.limit + 1
            ) { _, record in
                guard found.count < page.limit else {
                    hasMore = true
                    return false
                }
                found.append(Organisation(record: record, rules: OrganisationRules(record, settings)))
                return true
            }
            return Page(found, lastId: hasMore ? found.last?.record.id : nil, limit: page.limit)
        }
    }

    /// The caller's own organisation.
    package func organisation(of caller: Caller) throws -> Organisation {
        try caller.requireOwn()
        let record = try read { try organisationRecord(caller.principal.organisation, in: $0) }
        return Organisation(record: record, rules: OrganisationRules(record, settings))
    }

    /// Changes the caller's own organisation.
    ///
    /// - Throws: `invalid_request` for a value beyond what the install allows, or nothing to change.
    package func updateOrganisation(_ change: OrganisationChange, by caller: Caller) async throws -> Organisation {
        let name = try change.name.map { try DisplayText.normalised($0, field: "name", scalars: 1...100) }
        let longest = settings.maxAccessTokenTTL
        let maxTokenTTL = try change.maxTokenTTL.map { try Self.whole($0, in: 1...longest, "maxTokenTTL", "seconds") }
        let defaultTokenTTL = try change.defaultTokenTTL.map { try Self.whole($0, in: 1...longest, "defaultTokenTTL", "seconds") }
        let kept = Int64(settings.auditRetentionDays)
        let days = try change.auditRetentionDays.map {
            try Self.whole($0, in: kept == 0 ? 0...Self.mostDays : 1...kept, "auditRetentionDays", "days")
        }
        guard name != nil || maxTokenTTL != nil || defaultTokenTTL != nil || days != nil else {
            throw AuthorityError.invalid("name", "there is nothing to change: name, maxTokenTTL, defaultTokenTTL or auditRetentionDays")
        }
        try caller.requireOwn()
        let now = clock.now()
        return try await write { [self] transaction in
            try Self.requireLive(caller.principal, at: now, in: transaction)
            var record = try organisationRecord(caller.principal.organisation, in: transaction)
            if let name, !name.utf8.elementsEqual(record.name.utf8) {
                // Only to the operator: to others it would tell what the neighbours are called.
                if caller.principal.isAdministrator { try Self.requireFree(name, in: transaction) }
                record.name = name
            }
            record.maxTokenTTL = maxTokenTTL ?? record.maxTokenTTL
            record.defaultTokenTTL = defaultTokenTTL ?? record.defaultTokenTTL
            record.auditRetentionDays = days ?? record.auditRetentionDays
            if let most = record.maxTokenTTL, let standard = record.defaultTokenTTL, standard > most {
                throw AuthorityError.invalid(
                    "defaultTokenTTL", "defaultTokenTTL is \(standard) s, more than maxTokenTTL, which is \(most) s")
            }
            try transaction.put(Tables.organisations, record.id, record)
            var draft = AuditDraft(.organisationUpdated, by: caller)
            draft.resource = "organisation"
            draft.metadata["name"] = name
            draft.metadata["maxTokenTTL"] = maxTokenTTL.map { String($0) }
            draft.metadata["defaultTokenTTL"] = defaultTokenTTL.map { String($0) }
            draft.metadata["auditRetentionDays"] = days.map { String($0) }
            try self.record(draft, in: transaction)
            return Organisation(record: record, rules: OrganisationRules(record, settings))
        }
    }

    func organisationRecord(_ id: String, in transaction: borrowing some StoreReads & ~Copyable) throws -> OrganisationRecord {
        guard let record = try transaction.get(Tables.organisations, id) else {
            throw AuthorityError(.organisationNotFound, "there is no organisation with that id")
        }
        return record
    }

    /// A credential belongs to one organisation, and ends there, on the socket, too.
    private static func requireOperator(_ caller: Caller) throws(AuthorityError) {
        guard !caller.principal.isAdministrator else { return }
        throw AuthorityError(.peerNotAllowed, "this is for the operator itself: leave the credential out on the admin socket")
    }

    /// Names are how the operator tells organisations apart.
    private static func requireFree(_ name: String, in transaction: borrowing WriteTransaction) throws {
        try transaction.scan(Tables.organisations, limit: .max) { _, record in
            guard !record.name.utf8.elementsEqual(name.utf8) else {
                throw AuthorityError.invalid("name", "an organisation of this name exists; choose another name")
            }
            return true
        }
    }

    private static func whole(_ number: Double, in range: ClosedRange<Int64>, _ field: String, _ unit: String) throws(AuthorityError)
        -> Int64
    {
        guard let whole = Int64(exactly: number), range.contains(whole) else {
            throw .invalid(field, "\(field) must be a whole number of \(unit) from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }
}
