@testable import LatchkeyAuthority
import LatchkeyServer
import LatchkeyCrypto
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("A backup over the admin socket")
    struct BackupRouteTests {
        private func read(_ bytes: [UInt8], _ passphrase: String? = nil) throws -> (header: BackupHeader, content: [UInt8], key: Secret?) {
            var reader = BackupReader(passphrase: passphrase.map { Secret(copying: Array($0.utf8)) })
            var content: [UInt8] = []
            try reader.read(bytes) { content += $0 }
            try reader.finish()
            return (try #require(reader.header), content, reader.masterKey)
        }

        @Test("is streamed as a file that is whole, by its own checksum, and told of in the log")
        func streamed() async throws {
            try await withDaemon { daemon in
                let reply = try await daemon.admin("POST", "/v1/admin/backup", body: "{}")
                #expect(reply.status == 200 && reply["content-type"] == "application/octet-stream" && reply["cache-control"] == "no-store")
                let backup = try read(reply.body)
                #expect(backup.header.installId == daemon.authority.install.id && backup.header.encryption == nil)
                // An LMDB file begins with a page that says so.
                #expect(Array(backup.content[16..<20]) == [0xDE, 0xC0, 0xEF, 0xBE])
                #expect(try await daemon.admin("POST", "/v1/admin/backup").status == 200)
                #expect(try daemon.audit(.backupCreated).count == 2)
            }
        }

        @Test("is the newest one for the status once it was sent to its end, and not when it was refused")
        func newest() async throws {
            try await withDaemon { daemon in
                let last = { try await daemon.admin("GET", "/v1/admin/status").json["lastBackupAt"]?.text }
                #expect(try await last() == nil)
                _ = try await daemon.admin("POST", "/v1/admin/backup", body: #"{"passphrase":7}"#)
                #expect(try await last() == nil)
                let first = try read(try await daemon.admin("POST", "/v1/admin/backup").body)
                #expect(try await last() == first.header.madeAt.description)
                daemon.clock.advance(seconds: 3600)
                let second = try read(try await daemon.admin("POST", "/v1/admin/backup").body)
                #expect(second.header.madeAt > first.header.madeAt)
                #expect(try await last() == second.header.madeAt.description)
            }
        }

        @Test("is encrypted to a passphrase, with the master key when that is asked for")
        func encrypted() async throws {
            try await withDaemon { daemon in
                let body = #"{"passphrase":"several words \" of mine","withMasterKey":true}"#
                let reply = try await daemon.admin("POST", "/v1/admin/backup", body: body)
                let backup = try read(reply.body, "several words \" of mine")
                #expect(backup.header.masterKey && backup.key?.count == 32)
                for (body, field) in [
                    (#"{"withMasterKey":true}"#, "withMasterKey"), (#"{"passphrase":"short"}"#, "passphrase"),
                    (#"{"passphrase":7}"#, "passphrase"), (#"{"passphrase":"first line\nsecond line"}"#, "passphrase"),
                    (#"{"passphrase":"\#(String(repeating: "a", count: 1025))"}"#, "passphrase"),
                ] {
                    let refused = try await daemon.admin("POST", "/v1/admin/backup", body: body)
                    #expect(refused.status == 400 && refused.json["field"]?.text == field)
                }
            }
        }

        @Test("takes every passphrase that the command line takes")
        func long() async throws {
            try await withDaemon { daemon in
                let words = String(repeating: "a", count: 1024)
                let reply = try await daemon.admin("POST", "/v1/admin/backup", body: #"{"passphrase":"\#(words)"}"#)
                #expect(reply.status == 200)
                _ = try read(reply.body, words)
            }
        }

        @Test("is refused for a while when another one is being made")
        func turns() async throws {
            try await withDaemon { daemon in
                let caller = Caller(try daemon.authority.administrator(uid: 0, organisation: nil), RequestOrigin())
                let held = try await daemon.authority.backUp(BackupRequest(), by: caller)
                let reply = try await daemon.admin("POST", "/v1/admin/backup")
                #expect(reply.status == 503 && reply.code == "storage_unavailable" && reply["retry-after"] != nil)
                held.close()
                #expect(try await daemon.admin("POST", "/v1/admin/backup").status == 200)
            }
        }

        @Test("is for the operator on the socket alone")
        func operatorOnly() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                #expect(try await daemon.call("POST", "/v1/admin/backup", key: key.secret).status == 404)
                let reply = try await daemon.admin("POST", "/v1/admin/backup", [("x-api-key", key.secret)])
                #expect(reply.status == 403 && reply.code == "peer_not_allowed")
            }
        }
    }
}
