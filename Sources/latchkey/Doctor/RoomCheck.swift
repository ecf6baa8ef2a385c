import LatchkeyAuthority
import LatchkeyServer
import LatchkeyStore

/// Whether the store has room to grow.
struct RoomCheck {
    /// So many times what is kept for revocations and clean-up is little.
    private static let little: Int64 = 10

    private let install: ExaminedInstall

    init(_ install: ExaminedInstall) { self.install = install }

    /// Shows what takes the room.
    var look: String {
        let place = ShellWord.quoted(install.stateDirectory ?? ".")
        return "du -xh \"$(findmnt -no TARGET --target \(place))\" | sort -h | tail -n 20"
    }

    var finding: Finding {
        let check = "room"
        guard let (free, headroom) = room else { return .skipped(check, "what is free where the store is can't be told") }
        let words = "\(ExportProgress.size(free)) free where the store is"
        let kept = "\(ExportProgress.size(headroom)) are kept for revocations and clean-up"
        if free < headroom { return .failed(check, "\(words), and \(kept): nothing is minted", mend: look) }
        if free < headroom * Self.little { return .warning(check, "only \(words); \(kept)", mend: look) }
        return .ok(check, words)
    }

    /// Bytes: as the daemon counts them, else as this process sees them.
    private var room: (free: Int64, headroom: Int64)? {
        if let store = install.status?["store"], let headroom = store["headroomBytes"]?.integer {
            let inFile = store["largestBytes"]?.integer.flatMap { largest in store["usedBytes"]?.integer.map { largest - $0 } }
            guard let free = [store["freeBytes"]?.integer, inFile].compactMap(\.self).min() else { return nil }
            return (max(free, 0), headroom)
        }
        guard let directory = install.stateDirectory, let free = DiskRoom.free(at: StateDirectory(directory).store) else { return nil }
        return (Int64(clamping: free), Int64(Store.Options().headroomBytes))
    }
}
