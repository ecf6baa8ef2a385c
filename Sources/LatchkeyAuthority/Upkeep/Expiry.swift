import LatchkeyStore
import LatchkeyVerifier

/// A row that upkeep removes once its moment has come.
struct Expiry {
    enum Kind: UInt8 {
        case token = 1
        case session = 2
        case refreshToken = 3
        case refreshAnswer = 4
        case mintBucket = 5
        case legacySpent = 6
        case apiKeyEnd = 7
        case apiKeyNotice = 8
        case maker = 9
        case revocation = 10
    }

    let at: Timestamp
    let kind: Kind
    let key: [UInt8]

    init(at: Timestamp, _ kind: Kind, _ key: [UInt8]) {
        self.at = at
        self.kind = kind
        self.key = key
    }

    init?(storeKey: [UInt8]) {
        guard storeKey.count > 9, let kind = Kind(rawValue: storeKey[8]) else { return nil }
        at = Timestamp(milliseconds: Int64(bitPattern: storeKey[..<8].reduce(0) { $0 << 8 | UInt64($1) }))
        self.kind = kind
        key = Array(storeKey[9...])
    }

    /// The moment first, big-endian, so that what is due is a range. Moments are after 1970.
    var storeKey: [UInt8] {
        let milliseconds = UInt64(max(0, at.milliseconds))
        return (0..<8).map { UInt8(truncatingIfNeeded: milliseconds >> (56 - 8 * $0)) } + [kind.rawValue] + key
    }

    func note(in transaction: borrowing WriteTransaction) throws {
        try transaction.put(Tables.expiries, storeKey, EmptyRow())
    }
}
