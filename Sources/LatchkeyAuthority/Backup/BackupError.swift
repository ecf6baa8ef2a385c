/// Why a backup can't be made, read or restored. Two errors are equal when their codes are.
package struct BackupError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The file is of another kind.
        case notABackup
        /// A later program made it.
        case newer
        /// Bytes of the file were changed.
        case damaged
        /// The file ends too early.
        case cutShort
        case passphraseNeeded
        case wrongPassphrase
        /// It is whole, but what it holds is not a sound store.
        case unsound
        /// Something in the way: a file, a directory, a running daemon, no room.
        case unavailable
        /// It is another install's, or would undo what must not be undone.
        case refused
    }

    package let code: Code
    /// A sentence for a person: what is wrong, and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// A restore that would bring back what died since the backup: it takes the operator's word.
    package static func unmerged(_ why: String) -> BackupError {
        BackupError(
            .refused,
            "\(why). What was revoked, suspended or retired since the backup can't be learned from it, and would live again; nothing was changed. To "
                + "restore all the same, say --without-merge: what may have died is listed then")
    }

    package var description: String { message }

    package static func == (a: Self, b: Self) -> Bool { a.code == b.code }
}
