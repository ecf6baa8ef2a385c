/// Why something is written: decides who must stop first when room runs out.
package enum WritePurpose: Sendable {
    /// Makes the store larger (a new key, a new token): refused while there is less room than the headroom.
    case growth
    /// Must go on to the very end: revocations, deletes, clean-up.
    case essential
}

/// A closure that waits for the writer, with the type of its result hidden.
protocol WriteJob: AnyObject {
    var purpose: WritePurpose { get }

    /// Runs the closure and keeps its result. May be called again, when the transaction of the first time was given up.
    /// - Returns: what it threw.
    func run(_ transaction: borrowing WriteTransaction) -> (any Error)?

    /// Hands the kept result, or `failure` instead of it, to who waits. Called once.
    func finish(_ failure: (any Error)?)
}

final class WriteClosure<Success>: WriteJob {
    let purpose: WritePurpose
    private let body: (borrowing WriteTransaction) throws -> Success
    private let deliver: (Result<Success, any Error>) -> Void
    private var result: Result<Success, any Error>?

    init(
        _ purpose: WritePurpose, _ body: @escaping (borrowing WriteTransaction) throws -> Success,
        deliver: @escaping (Result<Success, any Error>) -> Void
    ) {
        self.purpose = purpose
        self.body = body
        self.deliver = deliver
    }

    func run(_ transaction: borrowing WriteTransaction) -> (any Error)? {
        do {
            result = .success(try body(transaction))
            return nil
        } catch {
            result = .failure(error)
            return error
        }
    }

    func finish(_ failure: (any Error)?) {
        if let failure {
            deliver(.failure(failure))
        } else if let result {
            deliver(result)
        } else {
            deliver(.failure(StoreError(.closed, "the store was closed before the write was tried")))
        }
    }
}
