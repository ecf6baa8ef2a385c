import Glibc
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

/// The steps of a restore, in their order. Whatever is not finished when it ends is removed, here or by the next one.
struct Restoration {
    /// What the drill showed.
    struct Proven {
        let drill: DrillResult
        /// To be written where the daemon looks, when none is there.
        let masterKeyToPlace: Secret?
    }

    struct Ending {
        let replaced: String?
        let placedMasterKey: String?
    }

    private let site: RestoreSite
    /// Keeps the daemon out.
    private let lock: StoreLock?
    private let masterKey: FoundMasterKey?
    private let withoutKeys: Bool
    private let otherInstall: Bool

    var hasStore: Bool { site.hasStore }
    var store: String { site.store }

    init(directory: String, masterKey: FoundMasterKey?, withoutKeys: Bool, otherInstall: Bool) throws {
        site = try RestoreSite.take(directory)
        do throws(StoreError) {
            lock = site.hasStore ? try StoreLock(directory: site.store) : nil
        } catch {
            guard error.code == .locked else { throw error }
            throw CommandFailure(
                .failed, "the daemon has the store in \(site.store) open",
                hint: "stop it first, and what starts it, as with: \(Packaged.stop)")
        }
        self.masterKey = masterKey
        self.withoutKeys = withoutKeys
        self.otherInstall = otherInstall
    }

    /// - Throws: `.failed` for a backup that the drill does not pass.
    func prove(_ backup: borrowing BackupFile, _ passphrase: Secret?) async throws -> Proven {
        let place = try PrivateDirectory.make(in: site.directory)
        let present = try presentMasterKey()
        let drill = RestoreDrill(place: place, masterKeyFile: nil, withoutKeys: withoutKeys)
        // The key that the daemon will have is the one that counts; the one in the backup only where there is none.
        let result = try await drill.run(backup, passphrase, preferring: present, fallback: { nil })
        guard result.isPassed else {
            for line in result.lines { Output.note(line) }
            throw CommandFailure(
                .failed, "the backup did not pass the restore drill; nothing was changed",
                hint: present != nil && result.content.masterKey != nil && result.report?.keyProblem != nil
                    ? "another master key lies at \(present?.source ?? site.masterKey), and the backup holds its own: move that file away first"
                    : nil)
        }
        return Proven(drill: result, masterKeyToPlace: present == nil ? result.content.masterKey : nil)
    }

    private func presentMasterKey() throws -> FoundMasterKey? {
        if let masterKey { return masterKey }
        return access(site.masterKey, F_OK) == 0 ? try FoundMasterKey.read(site.masterKey) : nil
    }

    /// Makes the new store beside the old one. A replaced store that can't be read takes nothing along: then all is begun anew without it.
    func merge(_ backup: borrowing BackupFile, _ passphrase: Secret?, _ proven: Proven) throws -> RestoreReport {
        do {
            return try merge(backup, passphrase, proven, replaced: site.holdsData ? site.store : nil, notMerged: unread)
        } catch let fallen as StoreChild.Fallen {
            guard site.holdsData else { throw CommandFailure(.failed, "the restored store can't be read: \(fallen.sentence)") }
            return try merge(backup, passphrase, proven, replaced: nil, notMerged: "the replaced store can't be read: \(fallen.sentence)")
        } catch {
            site.abandon()
            throw error
        }
    }

    private var unread: String? { site.hasStore && !site.holdsData ? "the replaced store has no data file" : nil }

    private func merge(
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
        if otherInstall { arguments.append("--other-install") }
        let place = try PrivateDirectory.make(in: site.directory)
        return try StoreChild.run(
            RestoreReport.self, arguments, masterKey: nil, report: place.path + "/report.json", storeBytes: content.storeBytes)
    }

    func abandon() { site.abandon() }

    /// The last step. The master key first: without it the new store would be of no use.
    func exchange(_ proven: Proven) throws -> Ending {
        var placed: String?
        if let key = proven.masterKeyToPlace {
            do {
                try MasterKey.put(key, at: site.masterKey)
            } catch MasterKey.Problem.unusable(let why) {
                site.abandon()
                throw CommandFailure(.failed, "the master key \(site.masterKey) \(why); nothing was changed")
            }
            placed = site.masterKey
        }
        return Ending(replaced: try site.exchange(), placedMasterKey: placed)
    }
}
