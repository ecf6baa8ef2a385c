import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier
import Testing

/// Backups of a few bytes, made by the form alone.
struct SmallBackup: CustomTestStringConvertible, Sendable {
    static let passphrase = Secret(copying: Array("correct horse".utf8))
    static let masterKey = Secret(copying: [UInt8](repeating: 7, count: 32))
    static let cost = Scrypt.Cost(logCost: 10, blockSize: 8, parallelism: 1)!
    static let store = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    let testDescription: String
    let isEncrypted: Bool
    let holdsMasterKey: Bool
    /// Whether it is read with its passphrase.
    let isOpened: Bool

    static let all = [
        SmallBackup(testDescription: "in the clear", isEncrypted: false, holdsMasterKey: false, isOpened: true),
        SmallBackup(testDescription: "encrypted", isEncrypted: true, holdsMasterKey: false, isOpened: true),
        SmallBackup(testDescription: "encrypted, with the master key", isEncrypted: true, holdsMasterKey: true, isOpened: true),
        SmallBackup(testDescription: "encrypted, checked without its passphrase", isEncrypted: true, holdsMasterKey: true, isOpened: false),
    ]

    func bytes(_ content: [UInt8] = store, pieces: Int = 100, chunkSize: Int = 64) throws -> [UInt8] {
        let salt = (0..<16).map { UInt8($0) }
        let (key, check) = try BackupFormat.keys(Self.passphrase, salt: salt, cost: Self.cost)
        let header = BackupHeader(
            installId: "inst_1", madeAt: ManualClock.start, schemaVersion: 1, writer: "latchkey test", expectedBytes: 300,
            masterKey: holdsMasterKey, encryption: isEncrypted ? BackupHeader.Encryption(salt: salt, check: check, cost: Self.cost) : nil)
        var writer = try BackupWriter(header, key: isEncrypted ? key : nil, chunkSize: chunkSize)
        var bytes = try writer.begin(masterKey: holdsMasterKey ? Self.masterKey : nil)
        for start in stride(from: 0, to: content.count, by: pieces) {
            bytes += try writer.add(Array(content[start..<min(start + pieces, content.count)]))
        }
        return bytes + (try writer.finish())
    }

    struct Read {
        let content: [UInt8]
        let reader: BackupReader
    }

    /// Reads a file that comes in pieces of a size.
    func read(_ bytes: [UInt8], pieces: Int = .max, passphrase: Secret? = passphrase, chunkSize: Int = 64) throws -> Read {
        var reader = BackupReader(passphrase: isOpened ? passphrase : nil, chunkSize: chunkSize)
        var content: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: min(pieces, max(bytes.count, 1))) {
            let end = pieces == .max ? bytes.count : min(start + pieces, bytes.count)
            try reader.read(Array(bytes[start..<end])) { content += $0 }
        }
        try reader.finish()
        return Read(content: content, reader: reader)
    }

    func failure(_ bytes: [UInt8], passphrase: Secret? = passphrase) -> BackupError? {
        do {
            _ = try read(bytes, passphrase: passphrase)
            return nil
        } catch {
            return error as? BackupError ?? BackupError(.unavailable, "another error: \(error)")
        }
    }
}

@Suite("A backup file")
struct BackupFormatTests {
    @Test("gives back what went in, however either is cut into pieces", arguments: SmallBackup.all)
    func roundTrip(_ kind: SmallBackup) throws {
        for (pieces, chunkSize) in [(1, 64), (64, 64), (100, 64), (300, 300), (300, 301), (7, 65_536)] {
            let bytes = try kind.bytes(pieces: pieces, chunkSize: chunkSize)
            for size in [1, 13, Int.max] {
                let read = try kind.read(bytes, pieces: size, chunkSize: chunkSize)
                #expect(read.content == (kind.isOpened ? SmallBackup.store : []))
                #expect(read.reader.header?.installId == "inst_1" && read.reader.checksum == Array(bytes.suffix(32)))
                #expect(read.reader.sha256 == SHA256.hash(bytes))
                let isGiven = kind.holdsMasterKey && kind.isOpened
                #expect(read.reader.masterKey?.equals(SmallBackup.masterKey) ?? false == isGiven)
            }
        }
    }

    @Test("of a store without a byte is one, too", arguments: SmallBackup.all)
    func empty(_ kind: SmallBackup) throws { #expect(try kind.read(kind.bytes([])).content == []) }

    @Test("is refused, and the damage named, whichever byte was changed", arguments: SmallBackup.all)
    func flipped(_ kind: SmallBackup) throws {
        let bytes = try kind.bytes()
        let codes: Set<BackupError.Code> = [.notABackup, .newer, .damaged, .cutShort, .wrongPassphrase]
        for index in bytes.indices {
            for change in [UInt8(1), 0x80, 0xFF] {
                var changed = bytes
                changed[index] ^= change
                let error = try #require(kind.failure(changed), "byte \(index) was changed and nobody saw it")
                #expect(codes.contains(error.code), "byte \(index): \(error.code) \(error.message)")
            }
        }
    }

    @Test("is refused at every length that it can be cut to, and with more than its end", arguments: SmallBackup.all)
    func cut(_ kind: SmallBackup) throws {
        let bytes = try kind.bytes()
        for count in bytes.indices {
            let error = try #require(kind.failure(Array(bytes.prefix(count))), "a cut to \(count) bytes was not seen")
            #expect(error.code == (count < BackupFormat.magic.count ? .notABackup : .cutShort))
        }
        for tail in [[0], Array(bytes.prefix(64)), bytes] as [[UInt8]] { #expect(kind.failure(bytes + tail)?.code == .damaged) }
    }

    @Test("has one form only: a chunk that another one follows is full", arguments: SmallBackup.all)
    func chunks(_ kind: SmallBackup) throws {
        let bytes = try kind.bytes(chunkSize: 64)
        #expect(throws: BackupError(.damaged, "")) { try kind.read(bytes, chunkSize: 128) }
        #expect(throws: BackupError(.damaged, "")) { try kind.read(bytes, chunkSize: 63) }
        _ = try kind.read(bytes, chunkSize: 64)
    }

    @Test("is refused with chunks swapped, left out or moved to another file, although its checksum is right")
    func rearranged() throws {
        let kind = SmallBackup.all[1]
        let bytes = try kind.bytes()
        let start = BackupFormat.magic.count + 4 + Int(UInt32(backupBytes: bytes[18..<22]))
        let size = 4 + 64 + SealedStream.overhead
        func chunk(_ number: Int) -> [UInt8] { Array(bytes[(start + number * size)..<(start + (number + 1) * size)]) }
        func resealed(_ body: [UInt8]) -> [UInt8] { body + SHA256.hash(body) }
        let tail = Array(bytes[(start + 2 * size)..<(bytes.count - 32)])
        #expect(kind.failure(resealed(Array(bytes[..<start]) + chunk(0) + chunk(1) + tail)) == nil)
        #expect(kind.failure(resealed(Array(bytes[..<start]) + chunk(1) + chunk(0) + tail))?.code == .damaged)
        #expect(kind.failure(resealed(Array(bytes[..<start]) + chunk(0) + tail))?.code == .damaged)
        // The header is authenticated with the chunks.
        let other = Array(String(decoding: bytes[22..<start], as: UTF8.self).replacing("inst_1", with: "inst_2").utf8)
        #expect(kind.failure(resealed(Array(bytes[..<22]) + other + Array(bytes[start..<(bytes.count - 32)])))?.code == .damaged)
    }

    @Test("that says another length than it has is refused, although its checksum is right", arguments: SmallBackup.all)
    func length(_ kind: SmallBackup) throws {
        let bytes = try kind.bytes()
        for change in [UInt64(1), .max] {
            var body = Array(bytes.dropLast(32))
            let total = UInt64(backupBytes: body.suffix(8)) &+ change
            body.replaceSubrange((body.count - 8)..., with: total.backupBytes)
            #expect(kind.failure(body + SHA256.hash(body))?.code == .damaged)
        }
    }

    @Test(
        "with a header of an impossible length is refused before any of it is waited for",
        arguments: [0, 1, UInt32(BackupFormat.greatestHeader) + 1, .max])
    func headerLength(_ length: UInt32) {
        var code: BackupError.Code?
        var reader = BackupReader(passphrase: nil)
        do {
            try reader.read(BackupFormat.magic + length.backupBytes) { _ in }
        } catch {
            code = (error as? BackupError)?.code
        }
        #expect(code == .damaged)
    }

    @Test("opens with its passphrase alone, and tells another one from damage")
    func passphrase() throws {
        let kind = SmallBackup.all[1]
        let bytes = try kind.bytes()
        #expect(kind.failure(bytes, passphrase: Secret(copying: Array("incorrect horse".utf8)))?.code == .wrongPassphrase)
        // Nothing of the store stands in it in the clear.
        #expect(!contains(bytes, Array(SmallBackup.store[..<8])))
        #expect(contains(try SmallBackup.all[0].bytes(), Array(SmallBackup.store[..<8])))
    }

    @Test("of a later form is refused as that")
    func newer() throws {
        let kind = SmallBackup.all[0]
        var bytes = try kind.bytes()
        bytes[16] = UInt8(ascii: "2")
        #expect(kind.failure(bytes)?.code == .newer)
        #expect(kind.failure(Array("PK\u{3}\u{4} and so on, a file of quite another kind".utf8))?.code == .notABackup)
        #expect(kind.failure([])?.code == .notABackup)
    }

    @Test("that asks for more memory than this program pays, or claims a master key in the clear, is refused")
    func impossible() throws {
        func failure(_ header: String) -> BackupError.Code? {
            var reader = BackupReader(passphrase: SmallBackup.passphrase)
            do {
                try reader.read(BackupFormat.magic + UInt32(header.utf8.count).backupBytes + Array(header.utf8)) { _ in }
                return nil
            } catch {
                return (error as? BackupError)?.code
            }
        }
        func header(logN: Int = 10, kdf: String = "scrypt", key: Bool = false, encryption: Bool = true) -> String {
            let inner = #"{"kdf":"\#(kdf)","logN":\#(logN),"r":8,"p":1,"salt":"AAECAwQFBgcICQoLDA0ODw","check":"AAAAAAAAAAAAAAAAAAAAAA"}"#
            return
                #"{"installId":"i","madeAt":"2026-03-01T12:00:00.000Z","schemaVersion":1,"writer":"w","expectedBytes":1,"masterKey":\#(key)\#(encryption ? ",\"encryption\":\(inner)" : "")}"#
        }
        #expect(failure(header(encryption: false)) == nil)
        #expect(failure(header()) == .wrongPassphrase)
        #expect(failure(header(logN: 30)) == .newer && failure(header(kdf: "argon2id")) == .newer)
        #expect(failure(header(key: true, encryption: false)) == .damaged)
        #expect(failure("[]") == .damaged)
        #expect(failure(String(repeating: " ", count: 5000)) == .damaged)
    }
}
