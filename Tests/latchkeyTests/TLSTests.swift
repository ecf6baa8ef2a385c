import Glibc
import Testing

/// An address with TLS: whose certificate is taken, and whose not. `openssl s_server` is the daemon.
@Suite(.enabled(if: access("/usr/bin/openssl", X_OK) == 0, "there is no openssl"), .timeLimit(.minutes(1))) struct OverTLS {
    /// Runs `script` with the address in `$URL`, its certificate in `cert.pem`, that of somebody else in `other.pem`, and the command as
    /// `$0`.
    private func run(_ script: String, subject: String = "DNS:localhost") async throws -> Tool.Run {
        try await ScratchDirectory.with { scratch in
            let shell = """
                cd '\(scratch.path)' && mkdir .well-known && echo '{"keys":[]}' > .well-known/jwks.json && mkfifo log
                for name in cert other; do
                  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $name.key -out $name.pem -days 2 \
                    -subj /CN=localhost -addext 'subjectAltName=\(subject)' 2> /dev/null || exit 90
                done
                openssl s_server -accept 127.0.0.1:0 -key cert.key -cert cert.pem -WWW < /dev/null > log 2> /dev/null &
                server=$!
                exec 3< log
                while read -r word address <&3; do [ "$word" = ACCEPT ] && break; done
                URL=https://localhost:${address##*:}
                \(script)
                code=$?
                kill $server
                exit $code
                """
            return try await Tool.run([], shell: shell)
        }
    }

    @Test func `a certificate of the given file is trusted`() async throws {
        let shown = try await run("\"$0\" jwks --url $URL --ca-file cert.pem")
        #expect(shown.code == 0 && shown.output == "{\"keys\":[]}\n", "\(shown.errors)")
    }

    @Test(arguments: ["", "--ca-file other.pem"])
    func `a certificate that nobody vouches for is not`(option: String) async throws {
        let shown = try await run("\"$0\" jwks --url $URL \(option)")
        #expect(shown.code == 4 && shown.output.isEmpty && shown.errors.contains("certificate is not trusted here"), "\(shown.errors)")
    }

    @Test func `a certificate for another host is not`() async throws {
        let shown = try await run("\"$0\" jwks --url $URL --ca-file cert.pem", subject: "DNS:elsewhere.example")
        #expect(shown.code == 4 && shown.output.isEmpty && shown.errors.contains("certificate is for another host"), "\(shown.errors)")
    }

    @Test(arguments: ["cert.key", "missing.pem", "/dev/null"])
    func `a file without a certificate is usage`(file: String) async throws {
        let shown = try await run("\"$0\" jwks --url $URL --ca-file \(file)")
        #expect(shown.code == 2 && shown.output.isEmpty && shown.errors.contains("holds no certificate"), "\(shown.errors)")
    }
}
