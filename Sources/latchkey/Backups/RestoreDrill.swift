import Glibc
import LatchkeyAuthority
import LatchkeyCrypto

/// Opens a backup in a private place, and finds out in a process of its own whether an install could go on with it.
struct RestoreDrill {
    let place: PrivateDirectory
    let masterKeyFile: String?
    let withoutKeys: Bool
    /// Opens the store.
    var child = StoreChild()

    /// - Parameters:
    ///   - present: a master key that goes before the one in the backup.
    ///   - fallback: the master key of whoever is asked last.
    /// - Throws: `BackupError` for a file that is no whole backup; `.failed` when there is no master key to try the keys with.
    func run(
        _ backup: borrowing BackupFile, _ passphrase: Secret?, preferring present: FoundMasterKey? = nil,
        fallback: () async throws -> FoundMasterKey?
    ) async throws -> DrillResult {
        let store = try place.directory("store")
        var progress = BackupProgress("reading", expected: backup.size)
        defer { progress.clear() }
        let content = try backup.extract(into: store, passphrase: passphrase) { progress.set($0) }
        progress.clear()
        let masterKey = try await masterKey(content, present, fallback)
        let arguments = ["drill", store] + (masterKey == nil ? [] : ["--master-key"])
        do {
            let report = try child.run(
                DrillReport.self, arguments, masterKey: masterKey?.key, report: place.path + "/report.json", storeBytes: content.storeBytes)
            return DrillResult(content: content, report: report, masterKey: masterKey, fallen: nil)
        } catch let fallen as StoreChild.Fallen {
            return DrillResult(content: content, report: nil, masterKey: masterKey, fallen: fallen.sentence)
        }
    }

    private func masterKey(
        _ content: BackupFile.Content, _ present: FoundMasterKey?, _ fallback: () async throws -> FoundMasterKey?
    ) async throws -> FoundMasterKey? {
        if withoutKeys { return nil }
        if let present { return present }
        if let masterKeyFile { return try FoundMasterKey.read(masterKeyFile) }
        if let key = content.masterKey { return FoundMasterKey(key: key, source: "the backup") }
        if let key = try await fallback() { return key }
        throw CommandFailure(
            .failed, "there is no master key to open the backup's keys with: it is not in the backup, and none can be read here",
            hint: "name it with --master-key-file PATH, or leave the keys untried with --without-keys")
    }
}
