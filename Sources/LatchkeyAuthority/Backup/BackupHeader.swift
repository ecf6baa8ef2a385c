import FoundationEssentials
import LatchkeyCrypto
package import LatchkeyVerifier

/// What a backup file says of itself before its content.
package struct BackupHeader: Sendable, Equatable, Codable {
    /// How the content is encrypted.
    package struct Encryption: Sendable, Equatable, Codable {
        package let kdf: String
        /// The power of two that is scrypt's N.
        package let logN: Int
        package let r: Int
        package let p: Int
        /// base64url.
        package let salt: String
        /// Tells the right passphrase from a wrong one; base64url.
        package let check: String
    }

    package let installId: String
    package let madeAt: Timestamp
    package let schemaVersion: Int
    /// The program that made it.
    package let writer: String
    /// About how many bytes the content has, for whoever watches; the file's end says it exactly.
    package let expectedBytes: Int64
    /// Whether the master key is in the content.
    package let masterKey: Bool
    package let encryption: Encryption?

    func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    init(
        installId: String, madeAt: Timestamp, schemaVersion: Int, writer: String, expectedBytes: Int64, masterKey: Bool,
        encryption: Encryption?
    ) {
        self.installId = installId
        self.madeAt = madeAt
        self.schemaVersion = schemaVersion
        self.writer = writer
        self.expectedBytes = expectedBytes
        self.masterKey = masterKey
        self.encryption = encryption
    }

    /// - Throws: `.damaged` for bytes that are no header, `.newer` for an encryption that is not known here.
    init(bytes: [UInt8]) throws(BackupError) {
        guard let header = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
            throw BackupError(.damaged, "the file is damaged: its header can't be read")
        }
        self = header
        if let encryption, encryption.kdf != "scrypt" || encryption.cost == nil {
            throw BackupError(.newer, "the file is encrypted in a way that this program does not know; use the one that made it: \(writer)")
        }
        guard !masterKey || encryption != nil else {
            throw BackupError(.damaged, "the file is damaged: it claims to hold a master key in the clear, which none does")
        }
    }
}

extension BackupHeader.Encryption {
    init(salt: [UInt8], check: [UInt8], cost: Scrypt.Cost) {
        self.init(
            kdf: "scrypt", logN: cost.logCost, r: cost.blockSize, p: cost.parallelism, salt: Base64URL.encode(salt),
            check: Base64URL.encode(check))
    }

    /// `nil` beyond what this program is ready to pay.
    var cost: Scrypt.Cost? { Scrypt.Cost(logCost: logN, blockSize: r, parallelism: p) }

    /// The key of the content.
    ///
    /// - Throws: `.wrongPassphrase`, `.damaged`.
    func key(_ passphrase: Secret) throws(BackupError) -> Secret {
        guard let cost, let salt = Base64URL.decode(salt), let check = Base64URL.decode(check) else {
            throw BackupError(.damaged, "the file is damaged: its header can't be read")
        }
        let derived: (key: Secret, check: [UInt8])
        do {
            derived = try BackupFormat.keys(passphrase, salt: salt, cost: cost)
        } catch {
            throw BackupError(.unavailable, error.message)
        }
        guard ConstantTime.equal(derived.check, check) else {
            throw BackupError(.wrongPassphrase, "the passphrase is not the one that this backup was encrypted with")
        }
        return derived.key
    }
}
