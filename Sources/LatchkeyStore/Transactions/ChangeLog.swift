/// One change of a committed batch: `value` is what is now under `key`, or `nil` when it was deleted.
package struct Change: Sendable, Equatable {
    package let table: String
    package let key: [UInt8]
    package let value: [UInt8]?

    package init(table: String, key: [UInt8], value: [UInt8]?) {
        self.table = table
        self.key = key
        self.value = value
    }
}

/// What the closures of one write transaction did. Lives on the writer's thread.
final class ChangeLog {
    /// How many puts and deletes changed something.
    private(set) var count = 0
    /// The first failure of LMDB; the transaction can't be used any more.
    private(set) var failure: StoreError?
    private(set) var changes: [Change] = []
    private let collects: Bool

    init(collects: Bool) { self.collects = collects }

    func note(_ error: StoreError) { failure = failure ?? error }

    /// Counts a write that changed nothing anyone should hear of.
    func touch() { count += 1 }

    func add(_ table: String, _ key: [UInt8], _ value: [UInt8]?) {
        count += 1
        if collects { changes.append(Change(table: table, key: key, value: value)) }
    }
}
