import LatchkeyAuthority
import LatchkeyCrypto

/// `POST /v1/admin/backup`.
struct BackupBody: RequestBodyType {
    var passphrase: String?
    var withMasterKey: Bool?
    var orgId: String?

    /// Bytes, of most passphrases as many characters. What else a passphrase is, its own room says.
    private static let length = BackupRequest.passphraseBytes

    static let schema = Schema.body(
        "CreateBackup",
        [
            .optional(
                "passphrase",
                .string(length: length).sampled("correct horse battery staple")
                    .noted("Encrypts the backup; whoever loses it has lost the backup")),
            .optional(
                "withMasterKey",
                .boolean.sampled(false).noted("Also the master key that opens the private keys; only together with a passphrase")),
            .optional("orgId", .organisationId),
        ])

    static var whenAbsent: Self? { Self() }

    var request: BackupRequest {
        BackupRequest(passphrase: passphrase.map { Secret(copying: Array($0.utf8)) }, includesMasterKey: withMasterKey ?? false)
    }
}
