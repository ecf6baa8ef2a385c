import LatchkeyScopes

extension Authority {
    /// 1 to 10 strings of 1 to 256 visible ASCII characters (contract §6).
    static func checkedAudience(_ audience: [String]) throws(AuthorityError) -> [String] {
        guard (1...10).contains(audience.count) else { throw .invalid("audience", "audience must be 1 to 10 strings") }
        for text in audience {
            guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw .invalid("audience", "each audience must be 1 to 256 visible ASCII characters")
            }
        }
        return audience
    }

    /// Seconds. What is more than the greatest life is clamped; what is not a whole number of at least 1 is refused.
    ///
    /// - Returns: none when none was asked for.
    static func askedLife(_ asked: Double?, field: String = "expiresIn") throws(AuthorityError) -> Int64? {
        guard let asked else { return nil }
        guard asked.isFinite, asked.rounded(.towardZero) == asked, asked >= 1 else {
            throw .invalid(field, "\(field) must be a whole number of seconds, at least 1")
        }
        return asked >= Double(longestLife) ? longestLife : Int64(asked)
    }

    /// Seconds: no access token lives longer, whatever is configured (contract §6).
    static let longestLife: Int64 = 86_400

    /// The planes of the scopes; `*` stands for all configured ones, and `relayauth` for none.
    func defaultAudience(of scopes: ScopeSet) -> [String] {
        let planes = scopes.planes
        if planes.contains("*") { return settings.planes.names }
        return planes.isEmpty ? ["relayauth"] : planes
    }
}
