import FoundationEssentials

/// The daemon's answers as a client reads them.
struct KeyAnswer: Decodable {
    let id: String
    let prefix: String
    let name: String
    let scopes: [String]
    let revoked: Bool
    let expiresAt: String?
}

struct MintAnswer: Decodable {
    let apiKey: KeyAnswer
    let key: String?
}

struct ListAnswer<Element: Decodable>: Decodable {
    let data: [Element]
}

struct IdentityAnswer: Decodable {
    let id: String
    let name: String
    let type: String
    let scopes: [String]
    let sponsorId: String
    let workspaceId: String
    let metadata: [String: String]
}

struct PairAnswer: Decodable {
    let accessToken: String
    let refreshToken: String
    let tokenType: String
}

struct ClaimsAnswer: Decodable {
    let sub: String
    let scopes: [String]
    let aud: [String]
    let jti: String
    let sid: String
    let exp: Int
    let iat: Int
}

extension Tool.Run {
    func json<Value: Decodable>(_ type: Value.Type) throws -> Value { try JSONDecoder().decode(type, from: Data(bytes)) }
}

extension DaemonProcess {
    /// All API keys that the daemon knows.
    func keys() async throws -> [KeyAnswer] { try await run("api-keys", "list", "--json").json(ListAnswer<KeyAnswer>.self).data }

    func identity(_ name: String, scopes: [String] = ["relayfile:fs:read:/docs/*"]) async throws -> IdentityAnswer {
        let arguments = ["identities", "create", "--name", name, "--sponsor", "ada", "--json"] + scopes.flatMap { ["--scope", $0] }
        return try await Tool.run(arguments, environment: ["LATCHKEY_SOCKET": socket]).json(IdentityAnswer.self)
    }

    func pair(_ identity: String) async throws -> PairAnswer {
        try await run("tokens", "issue", "--identity", identity, "--json").json(PairAnswer.self)
    }
}
