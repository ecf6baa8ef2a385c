import Glibc
import Synchronization

/// A thread of its own: LMDB wants a write transaction to stay on one, and a sync would block others' work.
package final class PinnedThread: Sendable {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private let thread: pthread_t
    private let isJoined = Mutex(false)

    package init(_ body: @escaping @Sendable () -> Void) throws(StoreError) {
        // Signals are for the threads that wait for them.
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        let work = unsafe Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { work in
                unsafe Unmanaged<Work>.fromOpaque(work!).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            unsafe work.release()
            throw .failure(code, "start the store's writer")
        }
        self.thread = thread
    }

    var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }

    /// Lets it end by itself: nobody waits for it any more.
    func letGo() {
        isJoined.withLock { joined in
            if !joined { pthread_detach(thread) }
            joined = true
        }
    }

    /// Waits for the thread's end. On the thread itself, where the last reference to a store may be dropped, it only lets go.
    package func join() {
        isJoined.withLock { joined in
            if isCurrent {
                if !joined { pthread_detach(thread) }
                joined = true
                return
            }
            // Others who close wait here until it's over.
            if !joined { pthread_join(thread, nil) }
            joined = true
        }
    }
}
