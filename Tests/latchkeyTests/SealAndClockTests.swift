import Testing

/// What `seal`, `clock` and `status` make of the daemon's answers.
@Suite(.timeLimit(.minutes(1))) struct SealAndClock {
    private static func status(_ members: String) -> String {
        #"{"status":"degraded","time":"T","services":{"clock":{"status":"degraded","reason":"clock_unreliable"},"keyRing":{"status":"degraded","reason":"rotation_failed","detail":"no room"}},"seal":{"open":true,"masterKey":"/k","sharesDiskWithStore":true,"records":4},\#(members)"counts":{"apiKeys":1,"identities":1}}"#
    }

    private static let wrong = status(
        #""clock":{"reliable":false,"problem":"it went back by 30 days","advice":"set it right"},"cutover":{"phase":"sunset","since":"T0"},"#
    )
    private static let right = status(#""clock":{"reliable":true},"#)
    private static let accepted = #"{"time":"T","wasUnreliable":true,"problem":"it went back by 30 days","correctedKeys":2}"#

    private static let givenUp = #"{"rewrappedAt":"T","records":3,"masterKey":"/k"}"#

    @Test func `the status tells of the clock, the cutover and the key ring`() async throws {
        let run = try await FakeRun.of(["status"]) { _ in (200, Self.wrong) }
        for fact in [
            "seal\topen; master key in /k, on the store's own disk; 4 sealed records", "clock\tnot trusted: it went back by 30 days",
            "cutover\tsunset since T0", "keyRing\tdegraded: rotation_failed: no room", "next\tset it right",
        ] { #expect(run.run.lines.contains(fact), "\(run.run.output)") }
        let quiet = try await FakeRun.of(["status"]) { _ in (200, Self.right.replacing("degraded", with: "healthy")) }
        #expect(!quiet.run.output.contains("clock") && !quiet.run.output.contains("cutover") && !quiet.run.output.contains("keyRing"))
    }

    @Test func `a daemon that doubts its clock without a word about it is believed`() async throws {
        let run = try await FakeRun.of(["status"]) { _ in (200, Self.status("")) }
        #expect(run.run.lines.contains("clock\tdegraded: clock_unreliable"))
    }

    @Test func `the seal is told, open or closed`() async throws {
        let open = try await FakeRun.of(["seal", "status"]) { _ in (200, Self.right) }
        #expect(
            open.run.output == "seal\topen\nsealed\t4 sealed records\nmaster key\t/k\ndisk\tthe store's own: who steals the disk has both\n"
        )
        let closed = try await FakeRun.of(["seal", "status"]) { _ in
            (200, #"{"seal":{"open":false,"reason":"the master key is missing","masterKey":"/k"}}"#)
        }
        #expect(closed.run.code == 0 && closed.run.output.hasPrefix("seal\tclosed\nreason\tthe master key is missing\n"))
        #expect(closed.run.output.contains("next\tgive the daemon its master key back"))
        let json = try await FakeRun.of(["seal", "status", "--json"]) { _ in (200, Self.right) }
        #expect(json.run.output == #"{"open":true,"masterKey":"/k","sharesDiskWithStore":true,"records":4}"# + "\n")
        #expect(try await FakeRun.of(["seal", "status"]) { _ in (200, #"{"seal":{}}"#) }.run.code == 1)
    }

    @Test func `a new master key says what becomes of the old one`() async throws {
        let own = try await FakeRun.of(["seal", "rewrap", "--yes"]) { _ in
            (200, #"{"rewrappedAt":"T","records":4,"masterKey":"/k","oldMasterKey":"/k.old"}"#)
        }
        #expect(own.run.code == 0 && own.asked == ["POST /v1/admin/seal/rewrap {}"])
        #expect(own.run.output.contains("records\t4, each opened with the new key\n"))
        #expect(own.run.output.contains("next\tmake a new backup, then destroy the old master key: shred -u /k.old\n"))
        let given = try await FakeRun.of(["seal", "rewrap", "--key-file", "/new", "--yes"]) { _ in
            (200, #"{"rewrappedAt":"T","records":1,"masterKey":"/new"}"#)
        }
        #expect(given.asked == [#"POST /v1/admin/seal/rewrap {"keyFile":"/new"}"#])
        #expect(
            given.run.output.contains("next\tlet the service have the key in /new at its next start") && !given.run.output.contains("shred")
        )
    }

    @Test(arguments: [("give up", true), ("yes", true), ("rewrap", false), ("", false)])
    func `to give up a lost master key says what is lost, and is confirmed`(answer: String, isDone: Bool) async throws {
        let run = try await FakeRun.of(["seal", "rewrap", "--give-up-old", "gone"], typing: answer) { asked in
            (200, asked.hasPrefix("GET") ? #"{"seal":{"open":false,"reason":"the master key is missing"}}"# : Self.givenUp)
        }
        #expect(run.run.output.contains("every token ends, every verifier needs the new JWKS"))
        #expect(run.asked == ["GET /v1/admin/status"] + (isDone ? [#"POST /v1/admin/seal/rewrap {"giveUp":"gone"}"#] : []))
        #expect(run.run.output.contains("each must fetch the JWKS again") == isDone && run.run.code == (isDone ? 0 : 1))
        #expect(!run.run.output.contains("shred"))
    }

    @Test(arguments: [("rewrap", true), ("yes", true), ("no", false)])
    func `sealing anew is confirmed at the terminal`(answer: String, isDone: Bool) async throws {
        let run = try await FakeRun.of(["seal", "rewrap"], typing: answer) { asked in
            (200, asked.hasPrefix("GET") ? Self.right : #"{"rewrappedAt":"T","records":4,"masterKey":"/k"}"#)
        }
        #expect(run.asked.count == (isDone ? 2 : 1) && run.run.code == (isDone ? 0 : 1), "\(run.run.output)")
    }

    @Test func `the word on the clock says what was wrong`() async throws {
        let run = try await FakeRun.of(["clock", "accept", "--yes"]) { _ in (200, Self.accepted) }
        #expect(run.run.code == 0 && run.asked == ["POST /v1/admin/clock/accept {}"])
        #expect(
            run.run.output.hasPrefix(
                "time\tT\nclock\taccepted\nproblem was\tit went back by 30 days\nkeys corrected\t2, whose times were moved with the clock\nnext\ttokens are issued again"
            ))
        #expect(try await FakeRun.of(["clock", "accept", "--yes"]) { _ in (200, "{}") }.run.code == 1)
    }

    @Test(arguments: [("accept", true), ("yes", true), ("PROCEED", false), ("", false)])
    func `what is wrong with the clock is shown before the word is asked for`(answer: String, isDone: Bool) async throws {
        let run = try await FakeRun.of(["clock", "accept"], typing: answer) { asked in
            (200, asked.hasPrefix("GET") ? Self.wrong : Self.accepted)
        }
        #expect(run.run.output.contains("problem  it went back by 30 days") && run.run.output.contains("is this time right?"))
        #expect(run.asked.count == (isDone ? 2 : 1) && run.run.code == (isDone ? 0 : 1), "\(run.run.output)")
    }

    @Test func `a clock that is trusted needs no word`() async throws {
        let run = try await FakeRun.of(["clock", "accept"], typing: "yes") { _ in (200, Self.right) }
        #expect(run.run.code == 0 && run.asked.count == 1 && run.run.output.contains("there is nothing to accept"))
    }
}
