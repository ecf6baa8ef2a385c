import ArgumentParser

struct SigningKeys: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "signing-keys",
        abstract: "Look at the keys that sign tokens, rotate them by hand, and take one out in an emergency.",
        discussion: """
            latchkey signing-keys explain
            latchkey signing-keys rotate
            latchkey signing-keys revoke KEY-ID --reason 'its host was stolen'

            Keys rotate by themselves; explain says when.
            """,
        subcommands: [
            ListSigningKeys.self, ShowSigningKey.self, RotateSigningKeys.self, RevokeSigningKey.self, ImportSigningKey.self,
            ExportPublicKey.self, ExplainSigningKeys.self,
        ]
    )
}
