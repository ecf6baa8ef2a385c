import LatchkeyCrypto
import Synchronization

/// Names a request that came without a usable `x-request-id`. At random: a number that counts would tell each caller how busy the others
/// are.
final class RequestIds: Sendable {
    private let run: String
    private let counter = Atomic<UInt64>(0)

    init() throws { run = Base64URL.encode(try Random.bytes(6)) }

    /// 1 to 128 visible ASCII characters are taken as they are.
    func id(given: String?) -> String {
        if let given, (1...128).contains(given.utf8.count), given.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) { return given }
        // A request is answered also where there is no randomness to be had.
        guard let random = try? Random.bytes(12) else { return "\(run)-\(counter.add(1, ordering: .relaxed).newValue)" }
        return Base64URL.encode(random)
    }
}
