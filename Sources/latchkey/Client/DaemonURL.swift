import FoundationEssentials
import Glibc

/// The daemon's address on the network: a scheme, a host, perhaps a port, and perhaps a path in front of every route.
struct DaemonURL: Sendable {
    /// Without a slash at its end.
    let text: String
    let isPlain: Bool
    /// A name, or an IP address without brackets.
    let host: String
    let port: Int
    /// Host and port as they stand in the address: what a request calls its host.
    let authority: String
    /// What stands in front of every route, percent-encoded; mostly nothing.
    let path: String
    /// Whether what is sent there stays on this host.
    let isLoopback: Bool

    /// `nil` for anything else, also for an address with a user, a query or a fragment.
    init?(_ text: String) {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }),
            let url = URL(string: text), let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = url.host(), !host.isEmpty, url.user == nil, url.password == nil, url.query == nil, url.fragment == nil,
            url.port.map({ (1...65_535).contains($0) }) ?? true
        else { return nil }
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        self.text = text
        self.isPlain = scheme == "http"
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        self.host = isBracketed ? String(host.dropFirst().dropLast()) : host
        self.port = url.port ?? (isPlain ? 80 : 443)
        let rest = text.dropFirst(scheme.count + "://".count)
        self.authority = String(rest.prefix { $0 != "/" })
        self.path = String(rest.drop { $0 != "/" })
        self.isLoopback = Self.isLoopback(self.host.lowercased())
    }

    /// Only names and addresses that can mean nothing else.
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        var six = in6_addr()
        guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
        return withUnsafeBytes(of: six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
    }
}
