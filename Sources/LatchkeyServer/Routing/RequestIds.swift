import LatchkeyCrypto
import Synchronization

/// Names a request that came without a usable `x-request-id`: unique, and told apart from those of another run. Not a secret, so no
/// randomness is spent on each.
final class RequestIds: Sendable {
    private let run: String
    private let counter = Atomic<UInt64>(0)

    init() throws { run = Base64URL.encode(try Random.bytes(6)) }

    /// 1 to 128 visible ASCII characters are taken as they are.
    func id(given: String?) -> String {
        if let given, (1...128).contains(given.utf8.count), given.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) { return given }
        return "\(run)-\(counter.add(1, ordering: .relaxed).newValue)"
    }
}
