import FoundationEssentials
import Glibc
import LatchkeyServer

/// Where the daemon of a state directory looks for its master key (latchkey.conf(5)).
struct MasterKeyPlace {
    let path: String

    /// - Parameters:
    ///   - directory: the state directory.
    ///   - settingsFile: the daemon's, as it was named; `nil`: the package's, where that is the one of this directory.
    ///   - root: what the paths of the package are under, for tests.
    /// - Throws: `.usage`, `ConfigurationError` for a settings file that was named and can't be used, or is another directory's.
    static func find(_ directory: String, settingsFile: String?, root: String = "") throws -> MasterKeyPlace {
        let beside = MasterKeyPlace(path: directory + "/master.key")
        let package = root + Packaged.settingsFile
        let file: [Setting: String]
        if let settingsFile {
            file = try ConfigurationFile.read(settingsFile)
            if let other = file[.stateDirectory], !isSame(other, directory) {
                throw CommandFailure(.usage, "\(settingsFile) is of the state directory \(other), not of \(directory)")
            }
        } else {
            guard access(package, F_OK) == 0 else { return beside }
            do {
                file = try ConfigurationFile.read(package)
            } catch {
                // Another directory's settings are nobody's business here; those of this one have to be known.
                guard isSame(Packaged.stateDirectory, directory) else { return beside }
                throw error
            }
            guard let own = file[.stateDirectory], isSame(own, directory) else { return beside }
        }
        if let named = file[.masterKeyFile], !named.isEmpty { return MasterKeyPlace(path: named) }
        // The service manager's is the package's daemon's alone.
        let isPackaged = settingsFile.map { isSame($0, package) } ?? true
        guard isPackaged, access(root + Packaged.credential, F_OK) == 0 else { return beside }
        return MasterKeyPlace(path: root + Packaged.credential)
    }

    /// The key that lies there now.
    ///
    /// - Parameter withoutKeys: it is not needed, and not looked at.
    /// - Throws: `.failed` for a file that holds none.
    func present(withoutKeys: Bool) throws(CommandFailure) -> FoundMasterKey? {
        withoutKeys || access(path, F_OK) != 0 ? nil : try FoundMasterKey.read(path)
    }

    /// Whether two paths are one place; of one that is not there the words decide.
    private static func isSame(_ one: String, _ other: String) -> Bool { resolved(one) == resolved(other) }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }
        defer { free(real) }
        return String(cString: real)
    }
}
