import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// What the tests of backups do again and again.
enum BackupKit {
    /// A state directory of an install with an API key and an identity, and a backup of it.
    struct Prepared: Sendable {
        let state: String
        let backup: String
        let key: Minted
        let identity: String

        var masterKey: String { state + "/master.key" }
    }

    struct Minted: Sendable {
        let id: String
        let secret: String
    }

    static func prepare(
        _ scratch: ScratchDirectory, _ body: @Sendable (DaemonProcess, Prepared) async throws -> Void = { _, _ in }
    ) async throws -> Prepared {
        let (state, backup) = (scratch["state"], scratch["b.backup"])
        return try await DaemonProcess.with(stateDirectory: state) { daemon in
            let key = try await mint(daemon, "before")
            let identity = try await daemon.identity("sage").id
            _ = try await daemon.pair(identity)
            let made = try await daemon.run("backup", "create", backup)
            #expect(made.code == 0, "\(made.errors)")
            let prepared = Prepared(state: state, backup: backup, key: key, identity: identity)
            try await body(daemon, prepared)
            return prepared
        }.value
    }

    static func mint(_ daemon: DaemonProcess, _ name: String) async throws -> Minted {
        let answer = try await daemon.run("api-keys", "mint", "--name", name, "--scope", "*", "--print-key", "--json").json(MintAnswer.self)
        return Minted(id: answer.apiKey.id, secret: try #require(answer.key))
    }

    /// Whether a key authenticates over the network.
    static func isGood(_ key: Minted, _ daemon: DaemonProcess, _ scratch: ScratchDirectory) async throws -> Bool {
        let file = "key-\(key.id)"
        try scratch.write(key.secret + "\n", to: file)
        chmod(scratch[file], 0o600)
        return try await Tool.run(["identities", "list", "--url", daemon.url, "--api-key-file", scratch[file]]).code == 0
    }

    static func tool(_ scratch: ScratchDirectory, _ arguments: String..., shell: String? = nil, input: String? = nil) async throws
        -> Tool.Run
    {
        try await Tool.run(arguments, input: input, environment: ["TMPDIR": scratch.path], shell: shell)
    }

    static func bytes(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(filePath: path))) }

    static func write(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

    /// The store in a backup, and its header.
    static func content(_ path: String) throws -> (header: BackupHeader, store: [UInt8]) {
        var reader = BackupReader()
        var store: [UInt8] = []
        try reader.read(bytes(path)) { store += $0 }
        try reader.finish()
        return (try #require(reader.header), store)
    }

    /// A backup whose checksum is right, of any content.
    static func wrap(_ header: BackupHeader, _ store: [UInt8], to path: String) throws {
        var writer = try BackupWriter(header, key: nil)
        try write(writer.begin(masterKey: nil) + writer.add(store) + writer.finish(), path)
    }
}
