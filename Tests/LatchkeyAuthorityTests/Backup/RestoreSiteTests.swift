import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyVerifier
import Synchronization
import Testing

@Suite("One store takes the place of another")
struct RestoreSiteTests {
    private static let moment = Timestamp(rfc3339: "2026-11-21T20:55:07.5Z")!

    /// A state directory with a store that says what it is.
    private func state(_ text: String? = "old") throws -> Scratch {
        let scratch = Scratch()
        guard let text else { return scratch }
        mkdir(scratch.store, 0o700)
        try write(text, scratch.store)
        return scratch
    }

    private func write(_ text: String, _ store: String) throws { try Data(text.utf8).write(to: URL(filePath: store + "/data.mdb")) }

    private func read(_ store: String) -> String? {
        (try? Data(contentsOf: URL(filePath: store + "/data.mdb"))).map { String(decoding: $0, as: UTF8.self) }
    }

    private func names(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    }

    @Test("which is kept aside under a name that says when")
    func done() throws {
        let scratch = try state()
        let site = try RestoreSite.take(scratch.path, at: Self.moment)
        try site.begin()
        try write("new", site.unfinished)
        #expect(try site.exchange() == scratch.path + "/store.replaced-20261121T205507Z")
        #expect(read(scratch.store) == "new" && read(site.replaced) == "old")
        #expect(try names(scratch.path) == ["store", "store.replaced-20261121T205507Z"])
        #expect(try names(scratch.store) == ["data.mdb"])
    }

    @Test("or takes its place where there was none")
    func first() throws {
        let scratch = try state(nil)
        let site = try RestoreSite.take(scratch.path, at: Self.moment)
        try site.begin()
        try write("new", site.unfinished)
        #expect(try site.exchange() == nil)
        #expect(read(scratch.store) == "new")
        #expect(try names(scratch.path) == ["store"])
    }

    /// What a kill after each step would leave, as copies.
    private func killed(_ text: String?) throws -> [(step: String, left: Scratch)] {
        let scratch = try state(text)
        let copies = Mutex<[(step: String, left: Scratch)]>([])
        let site = try RestoreSite.take(
            scratch.path, at: Self.moment,
            afterStep: { [path = scratch.path] step in
                let copy = Scratch()
                try? FileManager.default.removeItem(atPath: copy.path)
                try? FileManager.default.copyItem(atPath: path, toPath: copy.path)
                copies.withLock { $0.append((step, copy)) }
            })
        try site.begin()
        try write("new", site.unfinished)
        _ = try site.exchange()
        return copies.withLock { $0 }
    }

    @Test("so that whatever moment it is killed at, the old one is whole in its place, or the new one", arguments: ["old", nil])
    func kill(_ text: String?) throws {
        let all = try killed(text)
        #expect(all.map(\.step) == ["begun", "finished", "exchanged", "put aside", "done"])
        for (step, left) in all {
            let isNew = !["begun", "finished"].contains(step)
            #expect(read(left.store) == (isNew ? "new" : text), "after \(step)")
            // The next run puts the rest right, and loses neither.
            let site = try RestoreSite.take(left.path, at: Self.moment.adding(seconds: 60))
            #expect(read(left.store) == (isNew ? "new" : text), "recovered after \(step)")
            #expect(try names(left.path).filter { $0.hasPrefix("store.rest") } == [], "after \(step)")
            if isNew, text != nil { #expect(read(left.path + "/store.replaced-20261121T205507Z") == "old", "after \(step)") }
            try site.begin()
            try write("newer", site.unfinished)
            _ = try site.exchange()
            #expect(read(left.store) == "newer")
            #expect(try names(left.store) == ["data.mdb"])
        }
    }

    @Test("by one restore at a time")
    func alone() throws {
        let scratch = try state()
        let site = try RestoreSite.take(scratch.path)
        #expect(throws: BackupError(.unavailable, "")) { try RestoreSite.take(scratch.path) }
        _ = site.hasStore
    }

    @Test("while no daemon starts there, also where there is no store yet", arguments: ["old", nil])
    func daemon(_ text: String?) throws {
        let scratch = try state(text)
        let site = try RestoreSite.take(scratch.path)
        #expect(try StateDirectoryLock(scratch.path, isShared: true) == nil)
        withExtendedLifetime(site) {}
    }

    @Test("and not while one is starting; several daemons may start at a time, each in its own store")
    func starting() throws {
        let scratch = try state()
        let (one, two) = try (StateDirectoryLock(scratch.path, isShared: true), StateDirectoryLock(scratch.path, isShared: true))
        #expect(one != nil && two != nil)
        #expect(throws: BackupError(.unavailable, "")) { try RestoreSite.take(scratch.path) }
        withExtendedLifetime((one, two)) {}
    }

    @Test("and leaves a store alone that somebody has made meanwhile")
    func madeMeanwhile() throws {
        let scratch = try state(nil)
        let site = try RestoreSite.take(scratch.path, at: Self.moment)
        try site.begin()
        try write("new", site.unfinished)
        mkdir(scratch.store, 0o700)
        try write("somebody's", scratch.store)
        #expect(throws: BackupError(.refused, "")) { try site.exchange() }
        #expect(read(scratch.store) == "somebody's" && read(scratch.path + "/store.new-20261121T205507Z") == "new")
        #expect(try names(scratch.path) == ["store", "store.new-20261121T205507Z"])
    }

    /// Where the file system can't do it in one step, what is left to do is said, and no later run undoes it.
    @Test("or says how to do it by hand, in words that a shell takes", arguments: ["old", nil])
    func byHand(_ text: String?) throws {
        let scratch = try state(text)
        let path = scratch.path + "/it's here"
        #expect(Glibc.rename(scratch.store, path) == 0 || text == nil)
        mkdir(path, 0o700)
        if text != nil { #expect(mkdir(path + "/store", 0o700) == 0 && Glibc.rename(path + "/data.mdb", path + "/store/data.mdb") == 0) }
        let refusing: RestoreSite.Mover = { _, _, _ in
            errno = EINVAL
            return false
        }
        var message = ""
        do {
            let site = try RestoreSite.take(path, at: Self.moment, moving: refusing)
            try site.begin()
            try write("new", site.unfinished)
            _ = try site.exchange()
        } catch let error as BackupError {
            message = error.message
        }
        let begin = try #require(message.firstRange(of: "by hand: "))
        _ = try RestoreSite.take(path, at: Self.moment.adding(seconds: 60))
        let command = String(message[begin.upperBound...])
        #expect(command.contains(".replaced-") == (text != nil))
        #expect(shell(command) == 0)
        #expect(read(path + "/store") == "new")
        #expect(try names(path) == (text == nil ? ["store"] : ["store", "store.replaced-20261121T205507Z"]))
    }

    private func shell(_ command: String) -> Int32 {
        var id: pid_t = 0
        let texts = ["sh", "-c", command]
        let words: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var status: Int32 = -1
        guard posix_spawn(&id, "/bin/sh", nil, nil, words, [nil]) == 0, waitpid(id, &status, 0) == id else { return -1 }
        return status
    }

    @Test("beside the place that a link leads to, so that it stays on the disk that it was on")
    func linked() throws {
        let scratch = try state(nil)
        let disk = Scratch()
        mkdir(disk.path + "/large", 0o700)
        try write("old", disk.path + "/large")
        #expect(symlink(disk.path + "/large", scratch.store) == 0)
        let site = try RestoreSite.take(scratch.path, at: Self.moment)
        try site.begin()
        try write("new", site.unfinished)
        _ = try site.exchange()
        #expect(read(scratch.store) == "new" && read(disk.path + "/large.replaced-20261121T205507Z") == "old")
        #expect(try names(scratch.path) == ["store"])
        unlink(scratch.store)
        #expect(symlink(disk.path + "/nothing", scratch.store) == 0)
        #expect(throws: BackupError(.unavailable, "")) { try RestoreSite.take(scratch.path) }
    }

    @Test("and an unfinished one goes away when it is given up")
    func abandoned() throws {
        let scratch = try state()
        let site = try RestoreSite.take(scratch.path)
        try site.begin()
        try write("new", site.unfinished)
        site.abandon()
        #expect(try names(scratch.path) == ["store"] && read(scratch.store) == "old")
    }
}

@Suite("A private directory")
struct PrivateDirectoryTests {
    @Test("is its user's alone, and goes with who holds it")
    func own() throws {
        let scratch = Scratch()
        var directory: PrivateDirectory? = try PrivateDirectory.make(in: scratch.path)
        let path = try #require(directory?.path)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(try directory?.directory("store").hasPrefix(path) == true)
        directory = nil
        #expect(stat(path, &status) != 0)
    }

    @Test("that is being made is not cleared: it is locked before it has the name that tells of it")
    func beingMade() throws {
        let scratch = Scratch()
        let half = scratch.path + "/latchkey-drill-ghijkl"
        mkdir(half, 0o700)
        try Data().write(to: URL(filePath: half + "/in-use.new"))
        let next = try PrivateDirectory.make(in: scratch.path)
        #expect(access(half, F_OK) == 0)
        #expect(access(next.path + "/in-use", F_OK) == 0 && access(next.path + "/in-use.new", F_OK) != 0)
    }

    @Test("names all that a look leaves in it, in the order in which it can be removed")
    func names() throws {
        let scratch = Scratch()
        let directory = try PrivateDirectory.make(in: scratch.path)
        let store = try directory.directory("store")
        for name in ["data.mdb", "lock.mdb", "latchkey.lock"] { try Data([1]).write(to: URL(filePath: store + "/" + name)) }
        try Data([1]).write(to: URL(filePath: directory.path + "/report.json"))
        for name in directory.names where unlink(name) != 0 { rmdir(name) }
        #expect(access(directory.path, F_OK) != 0)
    }

    @Test("of a killed process is cleared by the next one, that of a running one is not")
    func leftovers() throws {
        let scratch = Scratch()
        let running = try PrivateDirectory.make(in: scratch.path)
        let left = scratch.path + "/latchkey-drill-abcdef"
        mkdir(left, 0o700)
        try Data().write(to: URL(filePath: left + "/in-use"))
        try Data([1]).write(to: URL(filePath: left + "/data.mdb"))
        mkdir(scratch.path + "/somebody-else", 0o700)
        let next = try PrivateDirectory.make(in: scratch.path)
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(!names.contains("latchkey-drill-abcdef") && names.contains("somebody-else") && names.count == 3)
        #expect(access(running.path, F_OK) == 0 && access(next.path, F_OK) == 0)
    }
}

@Suite("Backups in a directory")
struct BackupNameTests {
    @Test("are named by the time, and the oldest beyond a number are removed; nothing else is")
    func pruned() throws {
        let scratch = Scratch()
        let moments = ["2026-11-19T01:00:00Z", "2026-11-20T01:00:00Z", "2026-11-21T01:00:00Z", "2027-01-01T01:00:00Z"]
        let names = moments.map { BackupName.name(at: Timestamp(rfc3339: $0)!) }
        #expect(names[0] == "latchkey-20261119T010000Z.backup")
        let others = ["latchkey-monday.backup", "latchkey-20261119T010000Z.backup.old", "notes", "latchkey-2026111XT010000Z.backup"]
        let bytes = try Data(SmallBackup.all[0].bytes())
        for name in names.shuffled() + others { try bytes.write(to: URL(filePath: "\(scratch.path)/\(name)")) }
        #expect(try BackupName.prune(scratch.path, keeping: 2, of: "inst_1", new: names[3]) == [names[1], names[0]])
        let left = try Set(FileManager.default.contentsOfDirectory(atPath: scratch.path))
        #expect(left == Set(others + names[2...]))
        #expect(try BackupName.prune(scratch.path, keeping: 2, of: "inst_1", new: names[3]) == [])
    }

    @Test("never lose the new one, whatever the others are called, nor one of another install, nor count what is no backup")
    func kept() throws {
        let moments = ["2026-11-19T01:00:00Z", "2026-11-20T01:00:00Z", "2026-11-21T01:00:00Z", "2099-01-01T01:00:00Z"]
        let names = moments.map { BackupName.name(at: Timestamp(rfc3339: $0)!) }
        let bytes = try Data(SmallBackup.all[0].bytes())
        func directory(_ files: [(String, Data)]) throws -> Scratch {
            let scratch = Scratch()
            for (name, bytes) in files { try bytes.write(to: URL(filePath: "\(scratch.path)/\(name)")) }
            return scratch
        }
        let all = names.map { ($0, bytes) }
        #expect(try BackupName.prune(directory(all).path, keeping: 1, of: "inst_1", new: names[2]) == [names[3], names[1], names[0]])
        #expect(try BackupName.prune(directory(all).path, keeping: 2, of: "inst_1", new: names[2]) == [names[1], names[0]])
        #expect(try BackupName.prune(directory(all).path, keeping: 1, of: "inst_2", new: names[2]) == [])
        let empty = [(names[3], Data()), (names[1], bytes), (names[0], bytes), (names[2], bytes)]
        #expect(try BackupName.prune(directory(empty).path, keeping: 2, of: "inst_1", new: names[2]) == [names[0]])
    }
}
