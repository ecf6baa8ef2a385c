import LatchkeyCrypto
import LatchkeyStore

/// The bytes of a backup file on their way, each piece read from the store when it is asked for.
package final class BackupStream: @unchecked Sendable {
    private enum Stage {
        case start, middle, done
    }

    /// Seconds that it may take, whatever the size of the store, and bytes of a store that it may take another second for: a reader that
    /// dawdles must not pin the store's free pages for days.
    private static let patience: Int64 = 600
    private static let pace: Int64 = 1 << 20

    package let header: BackupHeader
    private let copy: StoreCopy
    private let ticket: BackupTurn.Ticket
    private let clock: SteadyClock
    /// By the clock that nobody can set, in milliseconds.
    private let deadline: Int64
    // One reader at a time has these.
    private var writer: BackupWriter
    private var masterKey: Secret?
    private var stage = Stage.start

    init(
        _ header: BackupHeader, _ writer: BackupWriter, _ copy: StoreCopy, _ masterKey: Secret?, _ ticket: BackupTurn.Ticket,
        _ clock: SteadyClock
    ) {
        self.header = header
        self.ticket = ticket
        self.clock = clock
        deadline = clock.uptime() + (Self.patience + header.expectedBytes / Self.pace) * 1000
        self.writer = writer
        self.copy = copy
        self.masterKey = masterKey
    }

    /// The next bytes; `nil` at the end. One at a time.
    ///
    /// - Throws: when the store can't be read to its end, `.unavailable` when that takes too long. What was given out until then is no backup.
    package func next() async throws -> [UInt8]? {
        guard stage == .done || clock.uptime() < deadline else {
            close()
            throw BackupError(
                .unavailable, "the backup was not taken within \(Self.patience + header.expectedBytes / Self.pace) s, and was given up")
        }
        switch stage {
        case .start:
            stage = .middle
            let bytes = try writer.begin(masterKey: masterKey)
            masterKey = nil
            return bytes
        case .middle:
            while let piece = try await copy.next() {
                let bytes = try writer.add(piece)
                if !bytes.isEmpty { return bytes }
            }
            stage = .done
            let bytes = try writer.finish()
            close()
            return bytes
        case .done:
            return nil
        }
    }

    /// Lets go of the store, wherever it stands, and lets the next one begin.
    package func close() {
        copy.close()
        ticket.giveBack()
    }
}
