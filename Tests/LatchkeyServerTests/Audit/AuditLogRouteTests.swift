@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
@testable import LatchkeyServer
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("The audit log as a transparency log")
    struct AuditLogRouteTests {
        @Test("has a head that its reader can hold against the anchor, and proofs that hold byte for byte as they came")
        func proofs() async throws {
            try await withDaemon { daemon in
                let reader = try await daemon.key("relayauth:audit:read:*", name: "auditor")
                let anchor = try daemon.authority.anchorReport().current
                let head = try await daemon.call("GET", "/v1/audit/head", key: reader.secret)
                try #require(head.status == 200, "\(head.text)")
                let checkpoint = try Checkpoint(parsing: Array(try #require(head.json["checkpoint"]?.text).utf8))
                try checkpoint.check(anchor)
                #expect(head.json["size"]?.number.map { UInt64($0) } == checkpoint.size)
                #expect(head.json["root"]?.text == checkpoint.root.description)
                #expect(try LogHead(parsing: head.json["head"]?.text ?? "") == checkpoint.head)
                #expect(head.json["anchor"]?.text == anchor.keyId && head.json["fingerprint"]?.text == anchor.fingerprint)
                let own = try await AuditQueryTests.all(daemon).compactMap { $0["seq"]?.number.map { Int($0) } }
                #expect(own.count > 3 && own.count < Int(checkpoint.size))
                for sequence in own {
                    let answer = try await daemon.call("GET", "/v1/audit/proof?seq=\(sequence)", key: reader.secret)
                    try #require(answer.status == 200, "\(answer.text)")
                    let proof = try InclusionProof(reading: answer.body)
                    try proof.check(anchor)
                    #expect(proof.checkpoint == checkpoint)
                    let entry = try JSON(proof.entry)
                    #expect(entry["seq"]?.number == Double(sequence))
                }
            }
        }

        @Test("refuses what is no number, finds nothing of a neighbour's, and asks for the scope")
        func refusals() async throws {
            try await withDaemon { daemon in
                for query in ["", "?seq=", "?seq=x", "?seq=0", "?seq=-1", "?seq=99999999999999999999", "?seq=1.0"] {
                    let answer = try await daemon.admin("GET", "/v1/audit/proof" + query)
                    expectError(answer, 400, "invalid_request", "\(query)")
                    #expect(answer.json["field"]?.text == "seq")
                }
                expectError(try await daemon.admin("GET", "/v1/audit/proof?seq=1000000"), 404, "audit_entry_not_found")
                let neighbour = try await daemon.neighbour
                let answer = try await daemon.admin("GET", "/v1/audit/proof?seq=1", [neighbour.header])
                expectError(answer, 404, "audit_entry_not_found")
                let key = try await daemon.key("relayauth:identity:read:*", name: "other")
                for path in ["/v1/audit/head", "/v1/audit/proof?seq=1"] {
                    expectError(try await daemon.call("GET", path, key: key.secret), 403, "insufficient_scope")
                }
                for query in ["?from=x", "?from=-1", "?extent=x"] {
                    expectError(try await daemon.admin("GET", "/v1/admin/audit/log" + query), 400, "invalid_request")
                }
            }
        }

        @Test("comes in parts that leave nothing out, while entries are added")
        func parts() async throws {
            try await withDaemon { daemon in
                let organisation = daemon.authority.firstOrganisation
                @Sendable func fill(_ count: Int) async throws {
                    let now = daemon.clock.now()
                    try await daemon.authority.store.write { transaction in
                        for _ in 0..<count {
                            try Authority.append(AuditDraft(.tokenIssued, actor: "a", organisation: organisation), at: now, in: transaction)
                        }
                    }
                }
                try await fill(1700)
                let first = try await daemon.admin("GET", "/v1/admin/audit/log").json
                let extent = try #require(first["extent"]?.number)
                var leaves = try #require(first["leaves"]?.elements)
                while leaves.count < Int(extent) {
                    try await fill(10)
                    let part = try await daemon.admin("GET", "/v1/admin/audit/log?from=\(leaves.count)&extent=\(Int(extent))").json
                    #expect(part["extent"]?.number == extent && part["from"]?.number == Double(leaves.count))
                    #expect(part["strays"]?.elements?.isEmpty == true && part["ragged"]?.flag == false)
                    leaves += try #require(part["leaves"]?.elements)
                }
                #expect(leaves.count == Int(extent))
                #expect(leaves.compactMap { $0["seq"]?.number } == (1...leaves.count).map { Double($0) })
                #expect(leaves.allSatisfy { $0["state"]?.text == "kept" && $0["entry"]?.text?.isEmpty == false })
                let beyond = try await daemon.admin("GET", "/v1/admin/audit/log?from=9000000000000000000&extent=9000000000000000000")
                #expect(beyond.status == 200 && beyond.json["leaves"]?.elements?.isEmpty == true)
            }
        }
    }
}
