import LatchkeyAuthority

/// Whether verifiers are served the key ring that the daemon has.
struct JWKSCheck {
    /// States of signing keys that are in the JWKS.
    private static let published: Set<String> = ["standby", "active", "grace"]
    private static let check = "jwks"

    private let install: ExaminedInstall
    /// Where verifiers fetch it; `nil`: where the daemon listens.
    private let address: DaemonURL?
    private let authorities: String?

    init(_ install: ExaminedInstall, address: DaemonURL?, authorities: String?) {
        self.install = install
        self.address = address
        self.authorities = authorities
    }

    var finding: Finding {
        get async {
            guard let status = install.status, case .status(_, let own) = install.answer else {
                return .skipped(Self.check, install.silence)
            }
            guard let url = address ?? status["listen"]?.text.flatMap({ DaemonURL($0) }) else {
                return .skipped(Self.check, "the daemon does not say where it listens")
            }
            guard let shown = own.flatMap({ Self.keys($0) }) else {
                return .failed(Self.check, "the daemon shows no JWKS: there is no key in it", mend: "latchkey signing-keys explain")
            }
            let served: Set<String>
            do {
                served = try await fetch(url, status)
            } catch {
                return .failed(Self.check, "the JWKS can't be fetched: \(error.message)", mend: curl(url))
            }
            guard served == shown else {
                return .failed(Self.check, "what is served at \(url.text) is not the JWKS of this daemon", mend: curl(url))
            }
            let ring = (status["signingKeys"]?.elements ?? []).filter { Self.published.contains($0["status"]?.text ?? "") }
            let missing = ring.compactMap { $0["keyId"]?.text }.filter { id in !shown.contains { $0.contains("\"\(id)\"") } }
            guard missing.isEmpty else {
                return .failed(
                    Self.check, "the JWKS lacks \(missing.joined(separator: " ")) of the key ring", mend: "latchkey signing-keys explain")
            }
            return .ok(Self.check, "\(url.text) serves the \(shown.count) keys that the daemon shows at its socket")
        }
    }

    private func curl(_ url: DaemonURL) -> String {
        "see what answers there: curl -i \(ShellWord.quoted(url.text + "/.well-known/jwks.json"))"
    }

    private func fetch(_ url: DaemonURL, _ status: JSONValue) async throws(CommandFailure) -> Set<String> {
        let fingerprint = address == nil ? status["tls"]?["sha256"]?.text : nil
        let trust: TLSTrust = authorities.map { TLSTrust.authorities($0) } ?? fingerprint.map { TLSTrust.exactly($0) } ?? .system
        let bytes: [UInt8]
        do {
            bytes = try await DaemonClient.with(.address(url, key: nil, trust: trust)) { (client) async throws -> [UInt8] in
                try await client.bytes("/.well-known/jwks.json")
            }
        } catch {
            throw error as? CommandFailure ?? CommandFailure(.failed, "\(error)")
        }
        guard let keys = Self.keys(bytes) else { throw CommandFailure(.failed, "what \(url.text) serves is not a JWKS") }
        return keys
    }

    /// The keys of a set, each as it is written; `nil` when it is none, or has none.
    private static func keys(_ bytes: [UInt8]) -> Set<String>? {
        guard let elements = try? JSONDocument(bytes).root["keys"]?.elements, !elements.isEmpty else { return nil }
        return Set(elements.map { String(decoding: $0.raw, as: UTF8.self) })
    }
}
