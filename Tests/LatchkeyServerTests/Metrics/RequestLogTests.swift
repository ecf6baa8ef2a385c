import Glibc
import Logging
import Testing

@testable import LatchkeyServer

extension ServerTests {
    @Suite("The log of requests")
    struct RequestLogTests {
        @Test("has one line for each, at debug, with what was asked for by its declared path, and who called")
        func lines() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayauth:api-key:read:*")
                let target = "/v1/api-keys/\(key.id)?secret=\(key.secret)"
                let headers = [("x-api-key", key.secret), ("x-request-id", "the-request")]
                #expect(try await daemon.send("GET", target, headers).status == 200)
                let lines = daemon.log.lines.filter { $0.contains("the-request") }
                #expect(lines.count == 1)
                let line = lines.first ?? ""
                #expect(line.hasPrefix("debug GET /v1/api-keys/{id} 200 "))
                for field in ["method", "route", "status", "microseconds", "requestId", "caller"] {
                    #expect(line.contains("\"\(field)\": "))
                }
                #expect(line.contains("api-key:\(key.secret.prefix(11))") && !line.contains(key.id))
            }
        }

        @Test("shows no request's id that may be a secret")
        func requestId() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                let pair = try await daemon.pair(daemon.identity("*"))
                for secret in [key.secret, pair.refresh, String(pair.access.prefix(100))] {
                    let reply = try await daemon.send("GET", "/health", [("x-request-id", secret)])
                    #expect(reply["x-request-id"] == secret, "to the client it is as it was")
                    #expect(!daemon.log.lines.contains { $0.contains(secret) })
                }
            }
        }

        @Test("shows nothing of what nobody declared: an unknown path or method may hold anything")
        func unknown() async throws {
            try await withDaemon { daemon in
                let absent = try await daemon.send("GET", "/lk_path-secret", [("x-request-id", "first-of-all")])
                #expect(absent.status == 404)
                #expect(try await daemon.send("MKCOL", "/health", [("x-request-id", "second-of-all")]).status == 405)
                #expect(try await daemon.send("GET", "/v1/api-keys", [("x-request-id", "three"), ("x-api-key", "lk_wrong")]).status == 401)
                let lines = daemon.log.lines
                for id in ["first-of-all", "second-of-all"] {
                    #expect(lines.contains { $0.hasPrefix("debug other unknown 40") && $0.contains(id) })
                }
                #expect(lines.contains { $0.hasPrefix("debug GET /v1/api-keys 401") && $0.contains("none") })
                for word in ["path-secret", "MKCOL", "lk_wrong"] { #expect(!lines.contains { $0.contains(word) }, "\(word)") }
            }
        }
    }

    @Suite("The journal")
    struct JournalTests {
        @Test("gets an entry's fields each under its own name, and no value can begin another")
        func form() {
            var entry = JournalEntry(priority: 7, message: "GET /x 200")
            entry.add("requestId", "abc")
            entry.add("caller", "a\nPRIORITY=0")
            entry.add("odd name!", "x")
            let head = "PRIORITY=7\nSYSLOG_IDENTIFIER=latchkey\nMESSAGE=GET /x 200\nLATCHKEY_REQUEST_ID=abc\nLATCHKEY_CALLER\n"
            let expected = Array(head.utf8) + [12, 0, 0, 0, 0, 0, 0, 0] + Array("a\nPRIORITY=0\nLATCHKEY_ODD_NAME_=x\n".utf8)
            #expect(entry.bytes == expected)
        }

        @Test("gets no field whose name it would drop, and no long name loses its beginning")
        func longNames() {
            for name in [String(repeating: "a", count: 200), String(repeating: "A", count: 40)] {
                var entry = JournalEntry(priority: 7, message: "x")
                let before = entry.bytes.count
                entry.add(name, "value")
                let field = String(decoding: entry.bytes[before...], as: UTF8.self)
                #expect(field.hasPrefix("LATCHKEY_") && field.hasSuffix("=value\n") && field.utf8.count == 64 + "=value\n".utf8.count)
            }
        }

        @Test("is written to where standard error leads there, and not otherwise")
        func stream() {
            for variable in [nil, "", "1:2", "a:b", "1", ":"] { #expect(Journal(variable: variable) == nil) }
            let file = Scratch()
            let stream = open(file.path, O_RDONLY | O_CLOEXEC)
            defer { close(stream) }
            var status = stat()
            fstat(stream, &status)
            #expect(Journal(variable: "\(status.st_dev):\(status.st_ino)", stream: stream) != nil)
            #expect(Journal(variable: "\(status.st_dev):\(status.st_ino + 1)", stream: stream) == nil)
            #expect(Journal(variable: "\(status.st_dev + 1):\(status.st_ino)", stream: stream) == nil)
        }

        @Test("takes an entry as one message, or says that it didn't")
        func socket() throws {
            let name = Scratch()
            let manager = try NotifySocket(name.path + "/journal")
            let journal = try #require(Journal(path: manager.name))
            #expect(journal.write(JournalEntry(priority: 6, message: "hello")))
            #expect(manager.messages == [["PRIORITY=6", "SYSLOG_IDENTIFIER=latchkey", "MESSAGE=hello"]])
            let deaf = try #require(Journal(path: name.path + "/nobody"))
            #expect(!deaf.write(JournalEntry(priority: 6, message: "x")))
        }
    }
}
