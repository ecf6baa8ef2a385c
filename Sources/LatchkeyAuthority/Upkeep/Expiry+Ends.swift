import LatchkeyVerifier

/// When rows of a kind may go: the same for whoever writes them, checks them or takes them over.
extension Expiry {
    /// Seconds for which a row outlives what it is about: twice the clock skew that verification accepts.
    static let afterlife = 2 * TokenPolicy.standardSkew

    static func token(_ id: String, until end: Timestamp) -> Expiry { outliving(end, .token, Array(id.utf8)) }

    static func session(_ id: String, until end: Timestamp) -> Expiry { outliving(end, .session, Array(id.utf8)) }

    /// - Parameter hash: of the refresh token.
    static func refreshToken(_ hash: [UInt8], until end: Timestamp) -> Expiry { outliving(end, .refreshToken, hash) }

    /// - Parameter end: when no legacy token that is meant is good any more.
    static func legacySpent(_ key: [UInt8], until end: Timestamp) -> Expiry { outliving(end, .legacySpent, key) }

    /// After an hour a bucket is full whatever it was, and one that is not there counts as full.
    static func mintBucket(_ key: [UInt8], _ bucket: BucketRow) -> Expiry { Expiry(at: bucket.at.adding(seconds: 3600), .mintBucket, key) }

    private static func outliving(_ end: Timestamp, _ kind: Kind, _ key: [UInt8]) -> Expiry {
        Expiry(at: end.adding(seconds: afterlife), kind, key)
    }
}
