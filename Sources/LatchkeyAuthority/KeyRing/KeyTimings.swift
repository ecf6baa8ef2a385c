/// The timings of the key ring, in whole seconds. They hang together: a set that breaks a rule would, sooner or later, make a good token
/// fail at a verifier that plays by the rules.
package struct KeyTimings: Sendable, Equatable {
    /// From a key's first signature to the next key's.
    package var rotation: Int64 = 90 * 86_400
    /// How long a key is in the JWKS before it signs by plan.
    package var shortestStandby: Int64 = 86_400
    /// How long a key stays in the JWKS after its last signature.
    package var graceAfterUse: Int64 = 72 * 3600
    /// For how long a JWKS may be cached.
    package var jwksMaxAge: Int64 = 3600
    /// How long a trust bundle may be used.
    package var maxBundleLife: Int64 = 30 * 86_400
    /// The longest life of an access token.
    package var longestToken: Int64 = 86_400

    /// How far a verifier's clock may be off.
    package static let skew: Int64 = 60
    /// Keys that the JWKS holds at most, but for emergencies.
    package static let mostPublished = 32

    package init() {}

    /// The first rule that is broken, as a sentence with its sum; `nil` when all hold.
    package var problem: String? {
        if graceAfterUse < longestToken + Self.skew {
            return
                "grace-after-use is \(graceAfterUse) s: a token lives up to max-access-token-ttl \(longestToken) s + \(Self.skew) s of clock "
                + "skew = \(longestToken + Self.skew) s after its key's last signature; a shorter grace takes the key away before its tokens end"
        }
        if shortestStandby < jwksMaxAge {
            return
                "shortest-standby is \(shortestStandby) s: a verifier may keep a JWKS for jwks-max-age \(jwksMaxAge) s; a key that signs "
                + "earlier is not known there yet"
        }
        if rotation < shortestStandby {
            return "rotation-period is \(rotation) s: the next key is born with the rotation and must be seen for shortest-standby "
                + "\(shortestStandby) s before it signs"
        }
        if maxBundleLife > rotation {
            return "max-bundle-life is \(maxBundleLife) s: a bundle knows the keys of today and of the next rotation, so it may live for "
                + "rotation-period \(rotation) s at most"
        }
        let published = graceAfterUse / rotation + 3
        if published > Int64(Self.mostPublished) {
            return
                "rotation-period is \(rotation) s and grace-after-use \(graceAfterUse) s: \(graceAfterUse) / \(rotation) keys in grace, the "
                + "signer, the standby and one that leaves = \(published) keys in the JWKS, more than \(Self.mostPublished)"
        }
        return nil
    }
}
