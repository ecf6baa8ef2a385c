/// A snapshot of the store, valid during the closure of ``Store/read(_:)``. While it lives, pages that were freed after it
/// can't be used again: keep it short.
package struct ReadTransaction: ~Copyable, StoreReads {
    package let view: TransactionView

    init(_ view: TransactionView) { self.view = view }
}
