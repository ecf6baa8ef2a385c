import HTTPTypes
import HummingbirdCore
import LatchkeyAuthority
import NIOCore

/// A backup on its way to a client: a piece is read from the store, written, and forgotten before the next one is read.
enum BackupAnswer {
    static func answer(_ backup: BackupStream, of authority: Authority) -> Answer {
        var headers: HTTPFields = [.cacheControl: "no-store"]
        headers[.contentType] = "application/octet-stream"
        headers[.contentDisposition] = "attachment; filename=\"latchkey.backup\""
        return .stream(headers) { writer in
            // Whatever becomes of the client, the store's snapshot must not stay.
            defer { backup.close() }
            while let bytes = try await backup.next() { try await writer.write(ByteBuffer(bytes: bytes)) }
            backup.close()
            // The client has all of it: that a full disk forgets it makes it no worse.
            try? await authority.noteBackup(of: backup.header.madeAt)
        }
    }
}
