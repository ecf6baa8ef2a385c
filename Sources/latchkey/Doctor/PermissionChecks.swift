import FoundationEssentials
import Glibc
import LatchkeyAuthority
import LatchkeyServer

/// Whose the files of an install are, and who else gets at them.
struct PermissionChecks {
    private let install: ExaminedInstall

    init(_ install: ExaminedInstall) { self.install = install }

    var findings: [Finding] { [stateDirectory, storeFiles, adminSocket, settingsFile] }

    // MARK: The state directory

    private var stateDirectory: Finding {
        let check = "state-directory"
        guard let path = install.stateDirectory else { return .skipped(check, "it is not known where: name it with --state-dir DIR") }
        let facts: FileFacts
        do throws(SystemError) {
            facts = try FileFacts(path)
        } catch {
            return absent(check, path, error)
        }
        if let other = install.status?["stateDir"]?.text, install.isStateDirectoryGiven, !Self.isSame(path, other) {
            return .failed(
                check, "the daemon at \(install.socket) has its state in \(other), not in \(path)",
                mend: "latchkey doctor --state-dir \(ShellWord.quoted(other))")
        }
        do {
            try StateDirectory(path).check(owner: nil)
        } catch {
            return .failed(check, error.message, mend: "chmod 0700 \(ShellWord.quoted(path))")
        }
        if install.isPackaged, let user = getpwnam(Packaged.user), user.pointee.pw_uid != facts.owner {
            return .failed(
                check, "the state directory \(path) does not belong to the user \(Packaged.user)",
                mend: "chown -R \(Packaged.user):\(Packaged.user) \(path)")
        }
        return .ok(check, "\(path) is its owner's alone")
    }

    private func absent(_ check: String, _ path: String, _ error: SystemError) -> Finding {
        if error.number == EACCES { return .skipped(check, "this user may not look at \(path)", mend: install.asRoot) }
        if !path.hasPrefix("/"), install.status != nil {
            return .skipped(
                check, "the daemon calls it \(path), from a directory that is not known here", mend: "latchkey doctor --state-dir DIR")
        }
        return .failed(check, "the state directory \(path) is not there: \(error)", mend: install.start)
    }

    private static func isSame(_ a: String, _ b: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard stat(a, &first) == 0, stat(b, &second) == 0 else { return a == b }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    // MARK: The store

    private var storeFiles: Finding {
        let check = "store-files"
        guard let directory = install.stateDirectory, let owner = install.owner else {
            return .skipped(check, "the state directory comes first")
        }
        let store = StateDirectory(directory).store
        if FileFacts.isOutOfReach(store) { return .skipped(check, "this user may not look into \(store)", mend: install.asRoot) }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: store), names.contains("data.mdb") else {
            return .failed(
                check, "there is no store in \(directory)", mend: "latchkey restore FILE --state-dir \(ShellWord.quoted(directory))")
        }
        for path in [store] + names.sorted().map({ "\(store)/\($0)" }) {
            // One that went away meanwhile is nobody's.
            guard let facts = try? FileFacts(path) else { continue }
            guard facts.mode & 0o077 == 0 else {
                return .failed(
                    check, "\(path) is open to others than its owner (mode \(facts.modeText))",
                    mend: "chmod -R go= \(ShellWord.quoted(store))")
            }
            guard facts.owner == owner else {
                return .failed(
                    check, "\(path) belongs to another user than the state directory, so the daemon can't use it",
                    mend: "chown -R --reference=\(ShellWord.quoted(directory)) \(ShellWord.quoted(store))")
            }
        }
        return .ok(check, "\(store) and what is in it is its owner's alone")
    }

    // MARK: The admin socket

    private var adminSocket: Finding {
        let check = "admin-socket"
        let path = install.socket
        let facts: FileFacts
        do throws(SystemError) {
            facts = try FileFacts(path)
        } catch {
            return .skipped(check, error.number == EACCES ? "this user may not look at \(path)" : "there is no socket at \(path)")
        }
        guard facts.isSocket else {
            return .failed(check, "\(path) is not a socket", mend: "rm \(ShellWord.quoted(path)), then: \(install.restart)")
        }
        let again = path == SocketOptions.packagedSocket ? "systemctl restart latchkey-admin.socket" : install.restart
        guard facts.mode & 0o007 == 0 else {
            return .failed(check, "\(path) is open to others than root and the admin group (mode \(facts.modeText))", mend: again)
        }
        guard facts.owner == 0 || install.owner == nil || facts.owner == install.owner else {
            return .failed(check, "\(path) belongs to another user than the state directory: it may be somebody else's", mend: again)
        }
        return .ok(check, "\(path) lets in root, its owner" + (facts.mode & 0o070 == 0 ? "" : " and its group") + ", and nobody else")
    }

    // MARK: The settings file

    private var settingsFile: Finding {
        let check = "settings-file"
        guard let path = install.settingsFile else { return .skipped(check, "no settings file is used") }
        let facts: FileFacts
        do throws(SystemError) {
            facts = try FileFacts(path)
        } catch {
            if error.number == EACCES { return .skipped(check, "this user may not look at \(path)", mend: install.asRoot) }
            return .failed(check, "the settings file \(path) is not there: \(error)", mend: "put it back: the next start needs it")
        }
        guard facts.mode & 0o022 == 0 else {
            return .failed(
                check, "\(path) can be changed by others than its owner (mode \(facts.modeText))",
                mend: "chmod go-w \(ShellWord.quoted(path))")
        }
        guard facts.owner == 0 || install.owner == nil || facts.owner == install.owner else {
            return .failed(
                check, "\(path) belongs neither to root nor to the daemon's user, so somebody else decides how it runs",
                mend: "chown root \(ShellWord.quoted(path))")
        }
        return .ok(check, "\(path) can be changed by its owner alone")
    }
}
