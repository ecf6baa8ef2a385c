import FoundationEssentials
import LatchkeyCrypto
import Testing

/// A secret leaves once, in the answer that creates it, and stands nowhere afterwards.
@Suite struct LeakTests {
    @Test func `neither the log nor any file of the store holds a secret that was made, or its hash outside the index`() async throws {
        try await ScratchDirectory.with { scratch in
            let state = scratch["state"]
            let ended = try await DaemonProcess.with(stateDirectory: state) { daemon in try await Self.live(with: daemon) }
            let search = try Self.search(for: ended.value, masterKey: scratch.read("state/master.key"))
            #expect(search.found(in: Array(ended.log.joined(separator: "\n").utf8)) == [])
            for file in try FileManager.default.contentsOfDirectory(atPath: state + "/store") {
                let bytes = try Array(Data(contentsOf: URL(filePath: state + "/store/" + file)))
                #expect(search.found(in: bytes) == [], "in \(file)")
            }
        }
    }

    @Test func `the search finds a secret in every form that it looks for`() {
        var search = SecretSearch()
        search.add("a key", "lk_secret?>~")
        let hash = SHA256.hash(Array("lk_secret?>~".utf8))
        let texts = ["lk_secret?>~", "6c6b5f7365637265743f3e7e", Base64URL.encode(Array("lk_secret?>~".utf8)), Base64URL.encode(hash)]
        for text in texts { #expect(search.found(in: Array("before \(text) after".utf8)).count == 1) }
        #expect(search.found(in: Array("lk_secret".utf8) + hash) == [])
    }

    private struct Secrets: Sendable {
        var keys: [String] = []
        var refreshTokens: [String] = []
        var accessTokens: [String] = []
    }

    /// A day of an install: mints, issues, refreshes, a reuse, denials and revocations.
    private static func live(with daemon: DaemonProcess) async throws -> Secrets {
        var secrets = Secrets()
        for name in ["one", "two", "three"] {
            let minted = try await daemon.run("api-keys", "mint", "--name", name, "--scope", "*", "--print-key", "--json").json(
                MintAnswer.self)
            secrets.keys.append(try #require(minted.key))
            if name == "two" { _ = try await daemon.run("api-keys", "revoke", minted.apiKey.id) }
        }
        let identity = try await daemon.identity("sage")
        let first = try await daemon.pair(identity.id)
        let second = try await daemon.run("tokens", "refresh", "-", "--json", input: first.refreshToken).json(PairAnswer.self)
        _ = try await daemon.run("tokens", "refresh", "-", "--json", input: first.refreshToken)
        let third = try await daemon.run("tokens", "refresh", "-", "--json", input: second.refreshToken).json(PairAnswer.self)
        let reuse = try await daemon.run("tokens", "refresh", "-", input: first.refreshToken)
        #expect(reuse.code == 1)
        _ = try await daemon.run("tokens", "introspect", "-", input: third.accessToken)
        for pair in [first, second, third] {
            secrets.refreshTokens.append(pair.refreshToken)
            secrets.accessTokens.append(pair.accessToken)
        }
        return secrets
    }

    private static func search(for secrets: Secrets, masterKey: String) throws -> SecretSearch {
        var search = SecretSearch()
        for key in secrets.keys { search.add("an API key", key) }
        for token in secrets.refreshTokens { search.add("a refresh token", token) }
        for token in secrets.accessTokens {
            search.add("an access token", token)
            search.add("an access token's signature", String(token.split(separator: ".")[2]))
        }
        let text = String(masterKey.dropLast())
        search.add("the master key", bytes: try #require(Base64URL.decode(text)))
        return search
    }
}
