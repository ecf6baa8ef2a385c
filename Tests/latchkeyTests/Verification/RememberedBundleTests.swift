import FoundationEssentials
import Glibc
import Testing

/// `latchkey verify --state`: what is remembered, and how.
@Suite(.timeLimit(.minutes(2))) struct RememberedBundle {
    private func verify(_ bundle: String, _ state: String, anchor: String = "a") async throws -> Tool.Run {
        let token = String(try Fixture.text("offline/tokens/good.jwt").dropLast())
        return try await Tool.run([
            "verify", "--anchor", Fixture.path("offline/anchors/\(anchor).pem"), "--bundle",
            Fixture.path("offline/bundles/\(bundle).bundle"),
            "--state", state, token,
        ])
    }

    @Test func `it goes forward with each bundle and back with none`() async throws {
        try await ScratchDirectory.with { scratch in
            for (bundle, code) in [
                ("bundle-6", 0), ("bundle-8", 0), ("bundle-7", 5), ("bundle-8", 0), ("bundle-6", 5), ("by-b", 0), ("bundle-9", 5),
            ] {
                let run = try await verify(bundle, scratch["state"])
                #expect(run.code == Int32(code), "\(bundle): \(run.errors)")
                if code == 5 { #expect(run.errors.hasPrefix("latchkey: rollback: ")) }
            }
            #expect(try scratch.read("state") == Fixture.text("offline/states/by-b.json"))
            let status = try #require(scratch.status("state"))
            #expect(status.st_mode & 0o777 == 0o600)
            #expect(scratch.names == ["state", "state.lock"])
        }
    }

    @Test func `a file that was damaged is refused as it is, cut at any byte`() async throws {
        try await ScratchDirectory.with { scratch in
            let whole = try Fixture.bytes("offline/states/bundle-7.json")
            for count in stride(from: 0, to: whole.count, by: 23) {
                try Data(whole[..<count]).write(to: URL(filePath: scratch["state"]))
                chmod(scratch["state"], 0o600)
                let run = try await verify("bundle-8", scratch["state"])
                #expect(run.code == 5 && run.errors.hasPrefix("latchkey: state: "), "\(count): \(run.errors)")
                #expect(try Array(Data(contentsOf: URL(filePath: scratch["state"]))) == Array(whole[..<count]))
            }
        }
    }

    @Test func `a file that others may write, a link, a directory and a place that can't be written are refused`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write(try Fixture.text("offline/states/bundle-7.json"), to: "open")
            chmod(scratch["open"], 0o620)
            try scratch.write(try Fixture.text("offline/states/bundle-7.json"), to: "real")
            chmod(scratch["real"], 0o600)
            symlink(scratch["real"], scratch["link"])
            mkdir(scratch["directory"], 0o700)
            for name in ["open", "link", "directory", "missing/state"] {
                let run = try await verify("bundle-8", scratch[name])
                #expect(run.code == 5 && run.errors.hasPrefix("latchkey: state: "), "\(name): \(run.errors)")
                if name == "directory" { #expect(run.errors.contains("not a regular file")) }
            }
            // Also where nothing would have to be written.
            let same = try await verify("bundle-7", scratch["link"])
            #expect(same.code == 5 && same.errors.hasPrefix("latchkey: state: "), "\(same.errors)")
            #expect(try scratch.read("real") == Fixture.text("offline/states/bundle-7.json"))
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file to somebody else"))
    func `a file of another user is refused as it is`() async throws {
        try await ScratchDirectory.with { scratch in
            let text = try Fixture.text("offline/states/bundle-7.json")
            try scratch.write(text, to: "state")
            chmod(scratch["state"], 0o600)
            try #require(chown(scratch["state"], 65534, 65534) == 0)
            let refused = try await verify("bundle-8", scratch["state"])
            #expect(refused.code == 5 && refused.errors.hasPrefix("latchkey: state: ") && refused.errors.contains("another user"))
            #expect(try scratch.read("state") == text)
            try #require(chown(scratch["state"], 0, 0) == 0)
            let accepted = try await verify("bundle-8", scratch["state"])
            #expect(accepted.code == 0, "\(accepted.errors)")
        }
    }

    @Test func `two at once take turns, and no one takes an older bundle after a newer one`() async throws {
        try await ScratchDirectory.with { scratch in
            let codes = try await withThrowingTaskGroup(of: (String, Int32?).self) { group in
                for _ in 0..<4 {
                    for bundle in ["bundle-6", "bundle-7", "bundle-8", "bundle-9"] {
                        group.addTask { (bundle, try await verify(bundle, scratch["state"]).code) }
                    }
                }
                var codes: [(String, Int32?)] = []
                for try await code in group { codes.append(code) }
                return codes
            }
            #expect(codes.allSatisfy { $0.1 == 0 || $0.1 == 5 })
            #expect(codes.filter { $0.0 == "bundle-9" }.allSatisfy { $0.1 == 0 })
            let state = try scratch.read("state")
            #expect(state.contains(#""sequence":9,"#))
            #expect(scratch.names == ["state", "state.lock"])
        }
    }

    @Test func `while another process holds the lock, nothing is read, taken or written`() async throws {
        try await ScratchDirectory.with { scratch in
            let lock = open(scratch["state.lock"], O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            try #require(lock >= 0 && flock(lock, LOCK_EX) == 0)
            defer { close(lock) }
            let run = try await verify("bundle-8", scratch["state"])
            #expect(run.code == 5 && run.output.isEmpty && run.errors.hasPrefix("latchkey: state: "))
            #expect(scratch.names == ["state.lock"])
        }
    }
}
