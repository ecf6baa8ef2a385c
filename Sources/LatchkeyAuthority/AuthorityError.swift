/// Why the authority refused or failed. The codes are the wire contract's; two errors are equal when their codes are.
package struct AuthorityError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        // 400
        case invalidRequest = "invalid_request"
        case invalidScope = "invalid_scope"
        // 401
        case invalidAPIKey = "invalid_api_key"
        case invalidToken = "invalid_token"
        case tokenExpired = "token_expired"
        case tokenRevoked = "token_revoked"
        case invalidRefreshToken = "invalid_refresh_token"
        // 403
        case peerNotAllowed = "peer_not_allowed"
        case organisationMismatch = "org_mismatch"
        case identitySuspended = "identity_suspended"
        case identityRetired = "identity_retired"
        case insufficientScope = "insufficient_scope"
        case scopeEscalation = "scope_escalation"
        case identityRequired = "identity_required"
        case notKeyOwner = "not_key_owner"
        // 404
        case organisationNotFound = "org_not_found"
        case apiKeyNotFound = "api_key_not_found"
        case identityNotFound = "identity_not_found"
        case tokenNotFound = "token_not_found"
        case auditEntryNotFound = "audit_entry_not_found"
        case organisationTokenNotFound = "org_token_not_found"
        case signingKeyNotFound = "signing_key_not_found"
        // 409
        case identityAlreadyExists = "identity_already_exists"
        case identityNotActive = "identity_not_active"
        case apiKeyNotActive = "api_key_not_active"
        case identityNotReactivatable = "identity_not_reactivatable"
        case sponsorChainTooLong = "sponsor_chain_too_long"
        case cutoverGateRefused = "cutover_gate_refused"
        case cutoverInProgress = "cutover_in_progress"
        case standbyTooYoung = "standby_too_young"
        // 429
        case rateLimited = "rate_limited"
        case tooManySubscribers = "too_many_subscribers"
        // 503
        case storageUnavailable = "storage_unavailable"
        case signingUnavailable = "signing_unavailable"
        case clockUnreliable = "clock_unreliable"
    }

    /// A member that the error carries beside its code and message.
    package enum Detail: Sendable, Equatable {
        case text(String)
        case list([String])
    }

    package let code: Code
    /// A sentence for a person: what was wrong and what to do. Never holds a secret or its hash.
    package let message: String
    package var details: [(name: String, value: Detail)]
    /// Set on `rateLimited` alone.
    package var limit: LimitVerdict?

    package init(_ code: Code, _ message: String, details: [(name: String, value: Detail)] = [], limit: LimitVerdict? = nil) {
        self.code = code
        self.message = message
        self.details = details
        self.limit = limit
    }

    package var description: String { "\(code.rawValue): \(message)" }

    package static func == (a: Self, b: Self) -> Bool { a.code == b.code }
}

extension AuthorityError {
    /// A field of a request that is of the wrong size or form.
    package static func invalid(_ field: String, _ message: String) -> Self {
        Self(.invalidRequest, message, details: [("field", .text(field))])
    }

    static func insufficientScope(required: String, actual: [String], _ message: String) -> Self {
        Self(.insufficientScope, message, details: [("required", .text(required)), ("actual", .list(actual))])
    }

    /// `required` is the first scope that the caller does not cover, `actual` what the caller holds (contract §6).
    static func escalation(_ scope: String, actual: [String]) -> Self {
        Self(
            .scopeEscalation, "you can't hand out \(scope): you don't hold it yourself",
            details: [("scope", .text(scope)), ("required", .text(scope)), ("actual", .list(actual))])
    }

    /// One sentence for every reason why an API key does not count (design §5, red line 2).
    static let badAPIKey = Self(.invalidAPIKey, "the API key is not valid; ask whoever gave it to you for a new one")

    static let badRefreshToken = Self(.invalidRefreshToken, "the refresh token is not valid any more; issue a new token pair")

    static let unusableToken = Self(.invalidToken, "the token is not valid here")

    static let revokedToken = Self(.tokenRevoked, "the token has been revoked; get a new one")

    /// What whoever comes with a credential that counts no more is told.
    static func dead(_ principal: Principal) -> Self {
        if case .apiKey = principal.kind { badAPIKey } else { revokedToken }
    }
}
