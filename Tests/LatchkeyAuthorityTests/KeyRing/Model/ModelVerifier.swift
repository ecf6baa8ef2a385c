/// A verifier that plays by the rules: it knows the keys of its copy of the JWKS, or of its bundle, and uses it for no longer than it may.
struct ModelVerifier {
    enum Kind: String { case copy, bundle }

    let kind: Kind
    /// Whether it fetches as often as it can, or as seldom.
    let isEager: Bool
    private(set) var keys: Set<String> = []
    /// Milliseconds of the clock that nobody can set; what it has is used before then.
    private(set) var usableUntil: Int64 = .min

    init(_ kind: Kind, isEager: Bool) { (self.kind, self.isEager) = (kind, isEager) }

    func isAble(at now: Int64) -> Bool { now < usableUntil }

    func knows(_ kid: String) -> Bool { keys.contains(kid) }

    mutating func take(_ keys: Set<String>, usableUntil: Int64) { (self.keys, self.usableUntil) = (keys, usableUntil) }
}

/// Somebody whom an answer has named: verifiers of a kind that may not know a key before a moment.
struct ModelExemption {
    let kid: String
    let kind: ModelVerifier.Kind
    let until: Int64
}

/// A token that is good until a moment, at every verifier that takes it.
struct ModelToken {
    let kid: String
    let text: String
    let endsAt: Int64
}
