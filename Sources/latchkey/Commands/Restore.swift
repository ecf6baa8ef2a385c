import ArgumentParser
import Glibc
import LatchkeyAuthority

struct Restore: AsyncCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring an install back from a backup, with the daemon stopped.",
        discussion: """
            latchkey restore monday.backup --state-dir /var/lib/latchkey --dry-run
            latchkey restore monday.backup --state-dir /var/lib/latchkey

            The backup is proven first. What was revoked, suspended, retired or deleted since stays so: that is read from the store that is \
            there, which is kept aside. Every session ends; API keys and signing keys whose state can't be learned are listed. Until the last step, \
            which is one, the old store is in its place.
            """
    )

    @Argument(help: ArgumentHelp("The backup.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The state directory to restore into; made where there is none.", valueName: "dir"))
    var stateDir: String

    @OptionGroup var passphrase: PassphraseOptions

    @Option(
        help: ArgumentHelp(
            "The daemon's settings file, which says where its master key is (default: the package's, when it is of this directory).",
            valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The master key that the daemon will have (default: from where the daemon reads it; else the one in the backup, which is put there).",
            valueName: "path"))
    var masterKeyFile: String?

    @Flag(help: "Without the master key: restore although the keys can't be tried.")
    var withoutKeys = false

    @Flag(help: "Also when the store that is there is another install's; nothing is taken over from it.")
    var otherInstall = false

    @Flag(
        help: "Also when the store that is there can't be read: what was revoked since the backup may live again. --yes does not say this.")
    var withoutMerge = false

    @Flag(help: "Do everything but the last step.")
    var dryRun = false

    @Flag(help: "Don't ask. Needed where there is no terminal to ask at.")
    var yes = false

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        guard !withoutKeys || masterKeyFile == nil else {
            throw ValidationError("--without-keys tries no key: leave --master-key-file away")
        }
        guard !stateDir.isEmpty else { throw ValidationError("--state-dir is a directory") }
        // A look needs nobody's word.
        guard dryRun || yes || Confirmation.canAsk else { throw Confirmation.nobody }
    }

    func run() async throws {
        let directory = stateDir.count > 1 && stateDir.hasSuffix("/") ? String(stateDir.dropLast()) : stateDir
        // What only root may read is read before it goes on as the owner of the state.
        let backup = try BackupFile(path: file)
        let secret = try passphrase.passphrase(for: try backup.header())
        let place = try MasterKeyPlace.find(directory, settingsFile: config)
        let key = try masterKeyFile.map { try FoundMasterKey.read($0) } ?? place.present(withoutKeys: withoutKeys)
        try OwnerIdentity.take(of: directory)
        let words = Restoration.Words(withoutKeys: withoutKeys, withoutMerge: withoutMerge, otherInstall: otherInstall)
        let restoration = try Restoration(directory: directory, masterKey: key, at: place, words)
        // Whatever ends it: after the last step there is nothing left to remove.
        defer { restoration.abandon() }
        let proven = try await restoration.prove(backup, secret)
        let merged = try restoration.merge(backup, secret, proven)
        let result = RestoreResult(proven: proven, report: merged)
        if dryRun {
            return try tell(result, .nothing(restoration.hasStore ? restoration.store : nil))
        }
        if !yes {
            for line in result.plan { Output.note(line) }
            try Confirmation.ask("put this in place of \(restoration.store)? type restore, or yes:", words: ["yes", "restore"])
        }
        let ending = try restoration.exchange(proven)
        try tell(result, .done(ending))
    }

    private func tell(_ result: RestoreResult, _ outcome: RestoreResult.Outcome) throws {
        if json { return try Output.json(try result.json(outcome)) }
        try Facts.print(result.facts(outcome))
        for line in result.lists { try Output.line(line) }
    }
}
