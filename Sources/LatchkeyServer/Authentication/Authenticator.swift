import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier

/// Tells who calls: by credentials on TCP, by the peer on the admin socket unless a credential came with the request.
struct Authenticator: Sendable {
    let authority: Authority
    let peers: PeerPolicy

    /// The peer of a socket must be one of the administrators, whatever else it brings, and no browser's request.
    ///
    /// - Throws: `peer_not_allowed`, `origin_not_allowed`.
    func admit(_ peer: Peer, _ headers: HTTPFields) throws(APIError) {
        guard case .unix(let unix) = peer else { return }
        guard peers.allows(unix) else { throw .peerNotAllowed }
        guard headers[.origin] == nil, headers[.referer] == nil else { throw .originNotAllowed }
    }

    /// - Parameter audiences: whom a token must be meant for; `nil` takes one for anybody.
    /// - Throws: `missing_authorization`, `invalid_authorization`, `invalid_api_key`, `invalid_token`, `token_expired`, `token_revoked`,
    ///   and on the socket `org_not_found`.
    func principal(_ peer: Peer, _ headers: HTTPFields, audiences: [String]?, origin: RequestOrigin) throws -> Principal {
        let credentials = Credentials(headers)
        if credentials.isEmpty {
            guard case .unix(let unix) = peer else { throw APIError.missingAuthorization }
            return try authority.administrator(uid: unix.uid, organisation: headers[.organisation])
        }
        if let bearer = credentials.bearer {
            do {
                return bearer.utf8.starts(with: "lk_".utf8)
                    ? try authority.authenticate(apiKey: bearer, origin: origin)
                    : try authority.authenticate(token: bearer, audiences: audiences, origin: origin)
            } catch {
                // A valid bearer wins; when it isn't one, an API key that came along decides.
                guard credentials.apiKey != nil, error is AuthorityError else { throw error }
            }
        }
        if let apiKey = credentials.apiKey { return try authority.authenticate(apiKey: apiKey, origin: origin) }
        throw APIError.invalidAuthorization
    }
}
