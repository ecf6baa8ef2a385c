import FoundationEssentials
import HTTPTypes
import LatchkeyServer

/// Numbers that a seed decides (SplitMix64), so that a run can be had again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Requests of every route of which nearly everything may be something else.
struct RandomRequests {
    /// What a client that means well would know.
    struct Knowledge: Sendable {
        var keys: [String]
        var tokens: [String]
        var ids: [String]
    }

    private var random: SeededGenerator
    private let known: Knowledge
    /// All but those whose answer doesn't end, and the one that ends every token: it would leave little to try.
    private let routes = RouteTable.api.routes.filter { !RequestMaker.isEndless($0) && $0.name != "revokeAllSigningKeys" }

    init(seed: UInt64, _ known: Knowledge) {
        random = SeededGenerator(seed: seed)
        self.known = known
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func any<Element>(of elements: [Element]) -> Element { elements.randomElement(using: &random)! }

    /// A request whose framing is right, whatever else is not, so that its connection can go on.
    mutating func framed(_ index: Int) -> (method: String, bytes: [UInt8]) {
        let route = routes[index % routes.count]
        let method = chance(85) ? route.method.rawValue : any(of: ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
        var head = "\(method) \(target(route.path)) HTTP/1.1\r\nhost: \(chance(90) ? "test" : junk(20))\r\n"
        if chance(85) { head += credential() }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let name = any(of: [
                "x-request-id", "x-forwarded-for", "user-agent", "if-none-match", "x-latchkey-org", "content-type", "accept", "cookie",
                "x-api-key", "x-\(word())",
            ])
            head += "\(name): \(junk(60))\r\n"
        }
        var bytes = Array(head.utf8)
        let body = chance(75) ? self.body() : []
        if chance(80) {
            bytes += Array("content-length: \(body.count)\r\n\r\n".utf8) + body
        } else {
            bytes += Array("transfer-encoding: chunked\r\n\r\n".utf8)
            if !body.isEmpty { bytes += Array("\(String(body.count, radix: 16))\r\n".utf8) + body + [13, 10] }
            bytes += Array("0\r\n\r\n".utf8)
        }
        return (method, bytes)
    }

    /// A request with some bytes of it changed, put in or left out, its framing too.
    mutating func mangled(_ index: Int) -> [UInt8] {
        var bytes = framed(index).bytes
        for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&bytes) }
        return bytes
    }

    private mutating func target(_ path: String) -> String {
        var target = path
        for name in ["{id}", "{identityId}", "{kid}"] { target = target.replacing(name, with: chance(70) ? any(of: known.ids) : word()) }
        if chance(40) {
            let pairs = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                "\(any(of: ["limit", "cursor", "orgId", "token", "jti", "status", "type", "workspaceId", word()]))=\(chance(50) ? any(of: known.ids + known.tokens) : word())"
            }
            target += "?" + pairs.joined(separator: "&")
        }
        if chance(5) { target += any(of: ["/", "%", "%00", "/..", "//", "?", "#", ";", "%2f", "\\"]) }
        return target
    }

    private mutating func credential() -> String {
        let key = chance(90) ? any(of: known.keys) : word()
        let token = chance(80) ? any(of: known.tokens) : junk(300)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "authorization: Bearer \(token)\r\n"
        case 1: return "authorization: \(word()) \(junk(40))\r\n"
        case 2: return "authorization: ApiKey \(key)\r\n"
        case 3: return "authorization: Bearer \(token)\r\nx-api-key: \(key)\r\n"
        default: return "x-api-key: \(key)\r\n"
        }
    }

    private mutating func body() -> [UInt8] {
        if chance(10) { return (0..<Int.random(in: 0...400, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) } }
        var members: [String] = []
        for name in [
            "name", "scopes", "sponsorId", "identityId", "token", "refreshToken", "tokenId", "sessionId", "expiresAt", "expiresIn",
            "audience", "metadata", "roles", "type",
            "orgId", "reason", "workspaceId", "descendants", "now", "pem", "keyFile", "to", "dryRun", "override", "accepts", "remove",
            "kid",
            "issuer", "maxTTL", "issuedUntil", "secret", "overlapSeconds", "expires_at",
        ] where chance(45) {
            members.append("\"\(name)\":\(value(name, depth: 0))")
        }
        var bytes = Array("{\(members.joined(separator: ","))}".utf8)
        if chance(20) { mutate(&bytes) }
        if chance(1) { bytes += [UInt8](repeating: 32, count: 70_000) }
        return bytes
    }

    /// Mostly what the member should be.
    private mutating func value(_ name: String, depth: Int) -> String {
        if chance(70) {
            switch name {
            case "scopes":
                return TestDaemon.list([any(of: ["relayfile:fs:read:*", "relayauth:token:read:*", "*", "relaycast:x:send:a", word()])])
            case "audience", "roles": return TestDaemon.list([word(), word()])
            case "metadata": return "{\"\(word())\":\"\(word())\"}"
            case "expiresIn": return "\(Int.random(in: -10...100_000, using: &random))"
            case "expiresAt":
                return "\"20\(Int.random(in: 10...99, using: &random))-0\(Int.random(in: 0...9, using: &random))-01T00:00:00Z\""
            case "overlapSeconds": return "\(Int.random(in: -10...700_000, using: &random))"
            case "expires_at": return any(of: ["4102444800", "4102444800000", "\"2099-01-01T00:00:00Z\"", "1"])
            case "token", "refreshToken": return "\"\(any(of: known.tokens))\""
            case "name": return "\"\(word())-\(UInt32.random(in: 0...UInt32.max, using: &random))\""
            case "now", "dryRun", "remove", "descendants": return any(of: ["true", "false"])
            case "accepts": return any(of: [#"["HS256"]"#, #"["RS256","HS256"]"#, "[]"])
            case "to": return any(of: ["\"legacy\"", "\"published\"", "\"cutover\"", "\"sunset\"", "\"purged\""])
            case "type": return any(of: ["\"agent\"", "\"human\"", "\"service\""])
            // what revokes everything would leave little to try
            case "tokenId", "sessionId", "orgId": return "\"\(word())\""
            default: return "\"\(any(of: known.ids))\""
            }
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return "null"
        case 1: return any(of: ["1e400", "-0", "1e15", "0.5", "99999999999999999999", "1E-400", "00", "+1", "NaN"])
        case 2: return any(of: ["true", "false"])
        case 3 where depth < 5: return "[\(value(name, depth: depth + 1)),\(value(name, depth: depth + 1))]"
        case 4 where depth < 5: return "{\"\(word())\":\(value(name, depth: depth + 1))}"
        case 5: return String(repeating: "[", count: 600)
        case 6: return any(of: [#""\ud800""#, #""\u0000""#, #""\udc00\ud800""#, #""\u202e""#, #""\x""#, "\"\u{feff}\""])
        case 7: return "\"\(String(repeating: word(), count: 60))\""
        default: return "\"\(word())\""
        }
    }

    private mutating func word() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABC0123456789_-.:*/~é€")
        return String((0..<Int.random(in: 0...24, using: &random)).map { _ in any(of: letters) })
    }

    /// Any bytes that a header's line may hold, as text.
    private mutating func junk(_ most: Int) -> String {
        String(
            decoding: (0..<Int.random(in: 0...most, using: &random)).map { _ in UInt8.random(in: 0x20...0x7E, using: &random) },
            as: UTF8.self)
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
        default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + Int.random(in: 1...40, using: &random))], at: place)
        }
    }
}
