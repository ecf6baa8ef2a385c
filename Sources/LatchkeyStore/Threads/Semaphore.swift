import Glibc

/// Lets one thread sleep until another has something for it.
///
/// Not `sem_t`: its timed wait goes by the wall clock, which may jump.
@safe package final class Semaphore: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var signals = 0

    package init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    package func signal() {
        unsafe pthread_mutex_lock(mutex)
        signals += 1
        // Inside the lock: once it is free the waiter may destroy this.
        unsafe pthread_cond_signal(condition)
        unsafe pthread_mutex_unlock(mutex)
    }

    package func wait() {
        unsafe pthread_mutex_lock(mutex)
        while signals == 0 { unsafe pthread_cond_wait(condition, mutex) }
        signals -= 1
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Waits no longer than `nanoseconds`.
    package func wait(nanoseconds: UInt64) {
        let deadline = MonotonicTime.now + nanoseconds
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        unsafe pthread_mutex_lock(mutex)
        while signals == 0, unsafe pthread_cond_timedwait(condition, mutex, &time) == 0 {}
        if signals > 0 { signals -= 1 }
        unsafe pthread_mutex_unlock(mutex)
    }
}
