import Dispatch
import FoundationEssentials
import Glibc
import LatchkeyStore
import Synchronization
import Testing

/// The tables that the tests use.
enum Tables {
    static let names = Table<String, Name>("names", slot: 0)
    static let blobs = Table<[UInt8], Blob>("blobs", slot: 1)
    static let numbers = Table<UInt64, EmptyRow>("numbers", slot: 2)
    static let all: [any AnyTable] = [names, blobs, numbers]

    static func schema(
        version: Int = 1, writer: String = "latchkey 1.0", application: String = "latchkey-test", migrations: [Int: Schema.Migration] = [:]
    ) -> Schema {
        Schema(application: application, version: version, writer: writer, tables: all, migrations: migrations)
    }
}

struct Name: JSONRecord, Equatable {
    static let version = 2
    var text: String
    var nickname: String?
}

struct Blob: StoreRow, Equatable {
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    init(size: Int) { bytes = [UInt8](repeating: 7, count: size) }

    static func decode(_ bytes: Span<UInt8>) throws -> Blob { Blob((0..<bytes.count).map { bytes[$0] }) }

    func encode() -> [UInt8] { bytes }
}

/// What a test's closure refuses with.
struct Refusal: Error, Equatable { var reason = "no" }

/// A directory that goes away with its owner.
final class Scratch {
    let path: String

    init() {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/latchkey-store-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    var store: String { "\(path)/store" }
    var dataFile: String { "\(store)/data.mdb" }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open(_ schema: Schema = Tables.schema(), _ options: Store.Options = .init()) throws(StoreError) -> Store {
        try Store.open(directory: store, schema: schema, options: options)
    }
}

/// A file system of a few megabytes in memory; `nil` where mounting isn't permitted.
final class SmallDisk {
    let path: String
    private let scratch = Scratch()

    init?(bytes: Int) {
        path = "\(scratch.path)/disk"
        guard mkdir(path, 0o700) == 0, mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0 else { return nil }
    }

    deinit { umount2(path, 2) }

    var store: String { "\(path)/store" }

    func setReadOnly(_ isReadOnly: Bool) -> Bool {
        let remount: UInt = 32
        return mount("tmpfs", path, "tmpfs", remount | (isReadOnly ? 1 : 0), nil) == 0
    }

    /// Takes all room but `rest` bytes.
    func fill(leaving rest: Int = 0) {
        let file = Glibc.open("\(path)/filler", O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        var information = statvfs()
        statvfs(path, &information)
        let free = Int(information.f_bavail) * Int(information.f_frsize)
        let block = [UInt8](repeating: 1, count: 4096)
        lseek(file, 0, SEEK_END)
        for _ in 0..<max(0, (free - rest) / 4096) where write(file, block, block.count) != block.count { break }
    }

    func empty() { unlink("\(path)/filler") }

    static let isPossible = SmallDisk(bytes: 1 << 20) != nil
}

/// Something that a writer's closure passes and is held up by.
final class Gate: Sendable {
    private let entered = Flag()
    private let semaphore = OSSemaphore()

    /// Says that someone is here, and waits for ``open()``.
    func pass() {
        entered.raise()
        semaphore.wait()
    }

    func waitForEntry() async { while !entered.isUp { await Task.yield() } }

    func open() { semaphore.signal() }
}

final class Flag: Sendable {
    private let value = Atomic(false)

    var isUp: Bool { value.load(ordering: .acquiring) }

    func raise() { value.store(true, ordering: .releasing) }
}

/// Runs what blocks on a thread of its own; the tests' own threads are few, and must not all be held up.
func blocking<Success: Sendable>(_ body: @escaping @Sendable () throws -> Success) -> Task<Success, any Error> {
    Task.detached {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "blocking").async {
                do { continuation.resume(returning: try body()) } catch { continuation.resume(throwing: error) }
            }
        }
    }
}

final class OSSemaphore: @unchecked Sendable {
    private let pointer = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(pointer, 0, 0) }

    deinit {
        sem_destroy(pointer)
        pointer.deallocate()
    }

    func signal() { sem_post(pointer) }

    func wait() { while sem_wait(pointer) != 0 {} }
}

extension Store {
    /// Queues `writes` in their order while the writer is held inside a closure, so that it takes them as one batch, and
    /// returns what became of each.
    func inOneBatch<Success: Sendable>(
        _ writes: [(purpose: WritePurpose, body: @Sendable (borrowing WriteTransaction) throws -> Success)],
        beforeRelease: () async throws -> Void = {}
    ) async throws -> [Result<Success, any Error>] {
        let gate = Gate()
        async let held: Void = write(.essential) { _ in gate.pass() }
        await gate.waitForEntry()
        var tasks: [Task<Success, any Error>] = []
        for write in writes {
            tasks.append(Task.detached { try await self.write(write.purpose, write.body) })
            while statistics.waiting < tasks.count { await Task.yield() }
        }
        try await beforeRelease()
        gate.open()
        try await held
        var results: [Result<Success, any Error>] = []
        for task in tasks { results.append(await task.result) }
        return results
    }
}

/// What `body` threw as a `StoreError`, or `nil`.
func storeError(_ body: () throws -> Void) -> StoreError? {
    do {
        try body()
        return nil
    } catch {
        return error as? StoreError
    }
}
