import Glibc
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyServer
import LatchkeyStore
import LatchkeyVerifier

/// The steps of a restore, in their order. Whatever is not finished when it ends is removed, here or by the next one.
struct Restoration {
    /// What it goes on without, on the operator's word.
    struct Words {
        /// The master key: the keys are not tried.
        var withoutKeys = false
        /// What died since the backup, where the store that is there can't be read.
        var withoutMerge = false
        /// That the store that is there is the same install's.
        var otherInstall = false
    }

    /// What the drill showed.
    struct Proven {
        let drill: DrillResult
        /// To be written where the daemon looks, when none is there.
        let masterKeyToPlace: Secret?
    }

    struct Ending {
        let replaced: String?
        let placedMasterKey: String?
        /// Of root, where the state directory was made for this: the daemon may have a user of its own.
        let rootsDirectory: String?
    }

    private let site: RestoreSite
    /// Keeps the daemon out.
    private let lock: StoreLock?
    /// The master key that the daemon will have, and where it looks for one.
    private let masterKey: FoundMasterKey?
    private let masterKeyPlace: MasterKeyPlace
    private let words: Words
    private let child: StoreChild

    var hasStore: Bool { site.hasStore }
    var store: String { site.store }

    /// - Parameter child: opens the stores.
    /// - Throws: when the state directory can't be used, or a daemon or another restore is at it.
    init(
        directory: String, masterKey: FoundMasterKey?, at place: MasterKeyPlace, _ words: Words, child: StoreChild = StoreChild()
    ) throws {
        site = try RestoreSite.take(directory)
        Leftover.expect(all: site.unfinishedNames)
        do throws(ConfigurationError) {
            try StateDirectory(directory).check(owner: geteuid())
        } catch {
            // What the daemon would refuse is of no use to it.
            throw CommandFailure(.failed, error.message)
        }
        do throws(StoreError) {
            lock = site.hasStore ? try StoreLock(directory: site.store) : nil
        } catch {
            guard error.code == .locked else { throw error }
            throw CommandFailure(
                .failed, "the daemon has the store in \(site.store) open", hint: "stop it first, as with: \(Packaged.stop)")
        }
        self.masterKey = masterKey
        masterKeyPlace = place
        self.words = words
        self.child = child
    }

    /// - Throws: `.failed` for a backup that the drill does not pass; what is wrong with its audit log alone is told, and stops nobody.
    func prove(_ backup: borrowing BackupFile, _ passphrase: Secret?) async throws -> Proven {
        let place = try WorkingDirectory.make(in: site.place)
        let drill = RestoreDrill(place: place, masterKeyFile: nil, withoutKeys: words.withoutKeys, child: child)
        // The key that the daemon will have is the one that counts; the one in the backup only where there is none.
        let result = try await drill.run(backup, passphrase, preferring: masterKey, fallback: { nil })
        if !result.isPassed { for line in result.lines { Output.note(line) } }
        guard result.isUsable else {
            throw CommandFailure(
                .failed, "the backup did not pass the restore drill; nothing was changed",
                hint: masterKey != nil && result.content.masterKey != nil && result.report?.keyProblem != nil
                    ? "another master key lies at \(masterKey?.source ?? masterKeyPlace.path), and the backup holds its own: move that file away first"
                    : nil)
        }
        // A key that was not tried is placed nowhere.
        let isPlaced = masterKey == nil && !words.withoutKeys
        return Proven(drill: result, masterKeyToPlace: isPlaced ? result.content.masterKey : nil)
    }

    /// Makes the new store beside the old one. Where the old one can't be read, all is begun anew without it, on the operator's word alone.
    ///
    /// - Throws: `.refused` without that word, and `.failed` for an end that says nothing of the old store: then it may be whole.
    func merge(_ backup: borrowing BackupFile, _ passphrase: Secret?, _ proven: Proven) throws -> RestoreReport {
        if let unread {
            guard words.withoutMerge else { throw BackupError.unmerged(unread) }
            return try begin(backup, passphrase, proven, replaced: nil, notMerged: unread)
        }
        do {
            return try begin(backup, passphrase, proven, replaced: site.holdsData ? site.store : nil, notMerged: nil)
        } catch let fallen as StoreChild.Fallen {
            guard site.holdsData else { throw CommandFailure(.failed, "the restored store can't be read: \(fallen.sentence)") }
            let why = "the replaced store can't be read: \(fallen.sentence)"
            guard fallen.isDamage else {
                throw CommandFailure(
                    .failed, "\(why); nothing was changed",
                    hint: "try again; when it stays so, move \(ShellWord.quoted(site.store)) away: then nothing that died since is known")
            }
            guard words.withoutMerge else { throw BackupError.unmerged(why) }
            do {
                return try begin(backup, passphrase, proven, replaced: nil, notMerged: why)
            } catch let fallen as StoreChild.Fallen {
                throw CommandFailure(.failed, "the restored store can't be read: \(fallen.sentence); nothing was changed")
            }
        }
    }

    private var unread: String? { site.hasStore && !site.holdsData ? "the replaced store has no data file" : nil }

    private func begin(
        _ backup: borrowing BackupFile, _ passphrase: Secret?, _ proven: Proven, replaced: String?, notMerged: String?
    ) throws -> RestoreReport {
        try site.begin()
        let content = try backup.extract(into: site.unfinished, passphrase: passphrase)
        guard content.checksum == proven.drill.content.checksum else {
            throw CommandFailure(.failed, "\(backup.path) was changed while it was being restored; nothing was changed here")
        }
        var arguments = ["merge", site.unfinished, "--made-at", content.header.madeAt.description]
        if let replaced { arguments += ["--replaced", replaced] }
        if let notMerged { arguments += ["--not-merged", notMerged] }
        if site.hasStore { arguments += ["--kept-as", String(site.replaced.split(separator: "/").last ?? "")] }
        if words.otherInstall { arguments.append("--other-install") }
        if words.withoutMerge { arguments.append("--without-merge") }
        let place = try WorkingDirectory.make(in: site.place)
        return try child.run(
            RestoreReport.self, arguments, masterKey: nil, report: place.path + "/report.json", storeBytes: content.storeBytes)
    }

    /// Removes what is unfinished; after the last step there is nothing of it.
    func abandon() { site.abandon() }

    /// The last step. The master key first: without it the new store would be of no use.
    func exchange(_ proven: Proven) throws -> Ending {
        var placed: String?
        if let key = proven.masterKeyToPlace {
            do {
                try MasterKey.put(key, at: masterKeyPlace.path)
            } catch {
                let why = if case .unusable(let why) = error { why } else { "can't be written" }
                throw CommandFailure(.failed, "the master key \(masterKeyPlace.path) \(why); nothing was changed")
            }
            placed = masterKeyPlace.path
        }
        do {
            return Ending(
                replaced: try site.exchange(), placedMasterKey: placed,
                rootsDirectory: site.isMade && geteuid() == 0 ? site.directory : nil)
        } catch {
            // A refusal has changed nothing, and leaves no key behind. Else the new store is there, and needs it.
            if error.code == .refused, let placed { unlink(placed) }
            throw error
        }
    }
}
