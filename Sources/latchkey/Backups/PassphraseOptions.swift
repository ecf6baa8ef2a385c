import ArgumentParser
import LatchkeyAuthority
import LatchkeyCrypto

/// How a command that reads a backup gets the passphrase of one that is encrypted.
struct PassphraseOptions: ParsableArguments {
    @Option(help: ArgumentHelp("File whose first line is the passphrase of an encrypted backup (default: ask for it).", valueName: "path"))
    var passphraseFile: String?

    /// Asked once, and only for a file that is encrypted.
    func passphrase(for header: BackupHeader) throws -> Secret? {
        guard header.encryption != nil else { return nil }
        if let passphraseFile { return try Passphrase.read(file: passphraseFile) }
        return try Passphrase.ask(isNew: false)
    }
}
