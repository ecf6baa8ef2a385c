import Glibc
import Synchronization

/// A copy of the store as it was when the copy began, piece by piece. LMDB writes it into a pipe, on a thread of its own, as fast as the
/// pieces are taken; so it takes no memory and no room on a disk, whatever the size of the store.
///
/// While it lives its snapshot pins what is freed after it. Dropping it ends it.
package final class StoreCopy: Sendable {
    /// Bytes of a piece, at most.
    package static let pieceSize = 64 << 10

    private enum Request: Sendable {
        case piece(CheckedContinuation<[UInt8]?, any Error>)
        case end
    }

    private struct State {
        var requests: [Request] = []
        var isClosed = false
    }

    private final class Shared: Sendable {
        let state = Mutex(State())
        let bell = Semaphore()
        /// Why LMDB could not go on; set before its end of the pipe is closed.
        let failure = Mutex<StoreError?>(nil)
    }

    private let shared: Shared
    private let writing: PinnedThread
    private let reading: PinnedThread

    init(_ readers: ReaderPool) throws(StoreError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .failure(errno, "copy the store") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let (output, input) = (ends[0], ends[1])
        let shared = Shared()
        let writing: PinnedThread
        do throws(StoreError) {
            writing = try Self.start(readers, shared, into: input)
        } catch {
            Glibc.close(output)
            Glibc.close(input)
            throw error
        }
        do throws(StoreError) {
            reading = try PinnedThread { Self.serve(shared, output) }
        } catch {
            // Without a reader the copy ends by itself.
            Glibc.close(output)
            writing.join()
            throw error
        }
        self.shared = shared
        self.writing = writing
    }

    private static func start(_ readers: ReaderPool, _ shared: Shared, into input: Int32) throws(StoreError) -> PinnedThread {
        // The place in the pool keeps the environment open; the snapshot that is copied is LMDB's own.
        let (transaction, environment) = try readers.begin()
        do throws(StoreError) {
            return try PinnedThread {
                do throws(StoreError) {
                    try environment.copy(to: input)
                } catch {
                    shared.failure.withLock { $0 = error }
                }
                readers.end(transaction)
                Glibc.close(input)
            }
        } catch {
            readers.end(transaction)
            throw error
        }
    }

    deinit { close() }

    /// The next bytes, 64 KiB but for the last; `nil` at the end. One at a time.
    ///
    /// - Throws: `.unavailable` or `.corrupt` when the store can't be read to its end; `.closed` after ``close()``.
    package func next() async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { continuation in
            let isOpen = shared.state.withLock { state in
                if !state.isClosed { state.requests.append(.piece(continuation)) }
                return !state.isClosed
            }
            guard isOpen else { return continuation.resume(throwing: StoreError(.closed, "the copy of the store was given up")) }
            shared.bell.signal()
        }
    }

    /// Ends it, wherever it stands. Whoever does that may be in a hurry, an event loop even, so nobody waits here; LMDB lets go of the store a
    /// moment later, and closing the store waits for that. Safe to call again.
    package func close() {
        end()
        reading.letGo()
        writing.letGo()
    }

    private func end() {
        let isFirst = shared.state.withLock { state in
            defer { state.isClosed = true }
            if !state.isClosed { state.requests.append(.end) }
            return !state.isClosed
        }
        if isFirst { shared.bell.signal() }
    }

    private static func serve(_ shared: Shared, _ output: Int32) {
        defer { Glibc.close(output) }
        while true {
            shared.bell.wait()
            let request = shared.state.withLock { $0.requests.isEmpty ? nil : $0.requests.removeFirst() }
            switch request {
            case .piece(let continuation): continuation.resume(with: Result { try piece(shared, output) })
            case .end: return
            case nil: continue
            }
        }
    }

    private static func piece(_ shared: Shared, _ output: Int32) throws -> [UInt8]? {
        var piece = [UInt8](repeating: 0, count: pieceSize)
        var count = 0
        while count < pieceSize {
            let read = unsafe piece.withUnsafeMutableBytes { unsafe Glibc.read(output, $0.baseAddress! + count, pieceSize - count) }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw StoreError.failure(errno, "copy the store") }
            if read == 0 { break }
            count += read
        }
        if count < pieceSize, let failure = shared.failure.withLock({ $0 }) { throw failure }
        return count == 0 ? nil : Array(piece[..<count])
    }
}

extension Store {
    /// Begins a copy of all that is committed now.
    ///
    /// - Throws: `.closed` after ``close()``, `.unavailable` when the store can't be read.
    package func copy() throws(StoreError) -> StoreCopy { try StoreCopy(readers) }
}
