import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

/// All that a trust bundle says of the install but its revocations: it is committed only where this still is so.
struct BundleGround: Equatable {
    let anchor: AnchorRecord
    let statements: [AnchorSuccession]
    let sequence: UInt64
    /// `TrustBundle.hash` of the bundle with the number before.
    let previous: String?
    let keys: [JWK]
    /// The cutover, in the phases that take tokens of the legacy key.
    let cutover: CutoverRecord?

    init(_ settings: AuthoritySettings, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws {
        let line = try AnchorLine(in: transaction)
        anchor = line.current
        statements = try line.statements()
        let last = try TrustNumber.bundle.last(in: transaction)
        let before = last == 0 ? nil : try transaction.get(Tables.bundles, last)
        previous = before.map { Base64URL.encode($0.hash) }
        // Where it is not known what the last one was, no number follows it directly: whoever has it would see a line that forks.
        sequence = last == 0 || before != nil ? last + 1 : last + 2
        let cutover = try transaction.get(Tables.cutover, CutoverRecord.key)
        keys = KeyRing(try Authority.signingKeys(in: transaction), settings.timings, cutover: cutover, at: now).jwks.keys
        self.cutover = cutover?.phase.verifiesLegacy == true ? cutover : nil
    }
}
