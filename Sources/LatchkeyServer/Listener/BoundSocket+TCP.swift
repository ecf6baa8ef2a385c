import Glibc

extension BoundSocket {
    /// Opens, binds and listens on a TCP address.
    /// - Parameters:
    ///   - host: an IPv4 or IPv6 literal (brackets allowed), or `localhost` for 127.0.0.1. Names are not resolved: a resolver's
    ///     answer must not decide what is exposed. `::` takes IPv4 clients too.
    ///   - port: 0 to 65535; 0 takes a free one.
    /// - Throws: ``ListenerError`` when the address is none, is taken, is not this host's, or is not permitted.
    package static func tcp(host: String, port: Int) throws(ListenerError) -> BoundSocket {
        guard let port = UInt16(exactly: port) else {
            throw ListenerError(.invalidAddress, "\(port) is not a port; give one from 0 to 65535")
        }
        switch IPLiteral(host) {
        case .v4(let address):
            var local = sockaddr_in()
            local.sin_family = sa_family_t(AF_INET)
            local.sin_port = port.bigEndian
            local.sin_addr = address
            return try Self.listening(family: AF_INET, at: local, shown: "\(host):\(port)")
        case .v6(let address):
            var local = sockaddr_in6()
            local.sin6_family = sa_family_t(AF_INET6)
            local.sin6_port = port.bigEndian
            local.sin6_addr = address
            return try Self.listening(family: AF_INET6, at: local, shown: "\(host):\(port)")
        case nil:
            throw ListenerError(.invalidAddress, "\"\(host)\" is not an IP address; give one such as 127.0.0.1 or ::1, or localhost")
        }
    }

    /// Whether only this host can reach `host`: 127.0.0.0/8 (RFC 1122 §3.2.1.3), `::1` (RFC 4291 §2.5.3), the first mapped
    /// into IPv6, or `localhost`. What is no literal is not loopback.
    package static func isLoopback(host: String) -> Bool {
        switch IPLiteral(host) {
        case .v4(let address):
            return UInt32(bigEndian: address.s_addr) >> 24 == 127
        case .v6(let address):
            let bytes = withUnsafeBytes(of: address) { Array($0) }
            if bytes == [UInt8](repeating: 0, count: 15) + [1] { return true }
            return bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 127])
        case nil:
            return false
        }
    }

    private static func listening<Address>(family: CInt, at address: Address, shown: String) throws(ListenerError) -> BoundSocket {
        let descriptor = try SocketCalls.open(family: family)
        do throws(ListenerError) {
            // Without it a restart waits a minute for the old connections' last timers.
            guard SocketCalls.set(descriptor, level: SOL_SOCKET, option: SO_REUSEADDR, to: 1) else {
                throw .system("can't reuse \(shown)", errno: errno)
            }
            // Not left to the host's sysctl: the same setting must expose the same thing everywhere.
            if family == AF_INET6, !SocketCalls.set(descriptor, level: CInt(IPPROTO_IPV6), option: IPV6_V6ONLY, to: 0) {
                throw .system("can't take IPv4 clients on \(shown)", errno: errno)
            }
            guard SocketCalls.with(address, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, SocketCalls.defaultBacklog) == 0 else {
                throw .system("can't listen on \(shown)", errno: errno)
            }
            guard let local = SocketCalls.localName(descriptor) else {
                throw .system("can't read the address of \(shown)", errno: errno)
            }
            return BoundSocket(descriptor: descriptor, isUnix: false, name: local.name, port: local.port)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
    }
}

/// An IP address as people write it.
private enum IPLiteral {
    case v4(in_addr)
    case v6(in6_addr)

    init?(_ text: String) {
        var host = Substring(text)
        if host.utf8.first == UInt8(ascii: "["), host.utf8.last == UInt8(ascii: "]") { host = host.dropFirst().dropLast() }
        // The C functions would stop at a zero byte and take the part before it.
        guard !host.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        var v6 = in6_addr()
        if host.lowercased().utf8.elementsEqual("localhost".utf8) {
            v4.s_addr = UInt32(0x7f00_0001).bigEndian
            self = .v4(v4)
        } else if inet_pton(AF_INET, String(host), &v4) == 1 {
            self = .v4(v4)
        } else if inet_pton(AF_INET6, String(host), &v6) == 1 {
            self = .v6(v6)
        } else {
            return nil
        }
    }
}
