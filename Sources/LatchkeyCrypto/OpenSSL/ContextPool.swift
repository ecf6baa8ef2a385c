import Synchronization

/// Idle contexts of one key, for callers on any thread.
///
/// Preparing a context costs several look-ups under process-wide locks; taking an idle one costs two short locks of this
/// pool alone. It grows to as many as were in use at once and keeps at most `greatestIdleCount`.
final class ContextPool: Sendable {
    private static let greatestIdleCount = 64

    private let key: PKey
    private let purpose: SignatureContext.Purpose
    private let idle = Mutex<[SignatureContext]>([])

    init(key: PKey, purpose: SignatureContext.Purpose) {
        self.key = key
        self.purpose = purpose
    }

    func withContext<R>(_ body: (SignatureContext) throws(CryptoError) -> R) throws(CryptoError) -> R {
        let context: SignatureContext
        if let waiting = idle.withLock({ $0.popLast() }) {
            context = waiting
        } else {
            context = try SignatureContext(copying: key, for: purpose)
        }
        defer {
            idle.withLock { idle in
                if idle.count < Self.greatestIdleCount { idle.append(context) }
            }
        }
        return try body(context)
    }
}
