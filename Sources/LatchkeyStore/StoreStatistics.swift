/// Counted since the store was opened.
package struct StoreStatistics: Sendable, Equatable {
    /// Bytes of the file up to the last page that was ever used.
    package var mapUsed = 0
    /// The largest size that the file can have, in bytes.
    package var mapSize = 0
    /// Transactions that were made durable.
    package var batches = 0
    /// Closures whose changes they held.
    package var closures = 0
    /// Batches that were given up and run again closure by closure.
    package var replays = 0
    /// Closures that wait for the writer now; those it has taken are not among them.
    package var waiting = 0
}
