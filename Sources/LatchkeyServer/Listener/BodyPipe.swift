import NIOCore
import Synchronization

/// A request body on its way from the event loop to the one who reads it, when it did not come together with its head.
final class BodyPipe: Sendable {
    /// Above this many unread bytes the connection is not read any further.
    static let highWater = 64 * 1024

    private struct State {
        var chunks = CircularBuffer<ByteBuffer>()
        var bytes = 0
        var end: Result<Void, any Error>?
        var waiter: CheckedContinuation<ByteBuffer?, any Error>?
    }

    private let state = Mutex(State())
    /// Called from any thread when the reader wants more than there is.
    private let wanted: @Sendable () -> Void

    init(wanted: @escaping @Sendable () -> Void) { self.wanted = wanted }

    /// Whether more could only pile up, or be dropped.
    var isFull: Bool {
        self.state.withLock { state in
            switch state.end {
            case nil: state.bytes >= Self.highWater
            case .success: false
            case .failure: true
            }
        }
    }

    func push(_ chunk: ByteBuffer) {
        let waiter = self.state.withLock { state -> CheckedContinuation<ByteBuffer?, any Error>? in
            guard state.end == nil else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            state.chunks.append(chunk)
            state.bytes += chunk.readableBytes
            return nil
        }
        waiter?.resume(returning: chunk)
    }

    func finish() { self.end(.success(())) }

    /// What has not been read is dropped; the reader gets `error` next.
    func fail(_ error: any Error) { self.end(.failure(error)) }

    private func end(_ end: Result<Void, any Error>) {
        let waiter = self.state.withLock { state -> CheckedContinuation<ByteBuffer?, any Error>? in
            guard state.end == nil else { return nil }
            state.end = end
            if case .failure = end {
                state.chunks.removeAll()
                state.bytes = 0
            }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(with: end.map { nil })
    }

    func next() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (answer, more) = self.state.withLock { state -> (Result<ByteBuffer?, any Error>?, Bool) in
                    if let chunk = state.chunks.popFirst() {
                        let wasFull = state.bytes >= Self.highWater
                        state.bytes -= chunk.readableBytes
                        return (.success(chunk), wasFull && state.bytes < Self.highWater)
                    }
                    if let end = state.end { return (end.map { nil }, false) }
                    state.waiter = continuation
                    return (nil, true)
                }
                if more { self.wanted() }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            self.fail(CancellationError())
        }
    }
}

/// The pipe's reading end, for one reader.
struct BodyStream: AsyncSequence, Sendable {
    let pipe: BodyPipe

    struct AsyncIterator: AsyncIteratorProtocol {
        let pipe: BodyPipe
        func next() async throws -> ByteBuffer? { try await self.pipe.next() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pipe: self.pipe) }
}
