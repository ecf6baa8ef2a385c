import FoundationEssentials
import Glibc
import LatchkeyStore
import Testing

@Suite("Opening a store")
struct OpeningTests {
    let scratch = Scratch()

    private func mode(_ path: String) -> UInt32 {
        var information = stat()
        return stat(path, &information) == 0 ? information.st_mode & 0o777 : 0
    }

    @Test func `makes a missing directory with mode 0700 and its files with 0600`() throws {
        let store = try scratch.open()
        defer { store.close() }
        #expect(mode(scratch.store) == 0o700)
        for file in try FileManager.default.contentsOfDirectory(atPath: scratch.store) {
            #expect(mode("\(scratch.store)/\(file)") == 0o600, "\(file)")
        }
    }

    @Test func `what was written is there after opening again`() throws {
        let first = try scratch.open()
        try first.writeAndWait { try $0.put(Tables.names, "a", Name(text: "Ada")) }
        first.close()
        let second = try scratch.open()
        defer { second.close() }
        #expect(try second.read { try $0.get(Tables.names, "a") } == Name(text: "Ada"))
    }

    @Test func `does not make the parents of the directory`() {
        let error = storeError { _ = try Store.open(directory: scratch.path + "/no/store", schema: Tables.schema()) }
        #expect(error?.code == .notOpenable)
        #expect(error?.message.contains("parent") == true)
    }

    @Test func `a file in place of the directory is refused`() throws {
        try Data("hello".utf8).write(to: URL(filePath: scratch.store))
        #expect(storeError { _ = try scratch.open() }?.code == .notOpenable)
    }

    @Test func `a data file that is not LMDB is foreign and stays as it was`() throws {
        mkdir(scratch.store, 0o700)
        for content in ["short", String(repeating: "an ordinary text file\n", count: 1000)] {
            try Data(content.utf8).write(to: URL(filePath: scratch.dataFile))
            #expect(storeError { _ = try scratch.open() }?.code == .foreign)
            #expect(try Data(contentsOf: URL(filePath: scratch.dataFile)) == Data(content.utf8))
        }
    }

    @Test func `a symbolic link in place of the data file is foreign`() throws {
        mkdir(scratch.store, 0o700)
        symlink("\(scratch.path)/elsewhere", scratch.dataFile)
        #expect(storeError { _ = try scratch.open() }?.code == .foreign)
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/elsewhere"))
    }

    @Test func `an LMDB file of another program is foreign`() throws {
        try scratch.open().close()
        // Another name in place of the schema's table, wherever it stands: a sound file, but not a store.
        let content = try Data(contentsOf: URL(filePath: scratch.dataFile))
        var bytes = Array(content)
        let name = Array("latchkey-schema".utf8)
        for start in 0..<bytes.count - name.count where bytes[start] == name[0] && bytes[start..<start + name.count].elementsEqual(name) {
            bytes.replaceSubrange(start..<start + name.count, with: "latchkey-schemb".utf8)
        }
        try Data(bytes).write(to: URL(filePath: scratch.dataFile))
        #expect(storeError { _ = try scratch.open() }?.code == .foreign)
        unlink("\(scratch.store)/latchkey.lock")
        #expect(storeError { _ = try scratch.open() }?.code == .foreign)
        #expect(try Data(contentsOf: URL(filePath: scratch.dataFile)) == Data(bytes))
    }

    /// What LMDB writes when it makes an environment: two pages that name no table.
    private var emptyLMDB: Data {
        var page = [UInt8](repeating: 0, count: 4096)
        func put(_ value: UInt64, _ width: Int, at offset: Int) {
            for index in 0..<width { page[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
        }
        put(0x08, 2, at: 10)
        put(0xBEEF_C0DE, 4, at: 16)
        put(1, 4, at: 20)
        put(1 << 20, 8, at: 32)
        put(4096, 4, at: 40)
        put(0x08, 2, at: 44)
        put(.max, 8, at: 80)
        put(.max, 8, at: 128)
        put(1, 8, at: 136)
        var second = page
        second[0] = 1
        return Data(page + second)
    }

    @Test func `an LMDB file without any table, as a crash at the first start leaves it, becomes a store`() throws {
        mkdir(scratch.store, 0o700)
        try emptyLMDB.write(to: URL(filePath: scratch.dataFile))
        try scratch.open().close()
        try scratch.open().close()
    }

    @Test func `an LMDB file without any table is foreign where a store was made before`() throws {
        try scratch.open().close()
        try emptyLMDB.write(to: URL(filePath: scratch.dataFile))
        #expect(storeError { _ = try scratch.open() }?.code == .foreign)
    }

    @Test func `a store of another application is foreign`() throws {
        try scratch.open().close()
        #expect(storeError { _ = try scratch.open(Tables.schema(application: "another")) }?.code == .foreign)
    }

    @Test(arguments: [true, false])
    func `a lost or emptied data file is not mistaken for a first start`(removed: Bool) throws {
        try scratch.open().close()
        if removed { unlink(scratch.dataFile) } else { truncate(scratch.dataFile, 0) }
        #expect(storeError { _ = try scratch.open() }?.code == .corrupt)
        #expect(storeError { _ = try scratch.open() }?.code == .corrupt)
    }

    @Test func `a second store on the directory is refused in the same process`() throws {
        let first = try scratch.open()
        let error = storeError { _ = try scratch.open() }
        #expect(error?.code == .locked)
        #expect(error?.message.contains(scratch.store) == true)
        first.close()
        try scratch.open().close()
    }

    @Test func `a store that another process holds is refused`() throws {
        try scratch.open().close()
        let holder = try LockHolder(file: "\(scratch.store)/latchkey.lock")
        #expect(storeError { _ = try scratch.open() }?.code == .locked)
        holder.stop()
        try scratch.open().close()
    }

    @Test func `a store that was dropped without closing can be opened again`() throws {
        do { _ = try scratch.open() }
        try scratch.open().close()
    }

    @Test(.enabled(if: SmallDisk.isPossible)) func `a directory that can't be written is unavailable`() throws {
        let disk = try #require(SmallDisk(bytes: 4 << 20))
        try Store.open(directory: disk.store, schema: Tables.schema()).close()
        #expect(disk.setReadOnly(true))
        #expect(storeError { _ = try Store.open(directory: disk.store, schema: Tables.schema()) }?.code == .unavailable)
        #expect(storeError { _ = try Store.open(directory: disk.path + "/new", schema: Tables.schema()) }?.code == .unavailable)
        #expect(disk.setReadOnly(false))
    }
}

/// A child process that holds a lock on a file, as a second daemon would.
final class LockHolder {
    private var pid = pid_t()
    private var pipes: [Int32] = [0, 0]

    init(file: String) throws {
        // The child says so when it has the lock, and keeps it until its input ends.
        var input: [Int32] = [0, 0]
        var output: [Int32] = [0, 0]
        pipe(&input)
        pipe(&output)
        for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input[0], 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        let words = ["flock", "--nonblock", file, "sh", "-c", "echo held; read line"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        try #require(posix_spawnp(&pid, "flock", &actions, nil, arguments, environ) == 0)
        close(input[0])
        close(output[1])
        pipes = [input[1], output[0]]
        var byte: UInt8 = 0
        try #require(read(output[0], &byte, 1) == 1, "the child could not get the lock")
    }

    func stop() {
        for pipe in pipes { close(pipe) }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }
}
