package import LatchkeyAuthority

/// What a text in a request names: something that has to exist before the request can succeed.
package enum Subject: Sendable, Hashable, CaseIterable {
    case organisation, apiKey, organisationToken, identity, token, session, auditEntry, signingKey
    case apiKeySecret, accessToken, refreshToken

    /// The kind of id; none for a secret, and for a signing key, whose id is the thumbprint of its public half (RFC 7638).
    package var kind: IdentifierSource.Kind? {
        switch self {
        case .organisation: .organisation
        case .apiKey, .organisationToken: .apiKey
        case .identity: .identity
        case .token: .token
        case .session: .session
        case .auditEntry: .auditEntry
        case .signingKey, .apiKeySecret, .accessToken, .refreshToken: nil
        }
    }

    /// A text of the right form that nothing has.
    package var example: String {
        if let kind { return kind.rawValue + "01JD4Z8QK6T3W9XN5RVB2H7MCE" }
        return switch self {
        case .signingKey: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        case .apiKeySecret: "lk_" + String(repeating: "0", count: 49)
        case .refreshToken: "lkr_" + String(repeating: "0", count: 49)
        default: "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.e30.AA"
        }
    }

    /// An ECMA-262 pattern that texts of the kind match. One that is an id and doesn't match can't be anybody's.
    var pattern: String {
        if let kind { return "^\(kind.rawValue)[0-9A-Z]{26}$" }
        return switch self {
        case .signingKey: "^[A-Za-z0-9_-]{43}$"
        case .apiKeySecret: "^lk_[0-9A-Za-z]{49}$"
        case .refreshToken: "^lkr_[0-9A-Za-z]{49}$"
        default: "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$"
        }
    }

    /// What a path says that names one which isn't there.
    var notFound: ErrorCode? {
        switch self {
        case .organisation: .organisationNotFound
        case .apiKey: .apiKeyNotFound
        case .organisationToken: .organisationTokenNotFound
        case .identity: .identityNotFound
        case .token, .session: .tokenNotFound
        case .auditEntry: .auditEntryNotFound
        case .signingKey: .signingKeyNotFound
        case .apiKeySecret, .accessToken, .refreshToken: nil
        }
    }
}
