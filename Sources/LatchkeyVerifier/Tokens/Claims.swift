import FoundationEssentials

/// The claims of an access token (RFC 7519 §4 and the contract's own), as they stood in the token.
public struct Claims: Sendable, Equatable {
    /// `sub`: the identity that the token speaks for.
    public var subject: String
    /// `org`: the organisation of the subject.
    public var organisation: String
    /// `wks`: the workspace of the subject.
    public var workspace: String
    public var scopes: [String]
    /// `sponsorId`: the accountable person, in the word of whoever created the identity.
    public var sponsorId: String
    public var sponsorChain: [String]
    /// `token_type`; `access` in every token that verifies.
    public var tokenType: String
    public var issuer: String
    public var audience: [String]
    /// `exp`, whole seconds since 1970.
    public var expiresAt: Int64
    /// `iat`, whole seconds since 1970.
    public var issuedAt: Int64
    /// `nbf`, whole seconds since 1970.
    public var notBefore: Int64?
    /// `jti`: this token's own id.
    public var tokenId: String
    /// `sid`: the session that the token belongs to.
    public var sessionId: String
    public var parentTokenId: String?
    public var meta: [String: String]?

    package init(
        subject: String, organisation: String, workspace: String, scopes: [String], sponsorId: String, sponsorChain: [String],
        issuer: String,
        audience: [String], expiresAt: Int64, issuedAt: Int64, tokenId: String, sessionId: String
    ) {
        self.subject = subject
        self.organisation = organisation
        self.workspace = workspace
        self.scopes = scopes
        self.sponsorId = sponsorId
        self.sponsorChain = sponsorChain
        self.tokenType = "access"
        self.issuer = issuer
        self.audience = audience
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
        self.tokenId = tokenId
        self.sessionId = sessionId
    }
}

extension Claims {
    /// The claims as the JSON of a token's payload, always in the same order.
    package func json() -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            writer.member("sub", subject)
            writer.member("org", organisation)
            writer.member("wks", workspace)
            writer.member("scopes", scopes)
            writer.member("sponsorId", sponsorId)
            writer.member("sponsorChain", sponsorChain)
            writer.member("token_type", tokenType)
            writer.member("iss", issuer)
            writer.member("aud", audience)
            writer.member("exp", expiresAt)
            writer.member("iat", issuedAt)
            if let notBefore { writer.member("nbf", notBefore) }
            writer.member("jti", tokenId)
            writer.member("sid", sessionId)
            writer.member("parentTokenId", ifPresent: parentTokenId)
            if let meta { writer.member("meta", meta) }
        }
        return writer.bytes
    }
}

extension Claims: Decodable {
    private enum CodingKeys: String, CodingKey {
        case subject = "sub"
        case organisation = "org"
        case workspace = "wks"
        case scopes, sponsorId, sponsorChain
        case tokenType = "token_type"
        case issuer = "iss"
        case audience = "aud"
        case expiresAt = "exp"
        case issuedAt = "iat"
        case notBefore = "nbf"
        case tokenId = "jti"
        case sessionId = "sid"
        case parentTokenId, meta
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        subject = try container.decode(String.self, forKey: .subject)
        organisation = try container.decode(String.self, forKey: .organisation)
        workspace = try container.decode(String.self, forKey: .workspace)
        scopes = try container.decode([String].self, forKey: .scopes)
        sponsorId = try container.decode(String.self, forKey: .sponsorId)
        sponsorChain = try container.decode([String].self, forKey: .sponsorChain)
        tokenType = try container.decode(String.self, forKey: .tokenType)
        issuer = try container.decode(String.self, forKey: .issuer)
        audience = try container.decode([String].self, forKey: .audience)
        expiresAt = try Self.numericDate(container, .expiresAt)
        issuedAt = try Self.numericDate(container, .issuedAt)
        notBefore = try container.contains(.notBefore) ? Self.numericDate(container, .notBefore) : nil
        tokenId = try container.decode(String.self, forKey: .tokenId)
        sessionId = try container.decode(String.self, forKey: .sessionId)
        parentTokenId = try container.decodeIfPresent(String.self, forKey: .parentTokenId)
        meta = try container.decodeIfPresent([String: String].self, forKey: .meta)
    }

    /// RFC 7519 §2: a number, perhaps with a fraction, which is cut. Refuses what is not a date of this era, so that arithmetic can't
    /// overflow.
    static func numericDate<Key: CodingKey>(_ container: KeyedDecodingContainer<Key>, _ key: Key) throws -> Int64 {
        let value = try container.decode(Double.self, forKey: key)
        guard value >= 0, value < 100_000_000_000 else {
            throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "not a date")
        }
        return Int64(value)
    }
}
