import ArgumentParser
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

struct VerifyBackup: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove a backup by restoring it in a private place: a restore drill.",
        discussion: """
            latchkey backup verify monday.backup
            latchkey backup verify --master-key-file /mnt/key/master.key --json monday.backup

            Every byte, row, index and count is checked; each private key is opened, signs and is verified; a token is minted and verified. The \
            install is not touched. It needs the master key: the one in the backup, --master-key-file, or the one of the daemon here. Room for the \
            store is taken in TMPDIR (default: /var/tmp): there it lies for the time of the look, readable by you alone, also when the backup is \
            encrypted; private keys stay sealed.
            """
    )

    @Argument(help: ArgumentHelp("The backup.", valueName: "file"))
    var file: String

    @OptionGroup var passphrase: PassphraseOptions

    @Option(help: ArgumentHelp("The master key that the backup's keys are sealed under.", valueName: "path"))
    var masterKeyFile: String?

    @Flag(help: "Without the master key: check the rest, and leave open whether the keys can be had back.")
    var withoutKeys = false

    @OptionGroup var daemon: SocketOptions

    func validate() throws {
        guard !withoutKeys || masterKeyFile == nil else {
            throw ValidationError("--without-keys tries no key: leave --master-key-file away")
        }
    }

    func run() async throws {
        do {
            try await verify()
        } catch let error as BackupError where daemon.json && [.notABackup, .newer, .damaged, .cutShort].contains(error.code) {
            try Output.json(try DrillResult.json(file, damage: error))
            throw error
        }
    }

    private func verify() async throws {
        let backup = try BackupFile(path: file)
        let secret = try passphrase.passphrase(for: try backup.header())
        let place = try WorkingDirectory.make()
        let drill = RestoreDrill(place: place, masterKeyFile: masterKeyFile, withoutKeys: withoutKeys)
        let result = try await drill.run(backup, secret, fallback: { await FoundMasterKey.own(daemon) })
        if daemon.json { try Output.json(result.json(file)) } else { for line in result.lines { try Output.line(line) } }
        guard result.isPassed else {
            throw CommandFailure(.failed, "the backup is not one to rely on", hint: "make another one while the daemon still runs")
        }
    }
}
