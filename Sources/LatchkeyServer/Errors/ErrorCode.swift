package import HTTPTypes
import LatchkeyAuthority

/// Every error code that this API answers with. Its status and meaning are said here and nowhere else; what answers, what is documented
/// and what is tested all ask here.
package enum ErrorCode: String, Sendable, CaseIterable {
    case invalidJSON = "invalid_json"
    case invalidRequest = "invalid_request"
    case invalidScope = "invalid_scope"

    case missingAuthorization = "missing_authorization"
    case invalidAuthorization = "invalid_authorization"
    case invalidAPIKey = "invalid_api_key"
    case invalidToken = "invalid_token"
    case tokenExpired = "token_expired"
    case tokenRevoked = "token_revoked"
    case invalidRefreshToken = "invalid_refresh_token"

    case peerNotAllowed = "peer_not_allowed"
    case originNotAllowed = "origin_not_allowed"
    case insufficientScope = "insufficient_scope"
    case organisationMismatch = "org_mismatch"
    case identitySuspended = "identity_suspended"
    case identityRetired = "identity_retired"
    case scopeEscalation = "scope_escalation"
    case identityRequired = "identity_required"
    case notKeyOwner = "not_key_owner"

    case notFound = "not_found"
    case organisationNotFound = "org_not_found"
    case apiKeyNotFound = "api_key_not_found"
    case identityNotFound = "identity_not_found"
    case tokenNotFound = "token_not_found"
    case auditEntryNotFound = "audit_entry_not_found"
    case organisationTokenNotFound = "org_token_not_found"
    case signingKeyNotFound = "signing_key_not_found"

    case methodNotAllowed = "method_not_allowed"
    case bodyTimeout = "body_timeout"

    case identityAlreadyExists = "identity_already_exists"
    case identityNotActive = "identity_not_active"
    case identityNotReactivatable = "identity_not_reactivatable"
    case apiKeyNotActive = "api_key_not_active"
    case sponsorChainTooLong = "sponsor_chain_too_long"
    case standbyTooYoung = "standby_too_young"
    case cutoverInProgress = "cutover_in_progress"
    case cutoverGateRefused = "cutover_gate_refused"

    case bodyTooLarge = "body_too_large"

    case rateLimited = "rate_limited"
    case tooManySubscribers = "too_many_subscribers"

    case internalError = "internal_error"
    case storageUnavailable = "storage_unavailable"
    case signingUnavailable = "signing_unavailable"
    case clockUnreliable = "clock_unreliable"
}

extension ErrorCode {
    /// The domain's codes are words of the same contract; a test holds that each is here.
    init(_ code: AuthorityError.Code) { self = ErrorCode(rawValue: code.rawValue) ?? .internalError }

    package var status: HTTPResponse.Status {
        switch self {
        case .invalidJSON, .invalidRequest, .invalidScope: .badRequest
        case .missingAuthorization, .invalidAuthorization, .invalidAPIKey, .invalidToken, .tokenExpired, .tokenRevoked,
            .invalidRefreshToken:
            .unauthorized
        case .peerNotAllowed, .originNotAllowed, .insufficientScope, .organisationMismatch, .identitySuspended, .identityRetired,
            .scopeEscalation, .identityRequired, .notKeyOwner:
            .forbidden
        case .notFound, .organisationNotFound, .apiKeyNotFound, .identityNotFound, .tokenNotFound, .auditEntryNotFound,
            .organisationTokenNotFound,
            .signingKeyNotFound:
            .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .bodyTimeout: .requestTimeout
        case .apiKeyNotActive, .identityAlreadyExists, .identityNotActive, .identityNotReactivatable, .sponsorChainTooLong,
            .standbyTooYoung,
            .cutoverInProgress, .cutoverGateRefused:
            .conflict
        case .bodyTooLarge: .contentTooLarge
        case .rateLimited, .tooManySubscribers: .tooManyRequests
        case .internalError: .internalServerError
        case .storageUnavailable, .signingUnavailable, .clockUnreliable: .serviceUnavailable
        }
    }

    /// When it is answered, for people who read the document.
    package var meaning: String {
        switch self {
        case .invalidJSON: "the body is not a JSON object"
        case .invalidRequest: "the member, parameter or header that `field` names is missing, of the wrong type or form, or out of range"
        case .invalidScope: "`scope` is not a scope; `reason` says which rule it breaks"
        case .missingAuthorization: "no credential came"
        case .invalidAuthorization: "the Authorization header can't be read"
        case .invalidAPIKey: "the API key is not valid, whatever the reason"
        case .invalidToken: "the access token is not one of this authority's, or not for this API"
        case .tokenExpired: "the access token has expired"
        case .tokenRevoked: "the access token, its session or its identity is not live any more"
        case .invalidRefreshToken: "the refresh token is unknown, expired or used, or its identity is not active"
        case .peerNotAllowed: "the user at the other end of the socket is no administrator"
        case .originNotAllowed: "the request comes from a browser"
        case .insufficientScope: "`required` is not covered by what is held, which `actual` lists"
        case .organisationMismatch: "`orgId` names another organisation than the caller's"
        case .identitySuspended: "the identity `identityId` is suspended"
        case .identityRetired: "the identity `identityId` is retired"
        case .scopeEscalation: "`scope` would be handed out and is not held by the caller"
        case .identityRequired: "only for callers with an identity behind them"
        case .notKeyOwner: "a self-service key is rotated by the identity that it acts as alone"
        case .notFound: "there is nothing at this path"
        case .organisationNotFound: "there is no such organisation"
        case .apiKeyNotFound: "the caller's organisation has no API key with this id"
        case .identityNotFound: "the caller's organisation has no identity with this id"
        case .tokenNotFound: "the caller's organisation has no such token, session or identity"
        case .auditEntryNotFound: "the caller's organisation has no audit entry with this id"
        case .signingKeyNotFound: "there is no signing key with this id"
        case .organisationTokenNotFound: "the caller's organisation has no live organisation token with this id"
        case .methodNotAllowed: "the path answers to the methods in Allow only"
        case .bodyTimeout: "the body took too long to arrive"
        case .apiKeyNotActive: "the API key has been revoked or has expired"
        case .identityAlreadyExists: "an identity of this name exists in the organisation"
        case .identityNotActive: "the identity is not active"
        case .identityNotReactivatable: "the identity is not suspended, or its parent is not active"
        case .sponsorChainTooLong: "the sponsor chain would have more than 10 links, or more than 10,000 identities would come from one"
        case .standbyTooYoung: "not every verifier knows the standby yet; from `readyAt` on it may sign"
        case .cutoverInProgress: "a cutover stands where this is held back, or there has been one already"
        case .cutoverGateRefused: "the cutover can't take this step; `gates` says what was measured and refused it"
        case .bodyTooLarge: "the body has more than 64 KiB; the connection is closed"
        case .rateLimited: "too many requests of this kind; Retry-After says when to come again"
        case .tooManySubscribers: "as many subscribers as are allowed are listening"
        case .internalError: "a defect; the log has it under the request's id"
        case .storageUnavailable: "the store can't be written at the moment; reads go on"
        case .signingUnavailable: "no key can sign at the moment; verification goes on"
        case .clockUnreliable: "this host's clock is wrong, so that nothing is minted; verification goes on"
        }
    }

    /// The code as words: `insufficient_scope` is "Insufficient scope".
    var title: String {
        let words = rawValue.split(separator: "_").map { $0 == "api" ? "API" : $0 == "json" ? "JSON" : String($0) }
        guard let first = words.first else { return rawValue }
        return ([first.prefix(1).uppercased() + first.dropFirst()] + words.dropFirst()).joined(separator: " ")
    }
}
