import LatchkeyCrypto
import Testing

extension TestDaemon {
    typealias Fields = [(String, String)]

    /// A request's bytes.
    static func request(_ method: String, _ target: String, _ headers: Fields = [], body: String? = nil) -> String {
        var text = "\(method) \(target) HTTP/1.1\r\nhost: test\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body {
            text += "content-length: \(body.utf8.count)\r\n"
            return text + "\r\n" + body
        }
        if method == "POST" || method == "PUT" { text += "content-length: 0\r\n" }
        return text + "\r\n"
    }

    /// A request on a connection of its own.
    ///
    /// - Parameter headOnly: whether the connection is left as soon as the answer's head is there: some bodies never end.
    func send(
        _ method: String, _ target: String, _ headers: Fields = [], body: String? = nil, to door: Door? = nil, headOnly: Bool = false,
        tls: TLSClient? = nil
    ) async throws -> Reply {
        let wire = try await Wire.open(door ?? tcp, tls: tls)
        try await wire.send(Self.request(method, target, headers, body: body))
        let reply = try await wire.reply(toHead: headOnly || method == "HEAD")
        await wire.close()
        ledger.note(reply)
        return reply
    }

    /// A request to TCP by the holder of an API key.
    func call(_ method: String, _ target: String, key: String, _ headers: Fields = [], body: String? = nil) async throws -> Reply {
        try await send(method, target, [("x-api-key", key)] + headers, body: body)
    }

    /// A request to the admin socket, as the operator.
    func admin(_ method: String, _ target: String, _ headers: Fields = [], body: String? = nil) async throws -> Reply {
        try await send(method, target, headers, body: body, to: socket)
    }

    // MARK: - What tests start from

    struct Key: Sendable {
        let id: String
        let secret: String
        let reply: Reply
    }

    struct Pair: Sendable {
        let access: String
        let refresh: String

        /// A claim of the access token.
        func claim(_ name: String) throws -> JSON? { try claims[name] }

        var claims: JSON {
            get throws {
                let parts = access.split(separator: ".")
                return try JSON(try #require(Base64URL.decode(String(parts[1]))))
            }
        }

        var header: JSON {
            get throws { try JSON(try #require(Base64URL.decode(String(access.split(separator: ".")[0])))) }
        }

        var tokenId: String { get throws { try #require(try claim("jti")?.text) } }
        var sessionId: String { get throws { try #require(try claim("sid")?.text) } }

        var bearer: (String, String) { ("authorization", "Bearer \(access)") }
    }

    /// A key that the operator minted.
    func key(_ scopes: String..., name: String = "test") async throws -> Key {
        let body = "{\"name\":\"\(name)\",\"scopes\":\(Self.list(scopes))}"
        return try Self.key(await admin("POST", "/v1/api-keys", body: body))
    }

    static func key(_ reply: Reply) throws -> Key {
        try #require(reply.status == 201, "\(reply.text)")
        let json = reply.json
        return Key(id: try #require(json["apiKey"]?["id"]?.text), secret: try #require(json["key"]?.text), reply: reply)
    }

    /// An identity that the operator made.
    func identity(_ scopes: String..., name: String = "agent") async throws -> String {
        let body = "{\"name\":\"\(name)\",\"sponsorId\":\"ada\",\"scopes\":\(Self.list(scopes))}"
        let reply = try await admin("POST", "/v1/identities", body: body)
        try #require(reply.status == 201, "\(reply.text)")
        return try #require(reply.json["id"]?.text)
    }

    /// A token pair that the operator issued.
    ///
    /// - Parameter more: members of the body beside the identity.
    func pair(_ identity: String, _ more: String = "") async throws -> Pair {
        try Self.pair(await admin("POST", "/v1/tokens", body: "{\"identityId\":\"\(identity)\"\(more.isEmpty ? "" : ",")\(more)}"))
    }

    static func pair(_ reply: Reply) throws -> Pair {
        try #require(reply.status == 201 || reply.status == 200, "\(reply.text)")
        let json = reply.json
        return Pair(access: try #require(json["accessToken"]?.text), refresh: try #require(json["refreshToken"]?.text))
    }

    func refresh(_ token: String, _ more: String = "") async throws -> Reply {
        try await send("POST", "/v1/tokens/refresh", body: "{\"refreshToken\":\"\(token)\"\(more)}")
    }

    static func list(_ texts: [String]) -> String { "[\(texts.map { "\"\($0)\"" }.joined(separator: ","))]" }
}
