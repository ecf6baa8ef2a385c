import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

/// A backup that was made, for people and for programs.
struct BackupResult {
    struct Made {
        let header: BackupHeader
        let byteCount: Int64
        /// SHA-256 of the whole file.
        let sha256: [UInt8]
    }

    let path: String
    let made: Made
    /// The restore drill that it passed; `nil` when none was asked for.
    let proof: DrillResult?
    /// Names of old ones that made room.
    let removed: [String]

    var facts: [(name: String, value: String?)] {
        let header = made.header
        return [
            ("backup", path), ("size", ExportProgress.size(made.byteCount)), ("made", header.madeAt.description),
            ("install", header.installId), ("sha-256", Hexadecimal.text(made.sha256)),
            ("encrypted", header.encryption == nil ? "no; private keys are sealed all the same" : "yes: without the passphrase it is lost"),
            (
                "master key",
                header.masterKey ? "in the backup" : "not in the backup: keep a copy of it elsewhere, a restore needs both"
            ),
            ("removed", removed.isEmpty ? nil : removed.joined(separator: " ")),
            ("proven", proven),
            ("next", proof == nil ? "prove it: latchkey backup verify \(ShellWord.quoted(path))" : nil),
        ]
    }

    private var proven: String? {
        guard let proof else { return nil }
        return proof.report?.triesKeys == true ? "yes" : "yes, but for its keys: there is no master key here to try them with"
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("file", path)
            writer.member("bytes", made.byteCount)
            writer.member("madeAt", made.header.madeAt)
            writer.member("installId", made.header.installId)
            writer.member("sha256", Hexadecimal.text(made.sha256))
            writer.member("encrypted", made.header.encryption != nil)
            writer.member("masterKey", made.header.masterKey)
            if let proof {
                writer.member("proven", true)
                writer.member("keysTried", proof.report?.triesKeys == true)
            }
            writer.key("removed")
            writer.array { for name in removed { $0.string(name) } }
        }
        return writer.bytes
    }
}
