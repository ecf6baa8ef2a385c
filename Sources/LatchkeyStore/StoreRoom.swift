/// What a store has to grow into.
package struct StoreRoom: Sendable, Equatable {
    /// The directory that it lives in.
    package let directory: String
    /// Bytes of its file up to the last page that was ever used.
    package let used: Int
    /// The largest size that the file can have, in bytes.
    package let largest: Int
    /// Free bytes on its file system; `nil` when that can't be told.
    package let free: UInt64?
    /// Bytes that are kept for revocations and clean-up: with less, nothing that grows is written.
    package let headroom: Int
}

extension Store {
    package var room: StoreRoom {
        let statistics = statistics
        return StoreRoom(
            directory: writer.directory, used: statistics.mapUsed, largest: statistics.mapSize, free: DiskRoom.free(at: writer.directory),
            headroom: writer.headroomBytes)
    }
}
