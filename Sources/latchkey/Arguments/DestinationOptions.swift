import ArgumentParser

/// Where a new secret goes: exactly one place, that is known to be usable before anything is minted.
struct DestinationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Write the secret to this file.", valueName: "path"))
    var toFile: String?

    @Option(
        help: ArgumentHelp(
            "Give the secret to this shell command on its standard input, without a newline. What it prints after that is not shown.",
            valueName: "command"))
    var toCommand: String?

    @Option(help: ArgumentHelp("Let gh keep the secret for a repository's actions.", valueName: "owner/repo:name"))
    var toGhSecret: String?

    @Option(
        help: ArgumentHelp(
            "Let systemd-creds keep the secret, encrypted, in \(SystemdCredential.directory).", valueName: "name"))
    var toSystemdCredential: String?

    @Flag(help: "Write the secret to a new file in a directory of its own; its path is printed to standard error.")
    var toTempFile = false

    @Flag(help: "Write the secret, and nothing else, to standard output.")
    var printKey = false

    @Flag(help: "With --to-file and --to-systemd-credential: replace what is there.")
    var force = false

    @Option(
        help: ArgumentHelp("With --to-command: how long the command may take, at most and by default 60s.", valueName: "time"))
    var commandTimeout: Lifetime?

    /// How many places were named.
    var count: Int {
        [toFile != nil, toCommand != nil, toGhSecret != nil, toSystemdCredential != nil, toTempFile, printKey].filter { $0 }.count
    }

    static let choices =
        "--to-file PATH, --to-command 'CMD …', --to-gh-secret OWNER/REPO:NAME, --to-systemd-credential NAME, --to-temp-file or --print-key"

    func validate() throws {
        if force, toFile == nil, toSystemdCredential == nil {
            throw ValidationError("--force goes with --to-file and --to-systemd-credential")
        }
        if let toCommand, !toCommand.contains(where: { !$0.isWhitespace }) { throw ValidationError("--to-command needs a command") }
        if let commandTimeout {
            guard toCommand != nil else { throw ValidationError("--command-timeout goes with --to-command") }
            guard commandTimeout.seconds <= KeyCommand.longest else { throw ValidationError("--command-timeout is at most 60s") }
        }
        if let toGhSecret, GitHubSecret(toGhSecret) == nil {
            throw ValidationError("--to-gh-secret is OWNER/REPO:NAME, as in acme/site:LATCHKEY_KEY; nothing was minted")
        }
    }

    /// The place, ready to take a secret, and the facts that name it.
    ///
    /// - Throws: why it can't be used; nothing has been done then.
    func open() throws(CommandFailure) -> OpenDestination {
        if let toFile { return OpenDestination(.file(try KeyFile(path: toFile, replaces: force)), fact: ("file", toFile)) }
        if let toCommand {
            let command = KeyCommand.shell(toCommand, seconds: commandTimeout?.seconds ?? KeyCommand.longest)
            return OpenDestination(.command(command), fact: ("command", toCommand))
        }
        if let toGhSecret, let secret = GitHubSecret(toGhSecret) {
            return OpenDestination(.command(try secret.command()), fact: ("gh secret", toGhSecret))
        }
        if let toSystemdCredential {
            let credential = try SystemdCredential(name: toSystemdCredential, replaces: force)
            return OpenDestination(.command(try credential.command()), fact: ("systemd credential", credential.path))
        }
        if toTempFile {
            let file = try KeyFile.temporary()
            let path = file.path
            return OpenDestination(.file(file), fact: ("file", path), temporaryFile: path)
        }
        return OpenDestination(.standardOutput, fact: nil)
    }
}

/// A destination, and what people call it.
struct OpenDestination: ~Copyable {
    var place: KeyDestination
    let fact: (name: String, value: String?)?
    /// The path that nobody knows yet.
    let temporaryFile: String?

    init(_ place: consuming KeyDestination, fact: (name: String, value: String?)?, temporaryFile: String? = nil) {
        self.place = place
        self.fact = fact
        self.temporaryFile = temporaryFile
    }
}
