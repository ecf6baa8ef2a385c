import Glibc
import LatchkeyAuthority
import LatchkeyVerifier

/// The file in which `--state` remembers the newest bundle that was accepted on this host, and a second one beside it (`FILE.lock`) that keeps
/// two processes from reading and replacing it at once.
///
/// What can't be read is refused, never begun anew: to forget is what whoever brings an old bundle would like.
struct RememberedBundle {
    private static let greatestSize = 4096
    /// Waiting for another process, in steps of a twentieth of a second.
    private static let greatestStepCount = 100
    private static let step: useconds_t = 50_000

    private let path: String

    init(path: String) { self.path = path }

    /// The bundle as one that may be used after what is remembered; it is remembered, durably, before it is given out.
    ///
    /// - Returns: besides the bundle, whether it is the first that is remembered: then nothing was there that an older one could be told by.
    /// - Throws: as `TrustBundle.checked`; `.state` when the file can't be read or replaced.
    func check(
        _ bundle: TrustBundle, by anchor: TrustAnchor, at now: Timestamp
    ) throws(VerificationError) -> (bundle: CheckedBundle, isFirst: Bool) {
        let lock = try lock()
        // Closing alone would leave the lock to a child that was forked and has not yet replaced its image.
        defer {
            flock(lock, LOCK_UN)
            close(lock)
        }
        let known = try read()
        let checked = try bundle.checked(by: anchor, state: known, at: now)
        if checked.state != known { try replace(checked.state) }
        return (checked, known == nil)
    }

    private func lock() throws(VerificationError) -> CInt {
        let name = path + ".lock"
        let file = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("its lock \(name) can't be opened: \(SystemError(number: errno))") }
        for _ in 0..<Self.greatestStepCount {
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return file }
            guard errno == EWOULDBLOCK || errno == EINTR else { break }
            usleep(Self.step)
        }
        close(file)
        throw failure("another process holds its lock \(name); try again when that has ended")
    }

    /// `nil` when nothing was remembered yet.
    private func read() throws(VerificationError) -> BundleState? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else {
            guard errno == ENOENT else { throw failure("it can't be read: \(SystemError(number: errno))") }
            return nil
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw failure("it is not a regular file") }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw failure("it belongs to another user, so it proves nothing: find out who made it; it has to be this user's own")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw failure("others may write it, so it proves nothing: chmod 600 \(ShellWord.quoted(path))")
        }
        let bytes: [UInt8]
        do {
            bytes = try Descriptor.read(file, limit: Self.greatestSize)
        } catch {
            throw failure("it can't be read: \(error)")
        }
        do {
            return try BundleState(json: bytes)
        } catch {
            throw failure(error.message)
        }
    }

    private func replace(_ state: BundleState) throws(VerificationError) {
        do {
            let file = try WholeFile(path: path, option: "--state")
            try file.write(state.json().span)
            try file.finish()
        } catch {
            throw failure("it can't be replaced: \(error.message)")
        }
    }

    private func failure(_ what: String) -> VerificationError {
        VerificationError(.state, "the state file \(path) can't be used: \(what)")
    }
}
