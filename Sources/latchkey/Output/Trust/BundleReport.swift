import LatchkeyCrypto
import LatchkeyVerifier

/// What a trust bundle says, for people and for programs; `jq -r .payload` shows all of it.
struct BundleReport {
    let bundle: TrustBundle
    /// The anchor that it was verified with; none when it was not.
    let anchor: TrustAnchor?

    private var contents: BundleContents { bundle.contents }

    /// - Parameter file: where it was written; none for one that was there.
    func facts(file: String?) -> [(name: String, value: String?)] {
        let keys = contents.keys.compactMap(\.kid)
        return [
            ("bundle", "number \(contents.sequence)"), ("install", contents.install), ("issuer", contents.issuer),
            ("made", contents.madeAt.description), ("not after", contents.notAfter.description),
            ("previous", contents.previous ?? "none"), ("hash", bundle.hash), ("keys", keys.joined(separator: " ")),
            ("revoked tokens", String(contents.revokedTokens.count)), ("revoked sessions", String(contents.revokedSessions.count)),
            ("cut off", cutOffs), ("legacy key", contents.legacy.map { "\($0.kid), of the issuer \($0.issuer)" }),
            ("signed by", signature), ("file", file),
        ]
    }

    private var cutOffs: String {
        let count = contents.cutOffs.count
        let identities = count == 1 ? "1 identity" : "\(count) identities"
        return contents.cutOffForAll.map { "everything until \($0), and \(identities)" } ?? identities
    }

    private var signature: String {
        guard let anchor else { return "\(bundle.keyId), as it says: not verified; say --anchor FILE" }
        return anchor.keyId == bundle.keyId
            ? "the anchor \(anchor.fingerprint)" : "\(bundle.keyId), which followed the anchor \(anchor.fingerprint)"
    }

    func json(file: String?) -> [UInt8] {
        var writer = JSONWriter(capacity: 2048)
        writer.object { writer in
            writer.member("install", contents.install)
            writer.member("issuer", contents.issuer)
            writer.member("sequence", contents.sequence)
            writer.key("previous")
            if let previous = contents.previous { writer.string(previous) } else { writer.null() }
            writer.member("hash", bundle.hash)
            writer.member("madeAt", contents.madeAt)
            writer.member("notAfter", contents.notAfter)
            writer.member("revocation", contents.revocation)
            writer.member("keyIds", contents.keys.compactMap(\.kid))
            writer.member("anchor", bundle.keyId)
            writer.member("successions", Int64(contents.anchors.count))
            writer.member("verified", anchor != nil)
            writer.member("revokedTokens", Int64(contents.revokedTokens.count))
            writer.member("revokedSessions", Int64(contents.revokedSessions.count))
            writer.member("cutOffForAll", ifPresent: contents.cutOffForAll)
            writer.member("cutOffs", Int64(contents.cutOffs.count))
            writer.member("legacyKeyId", ifPresent: contents.legacy?.kid)
            writer.member("file", ifPresent: file)
        }
        return writer.bytes
    }
}
