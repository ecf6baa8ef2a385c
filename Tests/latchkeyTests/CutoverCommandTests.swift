import Testing

/// What `cutover` makes of the daemon's answers.
@Suite(.timeLimit(.minutes(2))) struct CutoverCommands {
    private static func step(_ passed: Bool, overridable: Bool = true, done: Bool = false, to: String = "cutover") -> String {
        #"{"from":"published","to":"\#(to)","done":\#(done),"gates":[{"name":"public","passed":true,"overridable":true,"detail":"for 2 h"},{"name":"verifiers","passed":\#(passed),"overridable":\#(overridable),"detail":"gateway accepts HS256\u0020alone"}]}"#
    }

    private static let status =
        #"{"phase":"published","since":"T1","kid":"production","issuer":"https://old","maxTTL":3600,"issuedUntil":"T2","signs":"HS256","verifies":["HS256","RS256"],"jwksPublicSince":"T3","latestLegacyExpiry":"T4","lastPresentedAt":"T5","verifiers":[{"name":"gate ✓","accepts":["RS256","HS256"]}],"presenters":[{"subject":"agent_1","address":"10.0.0.7","audience":"a b","lastSeenAt":"T6"}],"rotationDueSince":"T7","next":{"to":"cutover","gates":[{"name":"public","passed":false,"overridable":true,"detail":"for 2 min"}]}}"#

    @Test func `the status says where it stands, who still presents old tokens, and what the next step waits for`() async throws {
        let run = try await FakeRun.of(["cutover", "status"]) { _ in (200, Self.status) }
        #expect(run.run.code == 0 && run.asked == ["GET /v1/admin/cutover"])
        for fact in [
            "phase\tpublished", "signs\tHS256", "verifies\tHS256 RS256", "longest legacy token\t1 hour", "JWKS public since\tT3",
            "rotation due since\tT7; nothing rotates before the sunset", "verifier\t\"gate \\u{2713}\" accepts RS256,HS256",
            "presented by\tagent_1 from 10.0.0.7 for \"a b\", last at T6", "next step\tto cutover", "gate\t✗ public: for 2 min",
        ] { #expect(run.run.lines.contains(fact), "\(run.run.output)") }
        #expect(try await FakeRun.of(["cutover", "status", "--json"]) { _ in (200, Self.status) }.run.output == Self.status + "\n")
    }

    @Test func `an install without a cutover says so`() async throws {
        let run = try await FakeRun.of(["cutover", "status"]) { _ in (200, #"{"phase":"none"}"#) }
        #expect(run.run.code == 0 && run.run.output.hasPrefix("phase\tnone\nmeans\tthis install signs RS256 and knows no legacy secret\n"))
    }

    @Test func `a dry run shows each gate and changes nothing`() async throws {
        let run = try await FakeRun.of(["cutover", "advance", "--dry-run"]) { _ in (200, Self.step(true)) }
        #expect(run.run.code == 0 && run.asked == [#"POST /v1/admin/cutover/advance {"dryRun":true}"#])
        #expect(
            run.run.output
                == "from published to cutover\n✓ public: for 2 h\n✓ verifiers: gateway accepts HS256 alone\nnothing was done; without --dry-run the step can be taken now\n"
        )
        let json = try await FakeRun.of(["cutover", "advance", "--dry-run", "--json"]) { _ in (200, Self.step(true)) }
        #expect(json.run.output == Self.step(true) + "\n" && json.run.errors.contains("✓ public: for 2 h\n"))
    }

    @Test(arguments: [["--yes"], ["--dry-run"], ["--yes", "--json"]])
    func `a gate that refuses ends it, and nothing is asked for or done`(options: [String]) async throws {
        let run = try await FakeRun.of(["cutover", "advance"] + options) { _ in (200, Self.step(false)) }
        #expect(run.run.code == 1 && run.asked.count == 1 && run.asked[0].contains(#""dryRun":true"#))
        #expect(
            run.run.errors.contains(
                "the gate verifiers refuses the step to cutover; nothing was done\nhint: mend what is marked ✗, or go on"))
        let shown = options.contains("--json") ? run.run.errors : run.run.output
        #expect(shown.contains("✗ verifiers: gateway accepts HS256 alone\n"))
    }

    @Test func `at a terminal a refused step asks no question`() async throws {
        let run = try await FakeRun.of(["cutover", "advance"], typing: "PROCEED") { _ in (200, Self.step(false)) }
        #expect(run.run.code == 1 && run.asked.count == 1 && !run.run.output.contains("type PROCEED"))
    }

    @Test(arguments: [("PROCEED", true), ("proceed", false), ("yes", false), ("", false)])
    func `only the word itself lets a step be taken, and it is the step that was shown`(word: String, isDone: Bool) async throws {
        let run = try await FakeRun.of(["cutover", "advance"], typing: word) { asked in
            (200, Self.step(true, done: !asked.contains("dryRun")))
        }
        #expect(run.run.output.contains("tokens will be signed RS256; HS256 verifies too. go from published to cutover? type PROCEED:"))
        #expect(run.run.code == (isDone ? 0 : 1))
        #expect(
            run.asked == [#"POST /v1/admin/cutover/advance {"dryRun":true}"#]
                + (isDone ? [#"POST /v1/admin/cutover/advance {"to":"cutover"}"#] : []))
        #expect(run.run.output.contains("nothing was done") == !isDone)
    }

    @Test func `an override is sent with both, and told`() async throws {
        let run = try await FakeRun.of(["cutover", "advance", "--yes", "--override", "the gateway is off"]) { asked in
            (200, Self.step(false, done: !asked.contains("dryRun")))
        }
        #expect(
            run.asked == [
                #"POST /v1/admin/cutover/advance {"dryRun":true,"override":"the gateway is off"}"#,
                #"POST /v1/admin/cutover/advance {"to":"cutover","override":"the gateway is off"}"#,
            ])
        #expect(run.run.code == 0 && run.run.output.contains("✗ verifiers: gateway accepts HS256 alone (overridden)\n"))
        #expect(run.run.output.contains("was\tpublished\nstands in\tcutover\n"))
    }

    @Test func `what was measured only by the step itself is told with its outcome`() async throws {
        let after = Self.step(true, done: true).replacing(
            "]}", with: #",{"name":"fetch","passed":true,"overridable":false,"detail":"seen"}]}"#)
        let run = try await FakeRun.of(["cutover", "advance", "--yes"]) { asked in
            (200, asked.contains("dryRun") ? Self.step(true) : after)
        }
        #expect(run.run.code == 0 && run.run.output.contains("\ngate\t✓ fetch: seen\n") && !run.run.output.contains("gate\t✓ public"))
    }

    @Test func `some gates can't be overridden`() async throws {
        let run = try await FakeRun.of(["cutover", "advance", "--yes", "--override", "r"]) { _ in
            (200, Self.step(false, overridable: false))
        }
        #expect(run.run.code == 1 && run.asked.count == 1 && run.run.errors.contains("it can't be overridden"))
    }

    @Test func `a gate that closes between the look and the step is told`() async throws {
        let run = try await FakeRun.of(["cutover", "advance", "--yes"]) { asked in
            asked.contains("dryRun")
                ? (200, Self.step(true)) : (409, #"{"message":"no","code":"cutover_gate_refused","gates":["the JWKS is 2 min old"]}"#)
        }
        #expect(run.run.code == 1 && run.run.errors.hasSuffix("latchkey: no\nhint: refused by: the JWKS is 2 min old\n"))
    }

    @Test func `a refusal that is one sentence is told once`() async throws {
        let run = try await FakeRun.of(["cutover", "rollback", "--yes"]) { _ in
            (409, #"{"message":"the cutover is over","code":"cutover_gate_refused","gates":["the cutover is over"]}"#)
        }
        #expect(run.run.code == 1 && run.run.errors == "latchkey: the cutover is over\n")
    }

    @Test(arguments: [["--dry-run"], ["--yes"]]) func `a step that was taken already is not taken again`(options: [String]) async throws {
        let there = #"{"from":"published","to":"published","done":false,"gates":[]}"#
        let run = try await FakeRun.of(["cutover", "advance", "--to", "published"] + options) { _ in (200, there) }
        #expect(
            run.run.code == 0 && run.run.output == "the cutover stands in published already; nothing was done\n" && run.asked.count == 1)
        let raced = try await FakeRun.of(["cutover", "advance", "--yes"]) { asked in
            (200, asked.contains("dryRun") ? Self.step(true) : #"{"from":"cutover","to":"cutover","done":false,"gates":[]}"#)
        }
        #expect(raced.run.code == 0 && raced.run.output.hasSuffix("the cutover stands in cutover already; nothing was done\n"))
    }

    @Test func `a purge names no phase`() async throws {
        let run = try await FakeRun.of(["cutover", "purge", "--yes"]) { asked in
            (200, #"{"from":"sunset","to":"purged","done":\#(!asked.contains("dryRun")),"gates":[]}"#)
        }
        #expect(run.asked == [#"POST /v1/admin/cutover/purge {"dryRun":true}"#, "POST /v1/admin/cutover/purge {}"])
        #expect(run.run.output.contains("no gate is on this way\n") && run.run.output.contains("older backups of this store still hold it"))
    }

    @Test func `an answer that hides a gate's verdict is no "yes"`() async throws {
        for gates in ["[{}]", #"[{"name":"a","passed":"true","detail":"d"}]"#, "null", "{}"] {
            let answer = #"{"from":"a","to":"b","done":false,"gates":\#(gates)}"#
            let run = try await FakeRun.of(["cutover", "advance", "--yes"]) { _ in (200, answer) }
            #expect(run.run.code == 1 && run.asked.count == 1, "\(gates)")
        }
    }

    @Test(arguments: ["advance", "rollback", "purge"])
    func `without a terminal and without --yes nobody is asked`(step: String) async throws {
        let run = try await Tool.run(["cutover", step, "--socket", "/nowhere"])
        #expect(run.code == 2 && run.errors.contains("nothing was done"))
    }

    @Test func `verifiers are listed, added and removed`() async throws {
        let list = try await FakeRun.of(["cutover", "verifiers", "list"]) { _ in (200, Self.status) }
        #expect(list.run.output == "\"gate \\u{2713}\"\tRS256,HS256\n")
        let json = try await FakeRun.of(["cutover", "verifiers", "list", "--json"]) { _ in (200, Self.status) }
        #expect(json.run.output == #"{"verifiers":[{"name":"gate ✓","accepts":["RS256","HS256"]}]}"# + "\n")
        let none = try await FakeRun.of(["cutover", "verifiers", "list"]) { _ in (200, #"{"phase":"none"}"#) }
        #expect(none.run.code == 1 && none.run.errors.contains("there is no cutover in this install"))
        let added = try await FakeRun.of(["cutover", "verifiers", "add", "g", "--accepts", "hs256"]) { _ in
            (200, #"{"verifiers":[{"name":"g","accepts":["HS256"]}]}"#)
        }
        #expect(added.run.output == "g\tHS256\n" && added.run.errors.contains("waits until it accepts RS256"))
        let removed = try await FakeRun.of(["cutover", "verifiers", "remove", "g"]) { _ in (200, #"{"verifiers":[]}"#) }
        #expect(removed.run.code == 0 && removed.run.output.isEmpty && removed.run.errors == "g is not listed any more\n")
    }
}
