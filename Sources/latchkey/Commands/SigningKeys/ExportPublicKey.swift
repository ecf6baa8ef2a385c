import ArgumentParser

struct ExportPublicKey: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "export-public",
        abstract: "Print the public half of a signing key, as PEM or as a JWK.",
        discussion: """
            latchkey signing-keys export-public Pn5cvSFJ2PZ1Jt1bGLNwkhfGdzqGW5Vn8mHzeXQyR8s > key.pem
            latchkey signing-keys export-public Pn5cvSFJ2PZ1Jt1bGLNwkhfGdzqGW5Vn8mHzeXQyR8s --jwk > key.json

            For a verifier that takes one key; it has to be given the next one before the next rotation. --json is the same as --jwk.
            """
    )

    enum Format: String, EnumerableFlag {
        case pem, jwk

        static func help(for value: Format) -> ArgumentHelp? {
            switch value {
            case .pem: "A PEM block, SubjectPublicKeyInfo."
            case .jwk: "A JSON Web Key."
            }
        }
    }

    @Argument(help: ArgumentHelp("The key's id, its kid.", valueName: "kid"))
    var id: String

    @Flag var format = Format.pem

    @OptionGroup var daemon: DaemonOptions

    func run() async throws {
        let key = try await DaemonClient.with(daemon) { try await $0.keyRing() }.key(id)
        let exported = try ExportedKey(key)
        if daemon.json || format == .jwk { return try Output.json(exported.jwk) }
        try Output.write(Array(exported.pem.utf8).span)
    }
}
