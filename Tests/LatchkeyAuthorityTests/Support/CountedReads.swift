@testable import LatchkeyAuthority
import LatchkeyStore

/// A snapshot that counts how often it is looked into: a row that is asked for, or a scan that is begun, is one look.
struct CountedReads: ~Copyable, StoreReads {
    final class Counter {
        fileprivate var views = 0
    }

    private let inner: TransactionView
    private let counter: Counter

    init(_ inner: TransactionView, _ counter: Counter) {
        self.inner = inner
        self.counter = counter
    }

    var view: TransactionView {
        counter.views += 1
        return inner
    }

    /// A look asks for the view twice: for the table, and for what is in it.
    static func looks(_ counter: Counter) -> Int { counter.views / 2 }
}

extension Install {
    /// Reads, and says with how many looks.
    func counted<Result>(_ body: (borrowing CountedReads) throws -> Result) throws -> (result: Result, looks: Int) {
        let counter = CountedReads.Counter()
        let result = try store.read { try body(CountedReads($0.view, counter)) }
        return (result, CountedReads.looks(counter))
    }
}
