import Glibc

/// How the descriptors that this process may have are shared out, so that no number of clients on the network takes from the operator the
/// way in: the admin socket has connections of its own.
struct DescriptorBudget: Sendable, Equatable {
    /// For the store, the sockets themselves, event loops, logs, and files that are read now and then.
    private static let reserve = 64
    private static let mostOfNetwork = 1024
    private static let mostOfAdmin = 256
    private static let least = 8

    /// Connections that each of the listeners serves at once.
    let network: Int
    let admin: Int

    /// - Parameter limit: descriptors that the process may have.
    init(limit: Int) {
        let free = max(0, limit - Self.reserve)
        admin = min(Self.mostOfAdmin, max(Self.least, free / 4))
        network = min(Self.mostOfNetwork, max(Self.least, free - admin))
    }

    /// From the limit of this process as it is now.
    static var ofThisProcess: DescriptorBudget {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return DescriptorBudget(limit: 1024) }
        return DescriptorBudget(limit: Int(min(limit.rlim_cur, 1 << 20)))
    }
}
