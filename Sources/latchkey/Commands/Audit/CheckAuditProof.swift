import ArgumentParser
import LatchkeyVerifier

struct CheckAuditProof: Command {
    static let configuration = CommandConfiguration(
        commandName: "check-proof",
        abstract: "Check a proof over the audit log with the install's trust anchor and nothing else: no daemon, no network.",
        discussion: """
            latchkey audit check-proof entry-4711.proof --anchor anchor.pem

            Prints the entry and ends with 0 when it is in the log that the anchor has signed for, with 5 and the reason when that is not shown.
            """
    )

    @Argument(help: ArgumentHelp("The proof, as latchkey audit prove writes it.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The trust anchor of the install, as latchkey anchor show --out writes it.", valueName: "file"))
    var anchor: String

    @Flag(help: "Print JSON, also when the proof is not good.")
    var json = false

    func run() throws {
        do {
            let trusted = try TrustAnchor(pem: InputFile.read(anchor, limit: TrustAnchor.greatestSize))
            let proof = try InclusionProof(reading: InputFile.read(file, limit: InclusionProof.greatestSize))
            try proof.check(trusted)
            try tell(proof)
        } catch let error as LogError {
            try refuse(error.reason.rawValue, error.message)
        } catch let error as VerificationError {
            try refuse(error.reason.rawValue, error.message)
        }
    }

    private func tell(_ proof: InclusionProof) throws {
        let checkpoint = proof.checkpoint
        let entry = try JSONDocument(proof.entry).root
        guard json else {
            return try Facts.print(
                AuditReport(entry).facts + [
                    ("install", checkpoint.install), ("leaf", "\(proof.leaf) of \(checkpoint.size)"),
                    ("head", checkpoint.head.description),
                ])
        }
        var writer = JSONWriter(capacity: 4096)
        writer.object { writer in
            writer.member("valid", true)
            writer.member("installId", checkpoint.install)
            writer.member("leaf", Int64(clamping: proof.leaf))
            writer.member("size", Int64(clamping: checkpoint.size))
            writer.member("head", checkpoint.head.description)
            writer.member("checkpoint", checkpoint.text)
            writer.key("entry")
            writer.raw(entry.raw)
        }
        try Output.json(writer.bytes)
    }

    private func refuse(_ reason: String, _ message: String) throws -> Never {
        if json {
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("valid", false)
                writer.member("reason", reason)
                writer.member("message", message)
            }
            try Output.json(writer.bytes)
        }
        throw CommandFailure(.unverified, "\(reason): \(message)")
    }
}
