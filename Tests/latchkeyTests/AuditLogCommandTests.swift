import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// The audit log as a transparency log, from the command line.
@Suite(.timeLimit(.minutes(2))) struct AuditLogCommands {
    private struct Verdict: Decodable {
        struct Head: Decodable {
            let outcome: String
        }

        struct Fault: Decodable {
            let leaf: UInt64?
            let seq: UInt64?
        }

        let good: Bool
        let size: UInt64
        let head: String
        let heads: [Head]
        let faults: [Fault]
    }

    private struct HeadAnswer: Decodable {
        let head: String
        let checkpoint: String
    }

    @Test func `a head that was written down is held against the log, running, stopped and in a backup`() async throws {
        try await ScratchDirectory.with { scratch in
            let state = scratch["state"]
            let (early, late) = try await DaemonProcess.with(stateDirectory: state) { daemon in
                let anchor = try await daemon.run("anchor", "show", "--out", scratch["anchor.pem"])
                #expect(anchor.code == 0, "\(anchor.errors)")
                let first = try await daemon.run("audit", "head")
                #expect(first.code == 0 && first.lines.count == 1 && first.errors.isEmpty)
                _ = try await daemon.identity("somebody")
                #expect(try await daemon.run("backup", "create", scratch["b.backup"]).code == 0)
                _ = try await daemon.identity("somebody else")
                let answer = try await daemon.run("audit", "head", "--json").json(HeadAnswer.self)
                #expect(try Checkpoint(parsing: Array(answer.checkpoint.utf8)).head.description == answer.head)
                for head in [first.lines[0], answer.head, first.lines[0].uppercased().replacing(" ", with: "  ")] {
                    let run = try await daemon.run("audit", "verify", "--head", head, "--anchor", scratch["anchor.pem"])
                    #expect(run.code == 0, "\(run.output)\(run.errors)")
                }
                let none = try await daemon.run("audit", "verify")
                #expect(none.code == 0 && none.errors.contains("note: without --head"))
                let other = try await daemon.run("audit", "verify", "--head", Self.flipped(answer.head))
                #expect(other.code == 5 && other.errors.contains("up to leaf"))
                let usage = try await daemon.run("audit", "verify", "--head", "4711")
                #expect(usage.code == 2)
                return (first.lines[0], answer.head)
            }.value
            let stopped = try await BackupKit.tool(
                scratch, "audit", "verify", "--state-dir", state, "--head", early, "--head", late, "--anchor", scratch["anchor.pem"],
                "--json")
            #expect(stopped.code == 0, "\(stopped.output)\(stopped.errors)")
            let verdict = try stopped.json(Verdict.self)
            #expect(verdict.good && verdict.heads.map(\.outcome) == ["extended", "extended"] && verdict.size > 3)
            let backup = try await BackupKit.tool(scratch, "audit", "verify", "--backup", scratch["b.backup"], "--head", early, "--json")
            #expect(try backup.code == 0 && backup.json(Verdict.self).heads.map(\.outcome) == ["extended"])
            // The backup ends before the later head was written down.
            let short = try await BackupKit.tool(scratch, "audit", "verify", "--backup", scratch["b.backup"], "--head", late, "--json")
            #expect(short.code == 5)
            #expect(try short.json(Verdict.self).heads.map(\.outcome) == ["beyond"], "\(short.output)")
        }
    }

    private static func flipped(_ head: String) -> String { String(head.dropLast()) + (head.last == "0" ? "1" : "0") }

    @Test func `an entry that was edited is named by the daemon, by verify, by fsck and by backup verify`() async throws {
        try await ScratchDirectory.with { scratch in
            let state = scratch["state"]
            let head = try await DaemonProcess.with(stateDirectory: state) { daemon in
                _ = try await daemon.identity("somebody")
                return try await daemon.run("audit", "head").lines[0]
            }.value
            try Store.rehearse(directory: state + "/store", schema: Tables.schema(writer: "test")) { transaction, _ in
                let entry = try transaction.get(Tables.audit, 2)!
                let text = String(decoding: entry.json, as: UTF8.self).replacing("\"actor\":\"system\"", with: "\"actor\":\"nobody\"")
                try transaction.put(Tables.audit, 2, AuditEntry(stored: Array(text.utf8)))
                return ((), .commit)
            }
            let stopped = try await BackupKit.tool(scratch, "audit", "verify", "--state-dir", state, "--head", head, "--json")
            let verdict = try stopped.json(Verdict.self)
            #expect(stopped.code == 5 && !verdict.good && verdict.faults.map(\.leaf) == [1] && verdict.faults.map(\.seq) == [2])
            // Its leaf is still what it was.
            #expect(verdict.heads.map(\.outcome) == ["extended"])
            let checked = try await BackupKit.tool(scratch, "fsck", "--state-dir", state)
            #expect(checked.code == 1 && checked.output.contains("the audit entry 2 (leaf 1) is not the one that was hashed"))
            _ = try await DaemonProcess.with(stateDirectory: state) { daemon in
                let run = try await daemon.run("audit", "verify", "--head", head)
                #expect(run.code == 5 && run.output.contains("the audit entry 2 (leaf 1) is not the one that was hashed"))
                #expect(run.errors.hasPrefix("latchkey: the audit log is not what it was: the audit entry 2 (leaf 1)"))
                let proof = try await daemon.run("audit", "prove", "2")
                #expect(proof.code == 1 && proof.output.isEmpty)
                #expect(try await daemon.run("backup", "create", scratch["b.backup"]).code == 0)
            }
            let verified = try await BackupKit.tool(
                scratch, "backup", "verify", scratch["b.backup"], "--master-key-file", state + "/master.key")
            #expect(verified.code == 1 && verified.output.contains("the audit entry 2 (leaf 1)"))
        }
    }

    /// Changes rows of a stopped daemon's store.
    private static func tamper(_ state: String, _ body: (borrowing WriteTransaction) throws -> Void) throws {
        try Store.rehearse(directory: state + "/store", schema: Tables.schema(writer: "test")) { transaction, _ in
            try body(transaction)
            return ((), .commit)
        }
    }

    @Test func `an entry that was deleted and marked as removed is named by verify, running and stopped, and by fsck`() async throws {
        try await ScratchDirectory.with { scratch in
            let state = scratch["state"]
            let head = try await DaemonProcess.with(stateDirectory: state) { daemon in
                _ = try await daemon.identity("somebody")
                return try await daemon.run("audit", "head").lines[0]
            }.value
            try Self.tamper(state) { transaction in
                try transaction.delete(Tables.audit, 2)
                try AuditLog.noteRemoved([2], in: transaction)
            }
            let words = "the audit entry 2 (leaf 1) is gone, and no entry of the log tells that it was removed"
            let stopped = try await BackupKit.tool(scratch, "audit", "verify", "--state-dir", state, "--head", head, "--json")
            let verdict = try stopped.json(Verdict.self)
            #expect(stopped.code == 5 && verdict.faults.map(\.leaf) == [1] && verdict.heads.map(\.outcome) == ["extended"])
            let checked = try await BackupKit.tool(scratch, "fsck", "--state-dir", state)
            #expect(checked.code == 1 && checked.output.contains(words))
            _ = try await DaemonProcess.with(stateDirectory: state) { daemon in
                let run = try await daemon.run("audit", "verify", "--head", head)
                #expect(run.code == 5 && run.output.contains(words) && !run.output.contains("by retention"))
            }
            // What lies between the hashes and is none is no reason to say nothing.
            try Self.tamper(state) { try $0.put(AuditLog.raw, [0, 0, 0, 0, 0, 0, 1], BytesRow([7])) }
            let damaged = try await BackupKit.tool(scratch, "audit", "verify", "--state-dir", state)
            #expect(damaged.code == 5 && damaged.output.contains("something lies in the log's tree behind leaf"), "\(damaged.errors)")
        }
    }

    @Test func `a backup to whose log nothing could be added is restored, and says so`() async throws {
        try await ScratchDirectory.with { scratch in
            let state = scratch["state"]
            _ = try await DaemonProcess.with(stateDirectory: state) { daemon in
                for number in 0..<14 { _ = try await daemon.identity("number \(number)") }
            }
            try Self.tamper(state) { transaction in
                let peak = MerkleTree.peaks(try AuditLog.size(in: transaction))[0]
                try transaction.delete(Tables.auditTree, peak.position)
            }
            let (made, status) = try await DaemonProcess.with(stateDirectory: state) { daemon in
                let made = try await daemon.run("backup", "create", scratch["b.backup"])
                #expect(try await daemon.run("audit", "head").code == 1)
                return (made, try await daemon.run("status"))
            }.value
            #expect(made.code == 0 && status.output.contains("the tree of the audit log is damaged"), "\(made.errors)\(status.output)")
            let key = state + "/master.key"
            let verified = try await BackupKit.tool(scratch, "backup", "verify", scratch["b.backup"], "--master-key-file", key)
            #expect(verified.code == 1)
            let run = try await BackupKit.tool(
                scratch, "restore", scratch["b.backup"], "--state-dir", scratch["new"], "--master-key-file", key, "--yes")
            #expect(
                run.code == 0 && run.output.contains("log begun anew\tthe tree of the backup's audit log was damaged"),
                "\(run.errors)\(run.output)")
            try FileManager.default.copyItem(atPath: key, toPath: scratch["new"] + "/master.key")
            _ = try await DaemonProcess.with(stateDirectory: scratch["new"]) { daemon in
                _ = try await daemon.identity("afterwards")
                let head = try await daemon.run("audit", "head")
                #expect(head.code == 0, "\(head.errors)")
                let verify = try await daemon.run("audit", "verify", "--head", head.lines.first ?? "")
                #expect(verify.code == 0 && verify.output.contains("are from before the tree was made"), "\(verify.output)\(verify.errors)")
            }
        }
    }

    @Test func `a proof is checked with the anchor and nothing else, and anything else is refused`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                #expect(try await daemon.run("anchor", "show", "--out", scratch["anchor.pem"]).code == 0)
                let run = try await daemon.run("audit", "prove", "2", "--out", scratch["p"])
                #expect(run.code == 0 && run.output.contains("leaf\t1 of "), "\(run.errors)")
                let printed = try await daemon.run("audit", "prove", "2")
                #expect(printed.output == (try scratch.read("p")))
                #expect(try await daemon.run("audit", "prove", "1000000").code == 1)
            }
            let good = try await Tool.run(["audit", "check-proof", scratch["p"], "--anchor", scratch["anchor.pem"]])
            #expect(good.code == 0 && good.output.contains("number\t2\n") && good.output.contains("leaf\t1 of "), "\(good.errors)")
            let json = try await Tool.run(["audit", "check-proof", scratch["p"], "--anchor", scratch["anchor.pem"], "--json"])
            #expect(json.code == 0 && json.output.hasPrefix("{\"valid\":true,"))
            let stranger = try await Tool.run(["audit", "check-proof", scratch["p"], "--anchor", Fixture.path("log/anchor.pem")])
            #expect(stranger.code == 5 && stranger.output.isEmpty && stranger.errors.hasPrefix("latchkey: anchor: "))
            try scratch.write(scratch.read("p").replacing("\"leaf\":1", with: "\"leaf\":0"), to: "q")
            let moved = try await Tool.run(["audit", "check-proof", scratch["q"], "--anchor", scratch["anchor.pem"], "--json"])
            #expect(moved.code == 5 && moved.output.hasPrefix("{\"valid\":false,\"reason\":\"not_included\","))
            try scratch.write(scratch.read("p") + "\n", to: "q")
            let other = try await Tool.run(["audit", "check-proof", scratch["q"], "--anchor", scratch["anchor.pem"]])
            #expect(other.code == 5 && other.errors.hasPrefix("latchkey: malformed: "))
        }
    }

    @Test func `a proof by another program holds`() async throws {
        let run = try await Tool.run(
            ["audit", "check-proof", Fixture.path("log/entry.proof"), "--anchor", Fixture.path("log/anchor.pem"), "--json"])
        #expect(run.code == 0 && run.output.contains("\"entry\":{\"seq\":12}"), "\(run.errors)")
    }
}
