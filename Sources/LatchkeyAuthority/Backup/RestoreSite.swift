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
package final class RestoreSite: Sendable {
    package let directory: String
    /// When it began, in the names.
    private let stamp: String
    private let lock: Int32
    /// Told between the steps: what is on disk then is what a kill would leave.
    private let afterStep: @Sendable (String) -> Void

    package var store: String { directory + "/store" }
    package var masterKey: String { directory + "/master.key" }
    /// Where the new store is made.
    package var unfinished: String { "\(directory)/\(Self.unfinishedPrefix)\(stamp)" }
    private var finished: String { "\(directory)/\(Self.finishedPrefix)\(stamp)" }
    /// Where the old store is kept.
    package var replaced: String { "\(directory)/\(Self.replacedPrefix)\(stamp)" }

    private static let unfinishedPrefix = "store.restoring-"
    private static let finishedPrefix = "store.restored-"
    private static let replacedPrefix = "store.replaced-"
    private static let markerPrefix = "restore-"

    /// Takes the directory for one restore, makes it where there is none, and puts right what a killed one left.
    ///
    /// - Throws: `.unavailable` when it can't be used, or another restore is at it.
    package static func take(
        _ directory: String, at now: Timestamp = SystemClock().now(), afterStep: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(BackupError) -> RestoreSite {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw failure("\(directory) can't be made") }
        let lock = open(directory + "/restore.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw failure("\(directory) can't be written") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw BackupError(.unavailable, "another restore is at work in \(directory); wait for its end")
        }
        let site = RestoreSite(directory, stamp: freeStamp(now, in: directory), lock, afterStep)
        try site.recover()
        return site
    }

    /// The time, and a number behind it where an earlier restore has the name.
    private static func freeStamp(_ now: Timestamp, in directory: String) -> String {
        let stamp = BackupName.stamp(now)
        let isTaken = { (stamp: String) in
            [unfinishedPrefix, finishedPrefix, replacedPrefix].contains { isThere("\(directory)/\($0)\(stamp)") }
        }
        var number = 1
        while isTaken(number == 1 ? stamp : "\(stamp)-\(number)") { number += 1 }
        return number == 1 ? stamp : "\(stamp)-\(number)"
    }

    private init(_ directory: String, stamp: String, _ lock: Int32, _ afterStep: @escaping @Sendable (String) -> Void) {
        self.directory = directory
        self.stamp = stamp
        self.lock = lock
        self.afterStep = afterStep
    }

    deinit { close(lock) }

    /// Whether there is a store to be replaced, or what was one.
    package var hasStore: Bool { Self.isThere(store) }

    /// Whether something is in it that could be read.
    package var holdsData: Bool { Self.isThere(store + "/data.mdb") }

    /// Makes the directory in which the new store is made; a second time it is emptied first.
    package func begin() throws(BackupError) {
        try? FileManager.default.removeItem(atPath: unfinished)
        guard mkdir(unfinished, 0o700) == 0 else { throw Self.failure("\(unfinished) can't be made") }
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
        guard file >= 0 else { throw Self.failure("\(unfinished) can't be written") }
        close(file)
        try sync(unfinished)
        guard Glibc.rename(unfinished, finished) == 0 else { throw Self.failure("the new store can't be given its name") }
        try sync(directory)
        afterStep("finished")
        let hadStore = hasStore
        guard Self.move(finished, store, exchanging: hadStore) else {
            throw BackupError(
                .unavailable,
                "the new store is whole, in \(finished), and can't be put in its place in one step here: \(String(cString: strerror(errno))). With the "
                    + "daemon stopped, do it by hand: mv \(store) \(replaced) && mv \(finished) \(store)")
        }
        try sync(directory)
        afterStep("exchanged")
        if hadStore {
            guard Glibc.rename(finished, replaced) == 0 else {
                throw Self.failure("the store is restored; the replaced one is kept as \(finished) and can't be given its name")
            }
            try sync(directory)
        }
        afterStep("put aside")
        unlink(store + marker)
        try sync(store)
        afterStep("done")
        return hadStore ? replaced : nil
    }

    private func recover() throws(BackupError) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            let path = "\(directory)/\(name)"
            if name.hasPrefix(Self.unfinishedPrefix) { try? FileManager.default.removeItem(atPath: path) }
            guard name.hasPrefix(Self.finishedPrefix) else { continue }
            let stamp = name.dropFirst(Self.finishedPrefix.count)
            if Self.isThere("\(path)/\(Self.markerPrefix)\(stamp)") {
                try? FileManager.default.removeItem(atPath: path)
            } else {
                guard Glibc.rename(path, "\(directory)/\(Self.replacedPrefix)\(stamp)") == 0 else {
                    throw Self.failure("\(path), a replaced store, can't be given its name")
                }
                unlink("\(store)/\(Self.markerPrefix)\(stamp)")
            }
        }
        try sync(directory)
    }

    private static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// `renameat2` of Linux, which Swift does not import: with both names there the two change places; else the second must be free.
    private static func move(_ from: String, _ to: String, exchanging: Bool) -> Bool {
        typealias Call = @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) -> CInt
        guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "renameat2") else {
            errno = ENOSYS
            return false
        }
        let (noReplace, exchange): (CUnsignedInt, CUnsignedInt) = (1, 2)  // RENAME_NOREPLACE, RENAME_EXCHANGE of <linux/fs.h>
        return unsafeBitCast(symbol, to: Call.self)(AT_FDCWD, from, AT_FDCWD, to, exchanging ? exchange : noReplace) == 0
    }

    private func sync(_ path: String) throws(BackupError) {
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure("\(path) can't be opened") }
        defer { close(file) }
        guard fsync(file) == 0 || errno == EINVAL else { throw Self.failure("\(path) can't be made durable") }
    }

    private static func failure(_ what: String) -> BackupError {
        BackupError(.unavailable, "\(what): \(String(cString: strerror(errno)))")
    }
}
