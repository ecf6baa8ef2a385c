import LatchkeyAuthority

extension CommandFailure {
    /// A backup that can't be made, read or restored, with what to do about it.
    init(backup error: BackupError) {
        let hint: String? =
            switch error.code {
            case .notABackup: "backups are made with: latchkey backup create FILE"
            case .damaged, .cutShort: "take another backup, or another copy of this one"
            case .passphraseNeeded, .wrongPassphrase: "give the passphrase with --passphrase-file PATH, or on a terminal"
            case .newer, .unsound, .unavailable, .refused: nil
            }
        self.init(.failed, error.message, hint: hint)
    }
}
