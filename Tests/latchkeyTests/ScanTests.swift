import FoundationEssentials
import Glibc
import Testing

extension OverTheSocket {
    @Suite struct Scanning {
        struct Answer: Decodable {
            struct Hit: Decodable {
                let place: String
                let line: Int
                let offset: Int
                let kind: String
                let prefix: String
                let apiKeys: [KeyAnswer]
                let revoke: [String]
            }
            let data: [Hit]
            let count: Int
            let files: Int
            let asked: Bool
            let skipped: Int
            let unread: [String]
        }

        private func secret(_ name: String) async throws -> (text: String, id: String) {
            let minted = try await OverTheSocket.daemon.run("api-keys", "mint", "--name", name, "--scope", "*", "--print-key", "--json")
                .json(
                    MintAnswer.self)
            return (try #require(minted.key), minted.apiKey.id)
        }

        @Test func `a leaked key is found, named and, with the command that is given, revoked`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                let (secret, id) = try await secret("leaked")
                #expect(mkdir(scratch["logs"], 0o700) == 0)
                try scratch.write("start\ncurl -H 'x-api-key: \(secret)'\nend\n", to: "logs/deploy.log")
                try scratch.write("nothing here", to: "logs/other.log")
                let run = try await daemon.run("scan", scratch.path)
                #expect(run.code == 1)
                let cells = [scratch["logs/deploy.log"], "2", String(secret.prefix(11)), "API key", id, "leaked", "active"]
                #expect(run.output == cells.joined(separator: "\t") + "\n")
                #expect(!run.output.contains(secret) && !run.errors.contains(secret))
                let advice = try #require(run.errors.split(separator: "\n").first { $0.hasPrefix("revoke it: latchkey ") })
                let command = advice.dropFirst("revoke it: latchkey ".count).split(separator: " ").map(String.init)
                let revoked = try await Tool.run(command, environment: ["LATCHKEY_SOCKET": daemon.socket])
                #expect(revoked.code == 0, "\(revoked.errors)")
                let again = try await daemon.run("scan", scratch.path)
                #expect(again.code == 1 && again.output.hasSuffix("\trevoked\n"))
                #expect(again.errors.contains("it is dead; end what was made with it: latchkey api-keys revoke \(id) "))
                #expect(again.errors.contains(" --descendants\n") && !again.errors.contains("revoke it"))
                #expect(run.errors.contains("hint: revoke first ") && again.errors.contains("hint: look for what was done with it"))
            }
        }

        /// A key's first characters stand in lists and logs, and anybody can make a checksum.
        @Test func `a secret that only begins as a live key does is not taken for it, and nobody is told to revoke that key`() async throws
        {
            let daemon = try OverTheSocket.daemon
            let (secret, id) = try await secret("well known")
            let forged = SecretForgery.secret(String(secret.prefix(11)) + String(repeating: "0", count: 35))
            let run = try await daemon.run("scan", "-", input: forged + "\n")
            #expect(run.code == 1 && run.output.hasSuffix("\tanother secret\n"), "\(run.output)")
            #expect(!run.output.contains(id) && !run.errors.contains("revoke"))
            let both = try await daemon.run("scan", "-", "--json", input: "\(forged)\n\(secret)\n")
            let answer = try both.json(Answer.self)
            #expect(answer.data.map { $0.apiKeys.map(\.id) } == [[], [id]])
        }

        @Test func `standard input is searched, and --json tells it all but the secret`() async throws {
            let daemon = try OverTheSocket.daemon
            let (secret, id) = try await secret("piped in")
            let run = try await daemon.run("scan", "-", "--json", input: "diff\n+\(secret)\n-\(secret)\n")
            let answer = try run.json(Answer.self)
            #expect(run.code == 1 && answer.count == 2 && answer.files == 1 && answer.asked)
            #expect(
                answer.data.map(\.line) == [2, 3] && answer.data.map(\.offset) == [6, 60] && answer.data.allSatisfy { $0.place == "-" })
            #expect(answer.data.allSatisfy { $0.apiKeys.map(\.id) == [id] && $0.kind == "api_key" && $0.revoke.count == 1 })
            #expect(!run.output.contains(secret))
        }

        @Test func `a key of another organisation is known too`() async throws {
            let daemon = try OverTheSocket.daemon
            struct Organisation: Decodable { let orgId: String }
            let other = try await daemon.run("orgs", "create", "--name", "leaky", "--json").json(Organisation.self)
            let minted = try await daemon.run(
                "api-keys", "mint", "--name", "theirs", "--scope", "*", "--org", other.orgId, "--print-key", "--json"
            )
            .json(MintAnswer.self)
            let key = try #require(minted.key)
            let run = try await daemon.run("scan", "-", input: key)
            #expect(run.output.contains(minted.apiKey.id) && run.errors.contains("--org \(other.orgId) "))
        }

        @Test func `a refresh token is told from a key, and a look-alike from both`() async throws {
            let daemon = try OverTheSocket.daemon
            let identity = try await daemon.identity("scanned")
            let token = try await daemon.pair(identity.id).refreshToken
            let run = try await daemon.run("scan", "-", input: token)
            #expect(
                run.code == 1 && run.lines.first?.contains("\trefresh token\t") == true && run.errors.contains("tokens revoke --identity"))
            let other = String(token.dropLast()) + (token.hasSuffix("0") ? "1" : "0")
            let clean = try await daemon.run("scan", "-", input: other)
            #expect(clean.code == 0 && clean.output.isEmpty && clean.errors == "no secret in 1 file\n")
        }

        @Test func `without a daemon a secret is found all the same`() async throws {
            let (secret, _) = try await secret("offline")
            for options in [["--socket", "/nowhere/at/all"], ["--offline"]] {
                let run = try await Tool.run(["scan", "-"] + options, input: secret)
                #expect(run.code == 1 && run.output.contains(secret.prefix(11)) && !run.output.contains("unknown here"))
                #expect(run.errors.contains("api-keys revoke ID"))
            }
        }

        @Test func `what can't be read is told, and is not taken for clean`() async throws {
            try await ScratchDirectory.with { scratch in
                let run = try await Tool.run(["scan", scratch["missing"]])
                #expect(run.code == 1 && run.errors.contains("not read: \(scratch["missing"]): No such file"))
            }
        }

        @Test func `a file that can't be read to its end is told, and hides no other`() async throws {
            let (secret, _) = try await secret("beside it")
            let run = try await Tool.run(["scan", "--offline", "--json", "/proc/self/mem", "-"], input: secret)
            let answer = try run.json(Answer.self)
            #expect(run.code == 1 && answer.count == 1 && answer.unread == ["/proc/self/mem: Input/output error"])
        }

        @Test func `links and pipes that lie about are not followed`() async throws {
            try await ScratchDirectory.with { scratch in
                let (secret, _) = try await secret("linked to")
                #expect(mkdir(scratch["in"], 0o700) == 0)
                try scratch.write(secret, to: "outside")
                #expect(symlink(scratch["outside"], scratch["in/link"]) == 0 && mkfifo(scratch["in/pipe"], 0o600) == 0)
                #expect(symlink(scratch["in"], scratch["in/circle"]) == 0)
                let run = try await Tool.run(["scan", scratch["in"]])
                #expect(run.code == 0 && run.errors == "no secret in 0 files; 3 that are links, or no regular files, were passed over\n")
                #expect(try await Tool.run(["scan", "--offline", scratch["in/link"]]).code == 1)
                #expect(symlink(scratch.path, scratch["in/up"]) == 0)
                #expect(try await Tool.run(["scan", "--offline", scratch["in/up"]]).lines.count == 1)
            }
        }

        @Test func `a name that is no text, and a directory deep below, are no hiding places`() async throws {
            try await ScratchDirectory.with { scratch in
                let (secret, _) = try await secret("hidden")
                let script = """
                    d="$D"; i=0; while [ $i -lt 60 ]; do d="$d/d"; i=$((i+1)); done; mkdir -p "$d"; printf '%s' "$K" > "$d/.k"
                    printf '%s' "$K" > "$D/$(printf 'x\\377')"; exec "$0" "$@"
                    """
                let run = try await Tool.run(
                    ["scan", "--offline", "--json", scratch.path], environment: ["D": scratch.path, "K": secret], shell: script)
                let answer = try run.json(Answer.self)
                #expect(answer.count == 2 && answer.files == 2 && answer.unread.isEmpty, "\(run.output)")
                #expect(Set(answer.data.map(\.place)) == [scratch["x\u{FFFD}"], scratch.path + String(repeating: "/d", count: 60) + "/.k"])
            }
        }

        @Test func `a key that was taken out of a repository is found in its history`() async throws {
            try await ScratchDirectory.with { scratch in
                let (secret, id) = try await secret("committed")
                let script = """
                    cd "$D"; export HOME="$D" GIT_CONFIG_NOSYSTEM=1; git init -q; git config user.name x; git config user.email x@example.org
                    printf 'key = %s\\n' "$K" > settings; git add settings; git commit -q -m first
                    echo 'key = ' > settings; git commit -q -a -m second
                    "$0" "$@" settings; echo "tree $?"; git log --all --patch | "$0" "$@" -; echo "history $?"
                    """
                let run = try await OverTheSocket.daemon.run("scan", environment: ["D": scratch.path, "K": secret], shell: script)
                #expect(run.lines.first == "tree 0" && run.lines.last == "history 1", "\(run.output) \(run.errors)")
                #expect(run.lines.dropFirst().dropLast().allSatisfy { $0.contains("\t\(id)\tcommitted\tactive") } && run.lines.count == 4)
            }
        }

        @Test func `a Kubernetes secret is read, and so is a stream that is longer than what is read at once`() async throws {
            let daemon = try OverTheSocket.daemon
            let (secret, id) = try await secret("in a manifest")
            let manifest = "apiVersion: v1\nkind: Secret\ndata:\n  key: \(Data(secret.utf8).base64EncodedString())\n"
            #expect(try await daemon.run("scan", "-", input: manifest).output.contains("-\t4\t\(secret.prefix(11))\tAPI key\t\(id)\t"))
            // The secret lies across the border of two reads of 256 KiB.
            let script = "{ head -c 262120 /dev/zero | tr '\\0' '\\n'; printf '%s' \"$K\"; head -c 3000000 /dev/zero; } | \"$0\" \"$@\""
            let run = try await daemon.run("scan", "-", "--json", environment: ["K": secret], shell: script)
            let answer = try run.json(Answer.self)
            #expect(answer.data.map(\.offset) == [262_120] && answer.data.map(\.line) == [262_121], "\(run.output)")
        }

        @Test func `that one key is in very many places does not hide another`() async throws {
            let (first, _) = try await secret("everywhere")
            let (second, id) = try await secret("once")
            let script = "{ yes \"$A\" | head -n 10500; echo \"$B\"; } | \"$0\" \"$@\""
            let run = try await OverTheSocket.daemon.run("scan", "-", environment: ["A": first, "B": second], shell: script)
            #expect(run.lines.count == 10_001 && run.lines.last?.contains(id) == true)
            #expect(run.errors.contains("500 more places are not listed") && run.errors.contains("secrets were found at 10501 places"))
        }
    }
}
