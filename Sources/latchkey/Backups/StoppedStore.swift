import Glibc
import LatchkeyAuthority

/// A store that no daemon has open, for a look at it in a process of its own.
struct StoppedStore {
    /// Its directory.
    let path: String
    let byteCount: Int64
    private let place: PrivateDirectory

    /// The store of an install whose daemon is stopped. Root goes on as its owner.
    init(stateDirectory: String) throws {
        let store = stateDirectory + "/store"
        var status = stat()
        guard stat(store + "/data.mdb", &status) == 0 else {
            throw CommandFailure(
                .failed, "there is no store in \(stateDirectory)", hint: "name the daemon's state directory with --state-dir")
        }
        try OwnerIdentity.take(of: store)
        place = try WorkingDirectory.make()
        path = store
        byteCount = Int64(status.st_size)
    }

    /// The store in a backup, in a private place.
    init(backup file: String, _ passphrase: PassphraseOptions) throws {
        let backup = try BackupFile(path: file)
        let secret = try passphrase.passphrase(for: try backup.header())
        place = try WorkingDirectory.make()
        path = try place.directory("store")
        byteCount = try backup.extract(into: path, passphrase: secret).storeBytes
    }

    /// - Parameters:
    ///   - arguments: of the hidden subcommand, the store's directory among them.
    ///   - restoring: what to do with a store that can't be read.
    /// - Throws: `.failed` also when reading the store ended the process that did it.
    func look<Report: Decodable>(_ type: Report.Type, _ arguments: [String], restoring: String) throws -> Report {
        do {
            return try StoreChild().run(
                type, arguments, masterKey: nil, report: place.path + "/report.json", storeBytes: byteCount)
        } catch let fallen as StoreChild.Fallen {
            throw CommandFailure(
                .failed, "the store is damaged: \(fallen.sentence)", hint: restoring)
        }
    }
}
