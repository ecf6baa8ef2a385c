import LatchkeyStore
import LatchkeyVerifier
import Synchronization

/// The authority of one install: API keys, identities, tokens, the key ring and the audit log over one store. Every operation that HTTP,
/// the socket or a test asks for is a method of this type; what concerns one thing is in that thing's folder.
///
/// Reads run on the calling thread in a snapshot; writes go through the store's one funnel and return once they are on disk.
package final class Authority: Sendable {
    package let settings: AuthoritySettings
    package let install: InstallRecord
    let clock: SteadyClock
    let ids: IdentifierSource
    let store: Store
    let signing: SigningPool
    let signatures = SignatureCache(capacity: 1024)
    let denials = DenialLog()
    let uses = UseLog()
    let identityUses = UseLog()
    let legacyUses = LegacyUseLog()
    let events = EventHub()
    /// How often upkeep was done: once a second, or more often while it has much to do.
    let ticks = Atomic<Int>(0)
    /// Seconds that watchers have been served.
    let eventTicks = Atomic<Int>(0)
    /// Whether the last look at old entries of the audit log left some: the next round goes on with them.
    let hasOldEntries = Atomic<Bool>(false)
    /// From when on the clock is believed that entries of the audit log are too old.
    let retentionStart: Mutex<Timestamp>
    let writing = WritingLog()
    let seams: AuthoritySeams
    /// Where the master key comes from.
    let masterKey: MasterKey.Source
    let snapshot: Mutex<KeyRingSnapshot>
    /// Held by whoever reads the key ring anew.
    let reloading = Mutex<Void>(())
    /// Why the key ring is not as its schedule says.
    let ringProblem = Mutex<String?>(nil)
    /// Why the audit log is not signed any more.
    let logProblem = Mutex<String?>(nil)
    /// What of the clock could not be written yet.
    let clockDebt: Mutex<ClockDebt>
    /// Seconds that it was off for before this start, when that was over a day.
    let absence: Int64?
    /// Trust bundles are made one after the other.
    let bundleTurns = Turns(most: 32)
    /// Whether a new master key is being put in place.
    let rewrapping = Atomic<Bool>(false)
    let backups = BackupTurn()
    private let currentSealing: Mutex<Sealing>

    init(
        settings: AuthoritySettings, install: InstallRecord, sealing: Sealing, masterKey: MasterKey.Source, clock: SteadyClock,
        clockDebt: ClockDebt, absence: Int64?, ids: IdentifierSource, store: Store, snapshot: KeyRingSnapshot, seams: AuthoritySeams
    ) throws {
        self.settings = settings
        self.install = install
        self.masterKey = masterKey
        self.clock = clock
        self.clockDebt = Mutex(clockDebt)
        self.absence = absence
        self.retentionStart = Mutex(clock.now().adding(seconds: Self.retentionHesitation))
        self.ids = ids
        self.store = store
        self.seams = seams
        self.signing = try SigningPool(threads: settings.signingThreads, observer: settings.signingObserver)
        self.snapshot = Mutex(snapshot)
        self.currentSealing = Mutex(sealing)
    }

    /// What opens and makes sealed records.
    var sealing: Sealing {
        get { currentSealing.withLock { $0 } }
        set { currentSealing.withLock { $0 = newValue } }
    }

    /// Whether what is sealed can be opened.
    package var sealState: SealState { sealing.state }

    /// The organisation that the admin socket means when none is named.
    package var firstOrganisation: String { install.firstOrganisation }

    /// Writes what is still only in memory, ends the signing threads and closes the store. Nothing can be asked of the authority
    /// afterwards.
    package func close() async {
        endEvents()
        await flush(all: true)
        await noteTime()
        signing.close()
        store.close()
    }

    func read<Result>(_ body: (borrowing ReadTransaction) throws -> Result) throws -> Result {
        do {
            return try store.read(body)
        } catch let error as StoreError {
            throw Self.storageError(error)
        }
    }

    /// The one way to change anything. `now` is asked for inside only where time decides.
    func write<Result: Sendable>(
        _ purpose: WritePurpose = .growth, _ body: @escaping @Sendable (borrowing WriteTransaction) throws -> Result
    ) async throws -> Result {
        do {
            let (result, entries) = try await store.write(purpose) { [writing] transaction in
                writing.begin()
                let result = try body(transaction)
                return (result, writing.take())
            }
            await publish(entries)
            return result
        } catch let error as StoreError {
            throw Self.storageError(error)
        }
    }

    /// A store that can't write is an answer of the contract; one that is damaged is a defect, and keeps its own type.
    private static func storageError(_ error: StoreError) -> any Error {
        error.code == .unavailable ? AuthorityError(.storageUnavailable, "the store can't be written: \(error.message)") : error
    }
}
