import LatchkeyVerifier

/// The two files that a verifier without a network holds.
enum TrustFiles {
    /// - Throws: `.failed` when the file can't be read, `.unverified` when it holds no anchor.
    static func anchor(_ path: String) throws(CommandFailure) -> TrustAnchor {
        let bytes = try InputFile.read(path, limit: TrustAnchor.greatestSize)
        do {
            return try TrustAnchor(pem: bytes)
        } catch {
            throw CommandFailure(.unverified, "\(error.reason.rawValue): \(path): \(error.message)")
        }
    }

    /// - Throws: `.failed` when the file can't be read, `.unverified` when it is no bundle.
    static func bundle(_ path: String) throws(CommandFailure) -> TrustBundle {
        let bytes = try InputFile.read(path, limit: TrustBundle.greatestSize)
        do {
            return try TrustBundle(reading: bytes)
        } catch {
            throw CommandFailure(.unverified, "\(error.reason.rawValue): \(path): \(error.message)")
        }
    }
}
