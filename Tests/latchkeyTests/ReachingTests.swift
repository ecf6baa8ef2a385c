import Glibc
import Testing

/// How a daemon that can't be reached is told: exit code 4, and what to do.
@Suite(.timeLimit(.minutes(1))) struct Reaching {
    @Test func `there is no socket`() async throws {
        try await ScratchDirectory.with { scratch in
            for command in [["status"], ["jwks"], ["api-keys", "list"], ["identities", "show", "x"]] {
                let run = try await Tool.run(command + ["--socket", scratch["admin.sock"]])
                #expect(run.code == 4 && run.output.isEmpty)
                #expect(run.errors.hasPrefix("latchkey: there is no socket at ") && run.errors.contains("\nhint: is the daemon running?"))
            }
        }
    }

    @Test func `nothing listens on the socket`() async throws {
        try await ScratchDirectory.with { scratch in
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: scratch["admin.sock"].utf8) }
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            #expect(bound == 0)
            let run = try await Tool.run(["status", "--socket", scratch["admin.sock"]])
            #expect(run.code == 4 && run.errors.contains("nothing listens"))
        }
    }

    @Test func `the environment names the socket, and the flag is stronger`() async throws {
        let run = try await Tool.run(["status"], environment: ["LATCHKEY_SOCKET": "/named/by/environment"])
        #expect(run.code == 4 && run.errors.contains("/named/by/environment"))
        let flag = try await Tool.run(["status", "--socket", "/named/by/flag"], environment: ["LATCHKEY_SOCKET": "/named/by/environment"])
        #expect(flag.code == 4 && flag.errors.contains("/named/by/flag"))
        let packaged = try await Tool.run(["status", "--help"])
        #expect(packaged.output.contains("/run/latchkey/admin.sock"))
    }

    @Test(arguments: ["", "/" + String(repeating: "x", count: 107)])
    func `a path that can't be a socket's is usage`(path: String) async throws {
        #expect(try await Tool.run(["status", "--socket", path]).code == 2)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"))
    func `a socket of somebody else's is not permitted`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                // The scratch directory itself is closed to others: that is what stops them here.
                let run = try await daemon.run("status", shell: "exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$0\" \"$@\"")
                #expect(run.code == 4 || run.code == 126 || run.code == 127, "\(run.errors)")
                if run.code == 4 { #expect(run.errors.contains("hint: be root, or a member of the group latchkey")) }
            }
        }
    }
}
