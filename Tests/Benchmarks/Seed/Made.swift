import Synchronization

/// The ids of what has been made so far.
final class Made: Sendable {
    private let ids = Mutex<[String]>([])

    func add(_ id: String) { ids.withLock { $0.append(id) } }

    var all: [String] { ids.withLock { $0 } }
}
