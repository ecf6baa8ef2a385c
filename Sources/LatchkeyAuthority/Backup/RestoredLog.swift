import LatchkeyVerifier

/// What has become of the audit log in a restore.
struct RestoredLog {
    /// Whether the backup's tree was so damaged that it was made anew.
    let isBegunAnew: Bool
    /// Leaves without an entry, of which nothing tells yet.
    var untold = LeafRanges()
}
