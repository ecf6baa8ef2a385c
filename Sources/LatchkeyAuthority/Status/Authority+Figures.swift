package import LatchkeyStore

extension Authority {
    /// What the store counts of itself.
    package var storeStatistics: StoreStatistics { store.statistics }
}
