import FoundationEssentials
import Glibc
import LatchkeyStore
package import LatchkeyVerifier

/// The state directory in which one store takes the place of another.
///
/// The new store is made beside the old one, under a name that nobody opens, and the two change places in one step of the file system. So at
/// every moment the place of the store holds a whole one: the old until that step, the new from then on. Names tell what a killed run left:
///
/// - `store.restoring-TIME`: a new store that is not finished. Removed by the next run.
/// - `store.restored-TIME`, with a file `restore-TIME` in it: a finished new store that was not put in place. Removed by the next run.
/// - `store.restored-TIME` without that file: the old store, already out of its place. The next run gives it its last name.
/// - `store.replaced-TIME`: the old store, kept for the operator.
/// - `store.new-TIME`: a finished new store that could not be put in place, for the operator to do it. No run touches it.
package final class RestoreSite: Sendable {
    package let directory: String
    /// When it began, in the names.
    private let stamp: String
    private let lock: StateDirectoryLock
    /// Told between the steps: what is on disk then is what a kill would leave.
    private let afterStep: @Sendable (String) -> Void
    private let mover: Mover
    /// Whether the directory was made for this: one that root has made is of no use to a daemon with a user of its own.
    package let isMade: Bool

    /// Gives a directory another name, in one step: with both names there the two change places; else the second must be free. `false` with `errno`.
    package typealias Mover = @Sendable (_ from: String, _ to: String, _ exchanging: Bool) -> Bool

    /// The directory that the store is in: the state directory, or where a link in it leads to.
    package let place: String
    private let name: String
    /// Whether there was a store to be replaced, or what was one, when the directory was taken.
    package let hasStore: Bool

    package var store: String { "\(place)/\(name)" }
    /// Where the new store is made.
    package var unfinished: String { "\(place)/\(name)\(Self.unfinishedMark)\(stamp)" }
    private var finished: String { "\(place)/\(name)\(Self.finishedMark)\(stamp)" }
    /// Where the old store is kept.
    package var replaced: String { "\(place)/\(name)\(Self.replacedMark)\(stamp)" }

    private static let unfinishedMark = ".restoring-"
    private static let finishedMark = ".restored-"
    private static let replacedMark = ".replaced-"
    private static let markerPrefix = "restore-"
    private static let waitingMark = ".new-"

    /// Takes the directory for one restore, makes it where there is none, and puts right what a killed one left.
    ///
    /// - Throws: `.unavailable` when it can't be used, or another restore is at it.
    package static func take(
        _ directory: String, at now: Timestamp = SystemClock().now(), moving mover: @escaping Mover = RestoreSite.move,
        afterStep: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(BackupError) -> RestoreSite {
        let isMade = mkdir(directory, 0o700) == 0
        guard isMade || errno == EEXIST else { throw BackupError.system("\(directory) can't be made") }
        guard let lock = try StateDirectoryLock(directory, isShared: false) else {
            throw BackupError(.unavailable, "another restore is at work in \(directory), or a daemon is starting there; wait for its end")
        }
        let store = try resolved(directory + "/store")
        let site = RestoreSite(directory, store, stamp: freeStamp(now, store: store), lock, isMade: isMade, mover, afterStep)
        try site.recover()
        return site
    }

    /// Where a link to a larger disk leads: there the two stores change places, and the link stays.
    private static func resolved(_ store: String) throws(BackupError) -> String {
        guard isLink(store) else { return store }
        guard let real = realpath(store, nil) else {
            throw BackupError.system("\(store) is a link to a place that is not there")
        }
        defer { free(real) }
        return String(cString: real)
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// The time, and a number behind it where an earlier restore has the name.
    private static func freeStamp(_ now: Timestamp, store: String) -> String {
        let stamp = BackupName.stamp(now)
        let isTaken = { (stamp: String) in
            [unfinishedMark, finishedMark, replacedMark, waitingMark].contains { isThere("\(store)\($0)\(stamp)") }
        }
        var number = 1
        while isTaken(number == 1 ? stamp : "\(stamp)-\(number)") { number += 1 }
        return number == 1 ? stamp : "\(stamp)-\(number)"
    }

    private init(
        _ directory: String, _ store: String, stamp: String, _ lock: StateDirectoryLock, isMade: Bool, _ mover: @escaping Mover,
        _ afterStep: @escaping @Sendable (String) -> Void
    ) {
        self.directory = directory
        let slash = store.lastIndex(of: "/") ?? store.startIndex
        place = String(store[..<slash])
        name = String(store[store.index(after: slash)...])
        hasStore = Self.isThere(store)
        self.stamp = stamp
        self.lock = lock
        self.isMade = isMade
        self.mover = mover
        self.afterStep = afterStep
    }

    /// Whether something is in it that could be read.
    package var holdsData: Bool { Self.isThere(store + "/data.mdb") }

    /// What an unfinished new store consists of, in the order in which it can be removed, for a process that is ended.
    package var unfinishedNames: [String] {
        ["\(unfinished)/\(Self.markerPrefix)\(stamp)"] + StoreFiles.paths(in: unfinished)
    }

    /// Makes the directory in which the new store is made; a second time it is emptied first.
    package func begin() throws(BackupError) {
        try? FileManager.default.removeItem(atPath: unfinished)
        guard mkdir(unfinished, 0o700) == 0 else { throw BackupError.system("\(unfinished) can't be made") }
        afterStep("begun")
    }

    /// Removes what was begun.
    package func abandon() { try? FileManager.default.removeItem(atPath: unfinished) }

    /// Puts the new store in the old one's place, and the old one aside. The caller holds the old one's lock.
    ///
    /// - Returns: where the old store is kept now; `nil` when there was none.
    /// - Throws: `.unavailable`; then the old store is in its place, unless the message says otherwise.
    package func exchange() throws(BackupError) -> String? {
        unlink(unfinished + "/lock.mdb")
        let marker = "/\(Self.markerPrefix)\(stamp)"
        let file = open(unfinished + marker, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw BackupError.system("\(unfinished) can't be written") }
        close(file)
        try sync(unfinished)
        guard Glibc.rename(unfinished, finished) == 0 else { throw BackupError.system("the new store can't be given its name") }
        try sync(place)
        afterStep("finished")
        // As it was found: a store that somebody has made since is not exchanged, whoever holds it.
        let hadStore = hasStore
        guard mover(finished, store, hadStore) else { throw try leave(marker, hadStore, String(cString: strerror(errno))) }
        try sync(place)
        afterStep("exchanged")
        if hadStore {
            guard Glibc.rename(finished, replaced) == 0 else {
                throw BackupError.system("the store is restored; the replaced one is kept as \(finished) and can't be given its name")
            }
            try sync(place)
        }
        afterStep("put aside")
        unlink(store + marker)
        try sync(store)
        afterStep("done")
        return hadStore ? replaced : nil
    }

    /// Leaves the finished new store to the operator, under a name that no other run takes away.
    private func leave(_ marker: String, _ hadStore: Bool, _ reason: String) throws(BackupError) -> BackupError {
        let waiting = "\(place)/\(name)\(Self.waitingMark)\(stamp)"
        guard Glibc.rename(finished, waiting) == 0 else { return BackupError.system("the new store can't be given its name") }
        unlink(waiting + marker)
        try sync(place)
        guard hadStore || !Self.isThere(store) else {
            return BackupError(
                .refused,
                "a store was made in \(store) while this one was being restored: whoever did that has to stop first. Nothing was changed; the restored one "
                    + "is kept as \(waiting), and can be removed")
        }
        let (there, new) = (ShellWord.quoted(store), ShellWord.quoted(waiting))
        let aside = hadStore ? "mv \(there) \(ShellWord.quoted(replaced)) && " : ""
        return BackupError(
            .unavailable,
            "the new store is whole, in \(waiting), and can't be put in its place in one step here: \(reason). With the daemon stopped, do it by hand: "
                + "\(aside)mv \(new) \(there)")
    }

    private func recover() throws(BackupError) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? [] {
            let path = "\(place)/\(name)"
            if name.hasPrefix(self.name + Self.unfinishedMark) { try? FileManager.default.removeItem(atPath: path) }
            guard name.hasPrefix(self.name + Self.finishedMark) else { continue }
            let stamp = name.dropFirst(self.name.count + Self.finishedMark.count)
            if Self.isThere("\(path)/\(Self.markerPrefix)\(stamp)") {
                try? FileManager.default.removeItem(atPath: path)
            } else {
                guard Glibc.rename(path, "\(store)\(Self.replacedMark)\(stamp)") == 0 else {
                    throw BackupError.system("\(path), a replaced store, can't be given its name")
                }
                unlink("\(store)/\(Self.markerPrefix)\(stamp)")
            }
        }
        try sync(place)
    }

    private static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// `renameat2` of Linux, which Swift does not import. To take a free name a plain `rename` will do where the file system knows no other.
    package static func move(_ from: String, _ to: String, exchanging: Bool) -> Bool {
        typealias Call = @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) -> CInt
        guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "renameat2") else {
            errno = ENOSYS
            return false
        }
        let (noReplace, exchange): (CUnsignedInt, CUnsignedInt) = (1, 2)  // RENAME_NOREPLACE, RENAME_EXCHANGE of <linux/fs.h>
        if unsafeBitCast(symbol, to: Call.self)(AT_FDCWD, from, AT_FDCWD, to, exchanging ? exchange : noReplace) == 0 { return true }
        return !exchanging && errno == EINVAL && !isThere(to) && Glibc.rename(from, to) == 0
    }

    private func sync(_ path: String) throws(BackupError) {
        let number = DurableNames.keep(in: path)
        guard number == 0 || number == EINVAL else { throw BackupError.system("\(path) can't be made durable", number) }
    }
}
