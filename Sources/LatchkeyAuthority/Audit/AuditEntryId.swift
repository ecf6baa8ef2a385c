import LatchkeyVerifier

/// The id of an audit entry: `audit_` and a ULID whose 80 lower bits are the entry's number instead of random ones. So it sorts by time, is
/// never given twice, and leads to its entry without an index.
struct AuditEntryId {
    let place: AuditIndex.Place

    init(_ place: AuditIndex.Place) { self.place = place }

    init(_ timestamp: Timestamp, _ sequence: UInt64) { place = AuditIndex.Place(timestamp, sequence) }

    /// `nil` when the text is not such an id.
    init?(_ text: String) {
        guard Identifier.isPlausible(text, .auditEntry),
            let ulid = ULID(text.utf8.dropFirst(IdentifierSource.Kind.auditEntry.rawValue.utf8.count)),
            ulid.high == 0
        else { return nil }
        place = AuditIndex.Place(Timestamp(milliseconds: Int64(ulid.milliseconds)), ulid.low)
    }

    var text: String {
        IdentifierSource.Kind.auditEntry.rawValue
            + ULID(milliseconds: place.milliseconds & 0xFFFF_FFFF_FFFF, high: 0, low: place.sequence).text
    }
}
