package import Glibc
import NIOCore

/// Who is at the other end of a connection, as the kernel says.
package enum Peer: Sendable, Equatable {
    case unix(UnixPeer)
    /// The textual IP address without port; an IPv4 client of an IPv6 socket has its IPv4 address (RFC 4291 §2.5.5.2).
    case network(address: String)

    /// Both answers were fixed when the client connected, so they are read once a connection. On the channel's event loop.
    static func of(_ channel: any Channel, isUnix: Bool) throws -> Peer {
        if isUnix {
            let peer = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { descriptor in
                try UnixPeer(descriptor: descriptor)
            }
            if let peer { return .unix(peer) }
        } else if let remote = channel.remoteAddress, let address = remote.ipAddress {
            return .network(address: Self.unmapped(address))
        }
        throw ListenerError(.system, "a client left before the kernel could name it")
    }

    static func unmapped(_ address: String) -> String {
        let prefix = "::ffff:"
        guard address.utf8.starts(with: prefix.utf8), address.utf8.contains(UInt8(ascii: ".")) else { return address }
        return String(address.dropFirst(prefix.count))
    }
}

/// The process at the other end of a unix socket, as it was when it connected. Without its pid: pids are reused, so nothing
/// may be decided on one.
package struct UnixPeer: Sendable, Equatable {
    package let uid: uid_t
    /// The effective group.
    package let gid: gid_t
    /// The supplementary groups.
    package let groups: [gid_t]

    package init(uid: uid_t, gid: gid_t, groups: [gid_t]) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
    }
}

extension UnixPeer {
    /// Linux's number for it; the header that names it is not visible to Swift.
    private static let peerGroups: CInt = 59

    /// Asks the kernel (`SO_PEERCRED`, `SO_PEERGROUPS`, unix(7)).
    init(descriptor: CInt) throws(ListenerError) {
        // The layout of `struct ucred`, which glibc shows only under _GNU_SOURCE.
        var credentials: (pid: pid_t, uid: uid_t, gid: gid_t) = (0, 0, 0)
        let whole = socklen_t(MemoryLayout<(pid_t, uid_t, gid_t)>.size)
        var size = whole
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0, size == whole else {
            throw .system("can't learn who connected", errno: errno)
        }
        var groups = [gid_t](repeating: 0, count: 32)
        while true {
            let stride = MemoryLayout<gid_t>.stride
            var bytes = socklen_t(groups.count * stride)
            if getsockopt(descriptor, SOL_SOCKET, Self.peerGroups, &groups, &bytes) == 0 {
                groups.removeLast(groups.count - Int(bytes) / stride)
                break
            }
            guard errno == ERANGE else { throw .system("can't learn the groups of who connected", errno: errno) }
            groups = [gid_t](repeating: 0, count: Int(bytes) / stride)  // the kernel wrote how much it needs
        }
        self.init(uid: credentials.uid, gid: credentials.gid, groups: groups)
    }
}
