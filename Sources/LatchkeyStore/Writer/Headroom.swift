import Glibc

/// Looks after the last bit of room: growth stops while there is still enough for revocations and clean-up.
struct Headroom {
    private let directory: String
    private let options: Store.Options
    private var lastGood: UInt64?
    /// What the last look found.
    private(set) var isShort = false

    init(directory: String, options: Store.Options) {
        self.directory = directory
        self.options = options
    }

    /// Why there is too little room for growth, or `nil`. A good answer is believed for a while, a bad one never.
    mutating func shortage(in environment: Environment) -> StoreError? {
        let now = MonotonicTime.now
        if let lastGood, now - lastGood < options.headroomInterval.nanoseconds { return nil }
        let shortage = diskShortage() ?? mapShortage(in: environment)
        isShort = shortage != nil
        lastGood = isShort ? nil : now
        return shortage
    }

    private func diskShortage() -> StoreError? {
        // When the question itself fails, the write will tell.
        guard let free = DiskRoom.free(at: directory), free < UInt64(options.headroomBytes) else { return nil }
        return StoreError(
            .unavailable,
            "only \(free) bytes are free where the store is, and the last \(options.headroomBytes) are kept for revocations and clean-up. "
                + "Make room on the file system.", cause: ENOSPC)
    }

    private func mapShortage(in environment: Environment) -> StoreError? {
        let (used, page) = environment.extent
        let fresh = options.mapSize - used
        guard fresh < options.headroomBytes else { return nil }
        let free = fresh + environment.freePages * page
        guard free < options.headroomBytes else { return nil }
        return StoreError(
            .unavailable,
            "the store has \(free) bytes left of its largest size, \(options.mapSize), and the last \(options.headroomBytes) are kept "
                + "for revocations and clean-up. Remove what isn't needed or raise the size limit.")
    }
}

extension Duration {
    /// Never negative, and at most what 64 bits hold.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, tooMuch) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        return tooMuch || overflow ? .max / 2 : min(sum, .max / 2)
    }
}
