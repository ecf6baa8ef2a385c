import Glibc
import Synchronization

/// Holds a thread up until it is opened.
final class Gate: @unchecked Sendable {
    private let entered = Atomic(false)
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    /// Says that somebody is here, and waits for ``open()``.
    func pass() {
        entered.store(true, ordering: .releasing)
        while sem_wait(semaphore) != 0 {}
    }

    var isEntered: Bool { entered.load(ordering: .acquiring) }

    func waitForEntry() async { while !isEntered { await Task.yield() } }

    func open() { sem_post(semaphore) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }
}
