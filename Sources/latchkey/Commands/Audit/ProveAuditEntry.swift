import ArgumentParser
import LatchkeyVerifier

struct ProveAuditEntry: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Write an audit entry with all that shows that it is in the log.",
        discussion: """
            latchkey audit prove 4711 --out entry-4711.proof

            The file needs nothing but the install's trust anchor to be checked, on any host: latchkey audit check-proof. --json tells what was \
            written to a file as JSON; the proof itself is JSON, too.
            """
    )

    @Argument(help: ArgumentHelp("The entry's number, as audit show has it.", valueName: "seq"))
    var sequence: UInt64

    @Option(help: ArgumentHelp("Write to this file, which is replaced if it is there (default: standard output).", valueName: "path"))
    var out: String?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let bytes = try await DaemonClient.with(daemon, organisation: organisation.org) {
            try await $0.bytes("/v1/audit/proof?seq=\(sequence)")
        }
        let proof: InclusionProof
        do {
            proof = try InclusionProof(reading: bytes)
        } catch {
            throw CommandFailure(.failed, "the daemon's answer can't be used: \(error.message)")
        }
        guard let out else { return try Output.write(bytes.span) }
        let file = try WholeFile(path: out)
        try file.write(bytes.span)
        try file.finish()
        let checkpoint = proof.checkpoint
        guard daemon.json else {
            return try Facts.print([
                ("file", out), ("leaf", "\(proof.leaf) of \(checkpoint.size)"), ("install", checkpoint.install),
                ("head", checkpoint.head.description),
            ])
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("file", out)
            writer.member("leaf", Int64(clamping: proof.leaf))
            writer.member("size", Int64(clamping: checkpoint.size))
            writer.member("installId", checkpoint.install)
            writer.member("head", checkpoint.head.description)
        }
        try Output.json(writer.bytes)
    }
}
