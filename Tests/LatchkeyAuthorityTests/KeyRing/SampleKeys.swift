@testable import LatchkeyAuthority
import LatchkeyVerifier

/// A moment so many seconds after the clock's start.
func at(_ seconds: Int64) -> Timestamp { ManualClock.start.adding(seconds: seconds) }

let (minute, hour, day): (Int64, Int64, Int64) = (60, 3600, 86_400)

extension SigningKeyRecord {
    /// A key of which only names and moments matter; moments are seconds after the clock's start.
    static func sample(
        _ kid: String, _ state: State, published: Int64 = 0, activated: Int64? = nil, deactivated: Int64? = nil, left: Int64? = nil,
        lackedUntil: Int64? = nil, longestToken: Int64? = nil
    ) -> SigningKeyRecord {
        var key = SigningKeyRecord(
            kid: kid, bits: 2048, origin: .generated, state: state, n: "n-\(kid)", e: "AQAB",
            sealedPrivateKey: state == .retired || state == .revoked ? nil : "sealed-\(kid)", createdAt: at(published),
            publishedAt: at(published))
        key.activatedAt = activated.map(at)
        key.deactivatedAt = deactivated.map(at)
        key.leftAt = left.map(at)
        key.bundlesLackItUntil = lackedUntil.map(at)
        key.longestToken = longestToken
        return key
    }
}
