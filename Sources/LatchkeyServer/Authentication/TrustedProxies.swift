import Glibc

/// Which peers may say whose request they forward, as addresses and networks (`10.0.0.0/8`, `fd00::/8`).
package struct TrustedProxies: Sendable {
    private struct Network: Sendable {
        let bytes: [UInt8]
        let bits: Int
    }

    private let networks: [Network]

    package static let none = TrustedProxies(networks: [])

    private init(networks: [Network]) { self.networks = networks }

    /// `nil` when one of `texts` is neither an address nor a network.
    package init?(_ texts: [String]) {
        var networks: [Network] = []
        for text in texts {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let bytes = Self.bytes(String(parts[0])) else { return nil }
            var bits = bytes.count * 8
            if parts.count == 2 {
                guard let given = Int(parts[1]), (0...bits).contains(given) else { return nil }
                bits = given
            }
            networks.append(Network(bytes: bytes, bits: bits))
        }
        self.networks = networks
    }

    /// The client's address: the peer's own, or, behind trusted proxies, the right-most forwarded one that is not one of them. What is
    /// forwarded and is no address ends the search at the proxy that sent it.
    package func client(peer: String, forwardedFor: [String]) -> String {
        guard !networks.isEmpty, contains(peer) else { return peer }
        var nearest = peer
        let forwarded = forwardedFor.joined(separator: ",").split(separator: ",")
        for part in forwarded.reversed() {
            guard let address = Self.address(String(part.filter { $0 != " " && $0 != "\t" })) else { return nearest }
            nearest = address
            if !contains(nearest) { return nearest }
        }
        return nearest
    }

    /// The address of a forwarded element: without a port or brackets, and an IPv4 address out of its IPv6 mapping (RFC 4291 §2.5.5.2).
    private static func address(_ element: String) -> String? {
        var text = Substring(element)
        if text.first == "[", let end = text.firstIndex(of: "]") {
            text = text[text.index(after: text.startIndex)..<end]
        } else if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") {
            text = text[..<colon]
        }
        let address = Peer.unmapped(String(text))
        return bytes(address) == nil ? nil : address
    }

    private func contains(_ address: String) -> Bool {
        guard let bytes = Self.bytes(address) else { return false }
        return networks.contains { network in
            guard network.bytes.count == bytes.count else { return false }
            let whole = network.bits / 8
            guard bytes[..<whole] == network.bytes[..<whole] else { return false }
            let rest = network.bits % 8
            return rest == 0 || (bytes[whole] ^ network.bytes[whole]) >> (8 - rest) == 0
        }
    }

    /// 4 or 16 bytes in network order.
    private static func bytes(_ address: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        if inet_pton(AF_INET6, address, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
        return nil
    }
}
