import Glibc

/// Connections that ask for nothing, as many as are wanted: those that the other side doesn't take wait in its queue, or for it.
final class Crowd {
    private var descriptors: [CInt] = []

    /// Whether this process may have so many descriptors.
    static func isPossible(_ count: Int) -> Bool {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return false }
        guard limit.rlim_max >= rlim_t(count + 1000) else { return false }
        limit.rlim_cur = max(limit.rlim_cur, rlim_t(count + 1000))
        return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    }

    /// - Parameters:
    ///   - url: of a daemon on 127.0.0.1.
    ///   - isHalfClosed: whether each ends its sending side at once.
    init(_ count: Int, at url: String, isHalfClosed: Bool) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(url.split(separator: ":").last ?? "")?.bigEndian ?? 0
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        for _ in 0..<count {
            let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
            guard descriptor >= 0 else { continue }
            descriptors.append(descriptor)
            // Not waited for: what is done to it counts once it is there.
            _ = withUnsafeBytes(of: address) {
                connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
            }
            if isHalfClosed { shutdown(descriptor, CInt(SHUT_WR)) }
        }
    }

    var count: Int { descriptors.count }

    func leave() {
        for descriptor in descriptors { close(descriptor) }
        descriptors = []
    }

    deinit { leave() }
}
