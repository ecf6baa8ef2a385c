import FoundationEssentials
import Glibc
import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("The admin socket")
    struct AdminSocketTests {
        private static func mode(_ path: String) -> (mode: mode_t, uid: uid_t, gid: gid_t, isSocket: Bool) {
            var status = stat()
            lstat(path, &status)
            return (status.st_mode & 0o7777, status.st_uid, status.st_gid, status.st_mode & S_IFMT == S_IFSOCK)
        }

        @Test("makes its own user the administrator, with no credential")
        func ownUser() async throws {
            try await withDaemon { daemon in
                let reply = try await daemon.admin("POST", "/v1/api-keys", body: #"{"name":"first","scopes":["*"]}"#)
                let key = try TestDaemon.key(reply)
                #expect(reply.json["apiKey"]?["createdBy"]?.text == "admin-socket:uid=\(geteuid())")
                #expect(reply.json["apiKey"]?["rootId"]?.text == key.id, "what the operator makes is its own root")
                #expect(reply.json["apiKey"]?["scopes"]?.texts == ["*:*:*:*"])
                let status = try await daemon.admin("GET", "/v1/admin/status").json
                #expect(status["listen"]?.text == daemon.running.url && status["adminSocket"]?.text == daemon.running.adminSocket)
                #expect(status["stateDir"]?.text == daemon.scratch.state && status["issuer"]?.text == daemon.running.url)
                #expect(
                    status["signingKeys"]?.elements?.compactMap { $0["status"]?.text } == ["active", "standby"]
                        || status["signingKeys"]?.elements?.count == 2)
                #expect(status["counts"]?["apiKeys"]?.number == Double(1 + Neighbour.keys))
            }
        }

        @Test("is for its owner alone without an admin group, and goes away with the daemon")
        func ownerOnly() async throws {
            let scratch = Scratch()
            let path = scratch.path + "/admin.sock"
            try await withDaemon(scratch: scratch) { daemon in
                // The packaged group may exist where the tests run.
                let hasGroup = PeerPolicy.group(named: "latchkey") != nil
                let found = Self.mode(path)
                #expect(found.isSocket && found.mode == (hasGroup ? 0o660 : 0o600) && found.uid == geteuid())
            }
            #expect(access(path, F_OK) != 0)
        }

        @Test("admits a member of the admin group, also a supplementary one, and nobody else", .enabled(if: Child.isPossible))
        func groups() async throws {
            let scratch = Scratch()
            try await withDaemon([.adminGroup: "games"], scratch: scratch) { daemon in
                let path = daemon.running.adminSocket
                let found = Self.mode(path)
                #expect(found.mode == 0o660 && found.gid == PeerPolicy.group(named: "games"))
                let key = try await daemon.key("*")
                // What the file's mode keeps out is let through to the kernel's word on who it is.
                chmod(path, 0o666)
                func ask(_ request: String, group: String, groups: [String]) async throws -> Reply {
                    try await Child.request(request, socket: path, user: "nobody", group: group, groups: groups, scratch: scratch)
                }
                let plain = TestDaemon.request("GET", "/v1/admin/status", [("connection", "close")])
                let withKey = TestDaemon.request("GET", "/v1/api-keys", [("connection", "close"), ("x-api-key", key.secret)])
                let open = TestDaemon.request("GET", "/health", [("connection", "close")])
                for request in [plain, withKey, open] {
                    expectError(try await ask(request, group: "nogroup", groups: []), 403, "peer_not_allowed")
                    #expect(try await ask(request, group: "nogroup", groups: ["games"]).status == 200)
                    #expect(try await ask(request, group: "games", groups: []).status == 200)
                }
                let mint = TestDaemon.request("POST", "/v1/api-keys", [("connection", "close")], body: #"{"name":"x","scopes":["*"]}"#)
                expectError(try await ask(mint, group: "nogroup", groups: ["nogroup"]), 403, "peer_not_allowed")
                let made = try await ask(mint, group: "nogroup", groups: ["games"])
                daemon.ledger.note(made)
                #expect(made.json["apiKey"]?["createdBy"]?.text == "admin-socket:uid=\(getpwnam("nobody").pointee.pw_uid)")
            }
        }

        @Test("refuses other users when there is no admin group at all", .enabled(if: Child.isPossible))
        func noGroup() async throws {
            let scratch = Scratch()
            try #require(PeerPolicy.group(named: "latchkey") == nil || geteuid() == 0)
            try await withDaemon(scratch: scratch) { daemon in
                chmod(daemon.running.adminSocket, 0o666)
                let request = TestDaemon.request("GET", "/v1/admin/status", [("connection", "close")])
                let reply = try await Child.request(
                    request, socket: daemon.running.adminSocket, user: "nobody", group: "nogroup", groups: ["games"], scratch: scratch)
                expectError(reply, 403, "peer_not_allowed")
            }
        }

        @Test("A policy lets in root, its own user and the group's members, by any of their groups")
        func policy() {
            let policy = PeerPolicy(ownUser: 500, adminGroup: 60)
            let closed = PeerPolicy(ownUser: 500, adminGroup: nil)
            for (uid, gid, groups, isAllowed, isAllowedWithout) in [
                (0, 0, [], true, true), (500, 7, [], true, true), (501, 7, [], false, false), (501, 60, [], true, false),
                (501, 7, [1, 60, 3], true, false),
                (501, 0, [0, 500], false, false), (60, 500, [61], false, false),
            ] as [(uid_t, gid_t, [gid_t], Bool, Bool)] {
                let peer = UnixPeer(uid: uid, gid: gid, groups: groups)
                #expect(policy.allows(peer) == isAllowed, "\(peer)")
                #expect(closed.allows(peer) == isAllowedWithout, "\(peer)")
            }
        }

        @Test("refuses browsers, whatever they ask for and bring", arguments: ["origin", "referer", "Origin", "Referer"])
        func browsers(_ name: String) async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                for value in ["http://evil.example", "null", "", "http://127.0.0.1"] {
                    for target in ["/v1/admin/status", "/health", "/v1/api-keys"] {
                        expectError(try await daemon.admin("GET", target, [(name, value)]), 403, "origin_not_allowed", target)
                        expectError(
                            try await daemon.admin("GET", target, [(name, value), ("x-api-key", key.secret)]), 403, "origin_not_allowed",
                            target)
                    }
                }
                #expect(try await daemon.send("GET", "/health", [(name, "http://evil.example")]).status == 200, "TCP is for everybody")
            }
        }

        @Test("A credential that comes with a request decides instead of the peer")
        func credential() async throws {
            try await withDaemon { daemon in
                let weak = try await daemon.key("relayauth:identity:read:*")
                let header = ("x-api-key", weak.secret)
                #expect(try await daemon.admin("GET", "/v1/identities", [header]).status == 200)
                expectError(try await daemon.admin("GET", "/v1/api-keys", [header]), 403, "insufficient_scope")
                expectError(try await daemon.admin("GET", "/v1/admin/org", [header]), 403, "insufficient_scope")
                expectError(try await daemon.admin("GET", "/v1/admin/status", [header]), 403, "peer_not_allowed")
                expectError(try await daemon.admin("GET", "/v1/api-keys", [("x-api-key", "lk_x")]), 401, "invalid_api_key")
                expectError(try await daemon.admin("GET", "/v1/api-keys", [("x-api-key", "")]), 401, "invalid_api_key")
                expectError(try await daemon.admin("GET", "/v1/api-keys", [("authorization", "Bearer x")]), 401, "invalid_token")
                let able = try await daemon.key("relayauth:admin:read:*")
                #expect(try await daemon.admin("GET", "/v1/admin/org", [("x-api-key", able.secret)]).status == 200)
                expectError(try await daemon.admin("GET", "/v1/admin/status", [("x-api-key", able.secret)]), 403, "peer_not_allowed")
            }
        }

        @Test("An organisation may be named on it, and must exist; elsewhere the header says nothing")
        func organisations() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                let own = try #require(key.reply.json["apiKey"]?["orgId"]?.text)
                func header(_ value: String) -> (String, String) { ("x-latchkey-org", value) }
                #expect(try await daemon.admin("GET", "/v1/api-keys", [header(own)]).status == 200)
                for unknown in ["org_00000000000000000000000000", "x", "", own.lowercased(), String(repeating: "o", count: 600)] {
                    expectError(try await daemon.admin("GET", "/v1/api-keys", [header(unknown)]), 404, "org_not_found", unknown)
                    #expect(try await daemon.call("GET", "/v1/api-keys", key: key.secret, [header(unknown)]).status == 200)
                    #expect(try await daemon.admin("GET", "/v1/api-keys", [header(unknown), ("x-api-key", key.secret)]).status == 200)
                }
                let count = try await daemon.admin("GET", "/v1/admin/status").json["counts"]?["organisations"]?.number
                #expect(count == 2, "none was made by naming it")
            }
        }

        @Test("A second daemon on the same state is refused and takes nothing away")
        func second() async throws {
            let scratch = Scratch()
            try await withDaemon(scratch: scratch) { daemon in
                for settings in [[:], [.adminSocket: scratch.path + "/other.sock"]] as [[Setting: String]] {
                    await #expect(throws: (any Error).self) { _ = try await TestDaemon(settings, scratch: scratch) }
                }
                #expect(access(scratch.path + "/other.sock", F_OK) != 0)
                let reply = try await daemon.admin("GET", "/v1/admin/status")
                #expect(reply.status == 200)
                // another state, the same socket
                let other = Scratch()
                await #expect(throws: ListenerError(.addressInUse, "")) {
                    _ = try await TestDaemon([.adminSocket: daemon.running.adminSocket], scratch: other)
                }
                #expect(try await daemon.admin("GET", "/v1/admin/status").status == 200)
                #expect(try await daemon.send("GET", "/health").status == 200)
            }
            try await withDaemon(scratch: scratch) { daemon in
                let reply = try await daemon.admin("GET", "/v1/admin/status")
                #expect(reply.status == 200)
            }
        }

        @Test("Sockets that were inherited are served as they are")
        func inherited() async throws {
            let scratch = Scratch()
            let network = try BoundSocket.tcp(host: "127.0.0.1", port: 0)
            let path = scratch.path + "/inherited.sock"
            let admin = try BoundSocket.unix(path: path, mode: 0o600, group: nil)
            try await withDaemon([.listen: "127.0.0.1:1"], scratch: scratch, inherited: [network, admin]) { daemon in
                #expect(daemon.running.url == "http://\(network.name)" && daemon.running.adminSocket == path)
                let status = try await daemon.admin("GET", "/v1/admin/status").json
                #expect(status["issuer"]?.text == "http://\(network.name)")
                #expect(try await daemon.send("GET", "/health").status == 200)
                expectError(try await daemon.send("GET", "/v1/admin/status"), 404, "not_found")
            }
        }

        @Test("Sockets that were inherited obey allow-plaintext, and there is one of each kind at most")
        func refusedInheritance() async throws {
            let exposed = try BoundSocket.tcp(host: "0.0.0.0", port: 0)
            let error = await #expect(throws: ConfigurationError.self) { _ = try await TestDaemon(inherited: [exposed]) }
            #expect(error?.message.contains("--allow-plaintext") == true)
            let two = try [BoundSocket.tcp(host: "127.0.0.1", port: 0), BoundSocket.tcp(host: "127.0.0.1", port: 0)]
            await #expect(throws: ConfigurationError.self) { _ = try await TestDaemon(inherited: two) }
            let open = try BoundSocket.tcp(host: "0.0.0.0", port: 0)
            try await withDaemon([.allowPlaintext: "true"], inherited: [open]) { daemon in
                let reply = try await daemon.send("GET", "/health")
                #expect(reply.status == 200)
            }
        }

        @Test("A state directory that is not the daemon's alone is refused, and none is opened in memory instead")
        func stateDirectory() async throws {
            let scratch = Scratch()
            let file = scratch.path + "/file"
            #expect(FileManager.default.createFile(atPath: file, contents: nil))
            for path in [file, file + "/below", scratch.path + "/missing/below"] {
                await #expect(throws: ConfigurationError.self, "\(path)") { _ = try await TestDaemon([.stateDirectory: path]) }
            }
            let open = scratch.path + "/open"
            mkdir(open, 0o755)
            chmod(open, 0o755)
            let error = await #expect(throws: ConfigurationError.self) { _ = try await TestDaemon([.stateDirectory: open]) }
            #expect(error?.message.contains(open) == true && error?.message.contains("chmod") == true)
            let missing = await #expect(throws: ConfigurationError.self) { _ = try await TestDaemon([.adminGroup: "no-such-group"]) }
            #expect(missing?.message.contains("no-such-group") == true)
        }
    }
}
