extension Store {
    package struct Options: Sendable {
        /// The largest size of the file, in bytes: address space, the file itself grows as used.
        package var mapSize = 64 << 30
        /// Free bytes, on the file system and in the map, below which `.growth` is refused. 0 turns that off.
        package var headroomBytes = 16 << 20
        /// How long a good answer about the free space is believed.
        package var headroomInterval: Duration = .seconds(1)
        /// How often the writer tries by itself whether writing works again, while it doesn't.
        package var probeInterval: Duration = .seconds(5)
        /// How often the writer looks by itself whether there is room, while nobody writes.
        package var lookInterval: Duration = .seconds(2)
        /// The most closures in one transaction.
        package var maxBatch = 256
        /// The most read transactions at the same time.
        package var maxReaders: UInt32 = 1022
        /// Seconds since 1970, for the note of when the store was made.
        package var now: @Sendable () -> Int64 = { WallClock.now }
        /// Called on the writer's thread with the changes of each batch, in their order, after it became durable and before
        /// the closures' results are handed out. Without it changes aren't collected.
        package var onCommit: (@Sendable ([Change]) -> Void)?
        /// Called on the writer's thread after each transaction became durable, with the closures whose changes it held and the nanoseconds
        /// from its begin.
        package var onDurable: (@Sendable (_ closures: Int, _ nanoseconds: UInt64) -> Void)?

        package init() {}
    }
}
