import FoundationEssentials

/// The claims of a token that the legacy key signed, from issuers that left out what tokens hold today.
///
/// `sub`, `org`, `token_type`, `iss`, `aud` and `exp` must be there: they decide. `aud` may be one string (RFC 7519 §4.1.3). What else is
/// absent or `null` gets the value that grants and proves least.
struct LegacyClaims: Decodable {
    let claims: Claims
    /// Whether the token said which scopes it holds.
    let namesScopes: Bool

    /// Who is not an identity here is named like this: nobody else can be.
    private static let reserved = ["api_key:", "admin-socket:"]

    private enum CodingKeys: String, CodingKey {
        case sub, org, wks, scopes, sponsorId, sponsorChain, iss, aud, exp, iat, nbf, jti, sid, parentTokenId, meta
        case tokenType = "token_type"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let subject = try container.decode(String.self, forKey: .sub)
        guard (1...128).contains(subject.utf8.count), subject.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !Self.reserved.contains(where: subject.hasPrefix)
        else {
            throw DecodingError.dataCorruptedError(forKey: .sub, in: container, debugDescription: "not a subject")
        }
        let organisation = try container.decode(String.self, forKey: .org)
        let scopes = try container.decodeIfPresent([String].self, forKey: .scopes)
        namesScopes = scopes != nil
        var claims = Claims(
            subject: subject, organisation: organisation,
            workspace: try container.decodeIfPresent(String.self, forKey: .wks) ?? organisation, scopes: scopes ?? [],
            sponsorId: try container.decodeIfPresent(String.self, forKey: .sponsorId) ?? "",
            sponsorChain: try container.decodeIfPresent([String].self, forKey: .sponsorChain) ?? [],
            issuer: try container.decode(String.self, forKey: .iss), audience: try Self.audience(container),
            expiresAt: try Claims.numericDate(container, .exp),
            issuedAt: try container.decodeNil(ifPresent: .iat) ? 0 : Claims.numericDate(container, .iat),
            tokenId: try container.decodeIfPresent(String.self, forKey: .jti) ?? "",
            sessionId: try container.decodeIfPresent(String.self, forKey: .sid) ?? "")
        claims.tokenType = try container.decode(String.self, forKey: .tokenType)
        claims.notBefore = try container.decodeNil(ifPresent: .nbf) ? nil : Claims.numericDate(container, .nbf)
        claims.parentTokenId = try container.decodeIfPresent(String.self, forKey: .parentTokenId)
        claims.meta = try? container.decodeIfPresent([String: String].self, forKey: .meta)
        self.claims = claims
    }

    private static func audience(_ container: KeyedDecodingContainer<CodingKeys>) throws -> [String] {
        if let one = try? container.decode(String.self, forKey: .aud) { return [one] }
        return try container.decode([String].self, forKey: .aud)
    }
}

extension KeyedDecodingContainer {
    /// Whether a member is absent or `null`.
    fileprivate func decodeNil(ifPresent key: Key) throws -> Bool { try !contains(key) || decodeNil(forKey: key) }
}
