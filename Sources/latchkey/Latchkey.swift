import ArgumentParser

/// The names that commands are written with.
typealias Command = ParsableCommand
typealias AsyncCommand = AsyncParsableCommand

struct Latchkey: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "latchkey",
        abstract: "An authority for machine credentials: API keys, tokens, and their verification with no network.",
        discussion: """
            Start the daemon, mint the first API key over its socket, and look how it is:

              latchkey serve --state-dir ./state
              latchkey api-keys mint --name admin --scope '*' --to-file admin.key
              latchkey status

            From another host, what the network may do: latchkey identities list --url https://keys.example --api-key-file admin.key

            Exit codes: 0 done, 1 refused or failed, 2 usage, 3 minted but not stored, 4 daemon not reachable, 5 verification failed.
            """,
        version: Version.current,
        subcommands: [
            Serve.self, Status.self, APIKeys.self, Identities.self, Tokens.self, Scopes.self, Authorize.self, Audit.self, Events.self,
            Scan.self,
            Backup.self, Restore.self, Fsck.self, Doctor.self, StoreWork.self, Orgs.self, SigningKeys.self, AnchorCommands.self,
            BundleCommands.self, SealCommands.self, ClockCommands.self, CutoverCommands.self, JWKS.self, Verify.self,
        ]
    )
}
