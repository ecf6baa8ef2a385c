import HTTPTypes

/// The two doors of the daemon.
package enum Surface: Sendable, CaseIterable {
    case network, adminSocket
}

extension RouteFacts {
    /// Every error code that the route can answer with: what its declaration brings with it, and the handler's own. `internal_error` is
    /// a defect and never among them.
    package func errorCodes(on surface: Surface) -> [ErrorCode] {
        var codes: [ErrorCode] = [.methodNotAllowed]
        // `limit-requests-per-second`: whatever the route, never on the socket.
        if surface == .network { codes.append(.rateLimited) }
        if surface == .adminSocket { codes += [.peerNotAllowed, .originNotAllowed] }
        if !access.isOpen {
            codes += [.missingAuthorization, .invalidAuthorization, .invalidAPIKey, .invalidToken, .tokenExpired, .tokenRevoked]
            // `orgId` may be in every query
            codes += [.organisationMismatch, .invalidRequest]
            // Who calls is looked up in the store.
            codes.append(.storageUnavailable)
            if surface == .adminSocket { codes.append(.organisationNotFound) }
        }
        if case .scopes = access { codes.append(.insufficientScope) }
        if case .identity = access { codes.append(.identityRequired) }
        if parameters.contains(where: { $0.place != .header || $0.isRequired }) { codes.append(.invalidRequest) }
        if body != nil { codes += [.invalidJSON, .invalidRequest] }
        if isWrite { codes += [.bodyTooLarge, .bodyTimeout, .invalidJSON, .storageUnavailable] }
        for parameter in parameters where parameter.place == .path {
            // A slash in an id makes it another path.
            codes += [parameter.schema.subject?.notFound, .notFound].compactMap(\.self)
        }
        codes += refusals
        return ErrorCode.allCases.filter(codes.contains)
    }

    /// Whether it takes a body from the connection, and may change something.
    private var isWrite: Bool { method != .get }
}
