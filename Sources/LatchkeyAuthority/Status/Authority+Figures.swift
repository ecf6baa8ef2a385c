package import LatchkeyStore

extension Authority {
    /// What the store counts of itself.
    package var storeStatistics: StoreStatistics { store.statistics }

    /// What the store has to grow into.
    package var storeRoom: StoreRoom { store.room }
}
