import Glibc

/// A credential that systemd decrypts for a service (`LoadCredentialEncrypted=NAME`), kept by the program `systemd-creds`, sealed with this
/// host's key or TPM.
struct SystemdCredential {
    /// Where systemd looks for encrypted credentials first (systemd.exec(5)).
    static let directory = "/etc/credstore.encrypted"

    let name: String
    let path: String

    /// - Parameter replaces: whether a credential of that name may be replaced.
    /// - Throws: `.usage` for what is no credential's name; `.failed` when it is there, or none can be written.
    init(name: String, replaces: Bool, directory: String = Self.directory) throws(CommandFailure) {
        // Names are file names and part of a service's configuration; of what is allowed there, this is what everybody uses.
        let isPlain = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || "._-".contains($0) }
        guard (1...200).contains(name.utf8.count), isPlain, name.first?.isLetter == true || name.first?.isNumber == true else {
            throw CommandFailure(
                .usage,
                "--to-systemd-credential needs a name of letters, digits, '.', '_' and '-', a letter or digit first; nothing was minted")
        }
        self.name = name
        path = directory + "/" + name
        guard access(directory, W_OK | X_OK) == 0 else {
            throw CommandFailure(
                .failed, "the directory \(directory) can't be used: \(SystemError(number: errno)); nothing was minted",
                hint: "be root, and make it if it is missing: mkdir -m 0700 \(directory)")
        }
        var status = stat()
        guard replaces || lstat(path, &status) != 0 else {
            throw CommandFailure(
                .failed, "\(path) exists already; nothing was minted", hint: "choose another name, or replace it with --force")
        }
    }

    /// - Throws: `.failed` when `systemd-creds` is not installed.
    func command() throws(CommandFailure) -> KeyCommand {
        let program = try ProgramPath.find("systemd-creds", hint: "systemd brings it along from version 250 on; else use --to-file")
        return KeyCommand(program: program, arguments: arguments, title: "systemd-creds encrypt", seconds: KeyCommand.longest)
    }

    var arguments: [String] { ["encrypt", "--name=\(name)", "-", path] }
}
