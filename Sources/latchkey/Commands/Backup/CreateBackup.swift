import ArgumentParser
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

struct CreateBackup: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Copy the whole install into one file, while it runs.",
        discussion: """
            latchkey backup create monday.backup
            latchkey backup create --directory /var/backups/latchkey --verify --keep 14
            latchkey backup create --encrypt --with-master-key offsite.backup

            The file appears when it is whole, checked and on disk, for its owner alone. It does not hold the master key: keep that elsewhere, or take \
            it along with --with-master-key, inside an encrypted backup. --directory names the file by the time. With --verify it is proven as \
            backup verify does, with the daemon's master key where that can be read, before an old one goes; where the proof fails, all of them stay.
            """
    )

    @Argument(help: ArgumentHelp("The file to be made.", valueName: "file"))
    var file: String?

    @Option(help: ArgumentHelp("In place of a file: the directory to make latchkey-TIME.backup in.", valueName: "path"))
    var directory: String?

    @Option(help: ArgumentHelp("With --directory: keep so many backups of this install, and remove the oldest beyond.", valueName: "n"))
    var keep: Int?

    @Flag(help: "Replace the file if it is there.")
    var replace = false

    @Flag(help: "Prove it by a restore drill; only then are old ones removed.")
    var verify = false

    @Flag(help: "Encrypt it to a passphrase, which is asked for on the terminal.")
    var encrypt = false

    @Option(help: ArgumentHelp("Encrypt it to the passphrase in the first line of this file.", valueName: "path"))
    var passphraseFile: String?

    @Flag(help: "Put the master key into it, too; it must be encrypted.")
    var withMasterKey = false

    @OptionGroup var daemon: SocketOptions

    func validate() throws {
        guard (file == nil) != (directory == nil) else { throw ValidationError("give either a file or --directory") }
        guard keep == nil || directory != nil else { throw ValidationError("--keep goes with --directory") }
        if let keep, keep < 1 { throw ValidationError("--keep is a number from 1 on: the backup that is being made is one of them") }
        guard !replace || file != nil else { throw ValidationError("--replace goes with a file") }
        guard !encrypt || passphraseFile == nil else {
            throw ValidationError("--encrypt asks for the passphrase: leave --passphrase-file away")
        }
        guard !withMasterKey || encrypt || passphraseFile != nil else {
            throw ValidationError("the master key goes only into a backup that is encrypted: add --encrypt or --passphrase-file")
        }
    }

    func run() async throws {
        let passphrase = try passphrase()
        // In a directory it gets the name of the moment that it is of, which only its header tells.
        WholeFile.clear(beside: file ?? "\(directory ?? ".")/")
        let output = try WholeFile(
            path: file ?? "\(directory ?? ".")/\(BackupName.name(at: SystemClock().now()))", option: "the backup", replaces: replace,
            advice: file == nil ? "it is named by the second: try again in the next one" : "name another file, or replace it with --replace"
        )
        let made = try await DaemonClient.with(daemon) { client in try await receive(client, passphrase, output) }
        let name = directory == nil ? nil : BackupName.name(at: made.header.madeAt)
        let path = try output.finish(as: name)
        let proof = verify ? try await prove(path, passphrase) : nil
        var removed: [String] = []
        if let directory, let keep, let name {
            removed = try BackupName.prune(directory, keeping: keep, of: made.header.installId, new: name)
        }
        let result = BackupResult(path: path, made: made, proof: proof, removed: removed)
        if daemon.json { return try Output.json(result.json) }
        try Facts.print(result.facts)
    }

    /// - Throws: `.failed` for a backup that is not one to rely on.
    private func prove(_ path: String, _ passphrase: Secret?) async throws -> DrillResult {
        let own = await FoundMasterKey.own(daemon)
        let drill = RestoreDrill(
            place: try WorkingDirectory.make(), masterKeyFile: nil, withoutKeys: own == nil && !withMasterKey)
        let result = try await drill.run(try BackupFile(path: path), passphrase, fallback: { own })
        guard result.isPassed else {
            for line in result.lines { Output.note(line) }
            throw CommandFailure(
                .failed, "the backup \(path) is made, and is not one to rely on; no old one was removed",
                hint: "look at the store while the daemon is stopped: latchkey fsck --state-dir DIR")
        }
        return result
    }

    private func passphrase() throws(CommandFailure) -> Secret? {
        if let passphraseFile { return try Passphrase.read(file: passphraseFile) }
        return encrypt ? try Passphrase.ask(isNew: true) : nil
    }

    /// Takes the stream in, and looks at every byte of it: what is cut short or damaged on the way becomes no file.
    private func receive(
        _ client: DaemonClient, _ passphrase: Secret?, _ output: borrowing WholeFile
    ) async throws -> BackupResult.Made {
        var writer = JSONWriter(capacity: 4096)
        writer.object { writer in
            if let passphrase { writer.member("passphrase", escaped: Passphrase.escaped(passphrase)) }
            if withMasterKey { writer.member("withMasterKey", true) }
        }
        defer { writer.wipe() }
        var reader = BackupReader()
        var progress: BackupProgress?
        defer { progress?.clear() }
        var byteCount: Int64 = 0
        try await client.stream("/v1/admin/backup", accept: "application/octet-stream", body: writer.bytes) {
            (bytes) throws(CommandFailure) in
            do {
                try reader.read(bytes) { _ in }
            } catch {
                throw CommandFailure(.failed, "what the daemon sent is not a whole backup: \(error)")
            }
            try output.write(bytes.span)
            byteCount += Int64(bytes.count)
            if progress == nil, let header = reader.header { progress = BackupProgress("backup", expected: header.expectedBytes) }
            progress?.set(byteCount)
        }
        do throws(BackupError) {
            try reader.finish()
        } catch {
            throw CommandFailure(
                .failed, "what the daemon sent is not a whole backup: \(error.message)", hint: "look at its log, and try again")
        }
        guard let header = reader.header, let sha256 = reader.sha256 else { throw JSONScanner.foreign }
        return BackupResult.Made(header: header, byteCount: byteCount, sha256: sha256)
    }
}
