import Glibc

/// The few socket calls that Swift can't reach as they are.
enum SocketCalls {
    static let stream = CInt(SOCK_STREAM.rawValue)
    /// The kernel's queue until the listener sets its own length.
    static let defaultBacklog: CInt = 4096

    /// A stream socket that children don't inherit.
    static func open(family: CInt) throws(ListenerError) -> CInt {
        let descriptor = socket(family, Self.stream | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("can't open a socket", errno: errno) }
        return descriptor
    }

    /// An integer option at the socket level; nothing when the descriptor is no socket.
    static func option(_ descriptor: CInt, _ option: CInt) -> CInt? {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : nil
    }

    static func set(_ descriptor: CInt, level: CInt, option: CInt, to value: CInt) -> Bool {
        var value = value
        return setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size)) == 0
    }

    /// Calls `bind` or `connect` (both return 0 or -1 with `errno`) with an address of any family.
    static func with<Address>(_ address: Address, _ call: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        withUnsafeBytes(of: address) { bytes in
            call(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
    }

    /// The address of a unix socket path; none when the path doesn't fit with its final zero, or holds one.
    static func unixAddress(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, !bytes.contains(0), bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }

    /// Where a bound socket really is: family, name for people, port.
    static func localName(_ descriptor: CInt) -> (name: String, port: Int?)? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let answer = withUnsafeMutableBytes(of: &storage) {
            getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
        }
        guard answer == 0 else { return nil }
        return withUnsafeBytes(of: storage) { bytes in
            // After the family both kinds of IP address have the port; then IPv4 its address, IPv6 a flow label and its address.
            let port = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            switch CInt(storage.ss_family) {
            case AF_INET:
                return (Self.text(AF_INET, bytes.dropFirst(4)) + ":\(port)", port)
            case AF_INET6:
                return ("[" + Self.text(AF_INET6, bytes.dropFirst(8)) + "]:\(port)", port)
            case AF_UNIX:
                let path = bytes.dropFirst(MemoryLayout<sa_family_t>.size).prefix(max(0, Int(size) - MemoryLayout<sa_family_t>.size))
                return (String(decoding: path.prefix { $0 != 0 }, as: UTF8.self), nil)
            default:
                return nil
            }
        }
    }

    private static func text(_ family: CInt, _ address: Slice<UnsafeRawBufferPointer>) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
            let bytes = UnsafeRawBufferPointer(rebasing: address)
            guard inet_ntop(family, bytes.baseAddress!, buffer.baseAddress!, socklen_t(buffer.count)) != nil else { return "" }
            return String(cString: buffer.baseAddress!)
        }
    }
}
