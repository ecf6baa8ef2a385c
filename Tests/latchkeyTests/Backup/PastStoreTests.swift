import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// Stores that earlier versions wrote.
@Suite(.timeLimit(.minutes(2))) struct PastStores {
    private struct Facts: Decodable {
        /// Name → status.
        let identities: [String: String]
        /// Name → whether it is revoked.
        let apiKeys: [String: Bool]
    }

    private struct Shown: Decodable {
        let name: String
        let status: String
    }

    static let all = try! FileManager.default.contentsOfDirectory(atPath: Fixture.path("stores")).filter { $0 != "README.md" }.sorted()

    @Test(arguments: all) func `a store of a past version passes the drill, is restored, and is served`(_ name: String) async throws {
        try await ScratchDirectory.with { scratch in
            let folder = "stores/\(name)/"
            try BackupKit.write(Fixture.bytes(folder + "master.key"), scratch["key"])
            chmod(scratch["key"], 0o400)
            let facts = try JSONDecoder().decode(Facts.self, from: Data(Fixture.bytes(folder + "facts.json")))
            // As it lies in a state directory.
            mkdir(scratch["state"], 0o700)
            mkdir(scratch["state/store"], 0o700)
            try BackupKit.write(Fixture.bytes(folder + "data.mdb"), scratch["state/store/data.mdb"])
            let checked = try await BackupKit.tool(scratch, "fsck", "--state-dir", scratch["state"], "--json")
            #expect(checked.code == 0, "\(checked.output)")
            #expect(try BackupKit.bytes(scratch["state/store/data.mdb"]) == Fixture.bytes(folder + "data.mdb"))
            // As a backup of its time.
            let id = try Store.rehearse(directory: scratch["state/store"], schema: Tables.schema(writer: "test")) { transaction, _ in
                (try #require(try transaction.get(Tables.install, InstallRecord.key)).id, .abort)
            }
            let header = BackupHeader(
                installId: id, madeAt: Timestamp(rfc3339: "2026-11-21T22:00:00Z")!, schemaVersion: 1,
                writer: "latchkey \(name)",
                expectedBytes: 0, masterKey: false, encryption: nil)
            try BackupKit.wrap(header, Fixture.bytes(folder + "data.mdb"), to: scratch["b.backup"])
            let verified = try await BackupKit.tool(scratch, "backup", "verify", scratch["b.backup"], "--master-key-file", scratch["key"])
            #expect(verified.code == 0, "\(verified.output) \(verified.errors)")
            let restored = try await BackupKit.tool(
                scratch, "restore", scratch["b.backup"], "--state-dir", scratch["new"], "--master-key-file", scratch["key"], "--yes")
            #expect(restored.code == 0, "\(restored.errors)")
            try BackupKit.write(Fixture.bytes(folder + "master.key"), scratch["new/master.key"])
            chmod(scratch["new/master.key"], 0o400)
            _ = try await DaemonProcess.with(stateDirectory: scratch["new"]) { daemon in
                let identities = try await daemon.run("identities", "list", "--json").json(ListAnswer<Shown>.self).data
                #expect(Dictionary(uniqueKeysWithValues: identities.map { ($0.name, $0.status) }) == facts.identities)
                #expect(try await Dictionary(uniqueKeysWithValues: daemon.keys().map { ($0.name, $0.revoked) }) == facts.apiKeys)
                #expect(try await daemon.run("tokens", "issue", "--identity", daemon.identity("now").id).code == 0)
            }
        }
    }
}
