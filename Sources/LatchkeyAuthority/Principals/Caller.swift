/// Where a request came from, as the audit log keeps it.
package struct RequestOrigin: Sendable {
    /// The client's textual IP address; none on the admin socket.
    package var address: String?
    package var userAgent: String?
    package var requestId: String?

    package init(address: String? = nil, userAgent: String? = nil, requestId: String? = nil) {
        self.address = address
        self.userAgent = userAgent
        self.requestId = requestId
    }
}

/// A principal and the request that it makes.
package struct Caller: Sendable {
    package let principal: Principal
    package let origin: RequestOrigin
    /// The organisation that the request's query or body names; of two, the one that is not the principal's own.
    package let named: String?

    package init(_ principal: Principal, _ origin: RequestOrigin, named: String? = nil) {
        self.principal = principal
        self.origin = origin
        self.named = named
    }

    /// The organisation that is named must be the caller's own. Asked once the request's form is known to be good, and before
    /// anything is looked up.
    ///
    /// - Throws: `org_mismatch`.
    package func requireOwn() throws(AuthorityError) {
        guard let named, !named.utf8.elementsEqual(principal.organisation.utf8) else { return }
        throw AuthorityError(.organisationMismatch, "this organisation is not yours; leave orgId out, or use a key of that organisation")
    }
}
