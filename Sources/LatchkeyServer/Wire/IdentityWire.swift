import LatchkeyAuthority
import LatchkeyVerifier

/// `POST /v1/identities`.
struct IdentityBody: RequestBodyType {
    let name: String
    let sponsorId: String
    let type: String?
    let scopes: [String]?
    let roles: [String]?
    let metadata: [String: String]?
    let workspaceId: String?
    let orgId: String?

    var request: IdentityRequest {
        var request = IdentityRequest(name: name, sponsorId: sponsorId)
        request.type = type
        request.scopes = scopes
        request.roles = roles
        request.metadata = metadata
        request.workspaceId = workspaceId
        request.orgId = orgId
        return request
    }
}

extension JSONWriter {
    mutating func identity(_ identity: Identity) {
        let record = identity.record
        object { writer in
            writer.member("id", record.id)
            writer.member("name", record.name)
            writer.member("type", record.type.rawValue)
            writer.member("orgId", record.orgId)
            writer.member("workspaceId", record.workspaceId)
            writer.member("status", record.status.rawValue)
            writer.member("scopes", record.scopes)
            writer.member("roles", record.roles)
            writer.member("metadata", record.metadata)
            writer.member("sponsorId", record.sponsorId)
            writer.member("sponsorChain", record.sponsorChain)
            writer.member("createdAt", record.createdAt)
            writer.member("updatedAt", record.updatedAt)
            writer.member("lastActiveAt", ifPresent: identity.lastActiveAt)
            writer.member("suspendedAt", ifPresent: record.suspendedAt)
            writer.member("suspendReason", ifPresent: record.suspendReason)
        }
    }
}
