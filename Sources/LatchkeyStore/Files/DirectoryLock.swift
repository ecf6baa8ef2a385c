import Glibc
import Synchronization

/// Holds a store's directory for one `Store`: a second one, in this or another process, is refused as long as this lives.
///
/// The file also remembers that a store was made here, so that a lost or emptied `data.mdb` isn't mistaken for a first start.
final class DirectoryLock: Sendable {
    private static let name = "latchkey.lock"
    private let descriptor: Int32
    private let isHeld = Mutex(true)

    init(directory: String) throws(StoreError) {
        let opened = unsafe open("\(directory)/\(Self.name)", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw .failure(errno, "open \(Self.name) in the store's directory \(directory)") }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            Glibc.close(opened)
            guard number == EWOULDBLOCK else { throw .failure(number, "lock the store") }
            throw StoreError(
                .locked, "the store in \(directory) is in use by another process; stop that first, or choose another directory",
                cause: number)
        }
        descriptor = opened
    }

    deinit { release() }

    /// Lets the next one in. Safe to call again.
    func release() {
        isHeld.withLock { held in
            guard held else { return }
            held = false
            // Closing alone would leave the lock to a child that was forked and has not yet replaced its image.
            flock(descriptor, LOCK_UN)
            Glibc.close(descriptor)
        }
    }

    /// Whether ``remember()`` was ever called in this directory.
    var remembersStore: Bool {
        var byte: UInt8 = 0
        return unsafe pread(descriptor, &byte, 1, 0) == 1
    }

    func remember() throws(StoreError) {
        let text = Array("A store was made here. Keep this file beside data.mdb.\n".utf8)
        guard unsafe pwrite(descriptor, text, text.count, 0) == text.count, fsync(descriptor) == 0 else {
            throw .failure(errno, "write to the store's directory")
        }
    }
}
