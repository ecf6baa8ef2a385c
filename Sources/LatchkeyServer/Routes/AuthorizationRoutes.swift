import HTTPTypes
import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyVerifier

/// Contract §7: whether the caller may do something, asked by whoever is to let it.
enum AuthorizationRoutes {
    static let all = [authorize, authorizeProxied, authorizeFile]

    private static let authorize = Route.post("/v1/authorize", "authorize", .anyAudience, "Whether the caller holds a scope")
        .note("Also takes a token that is meant for the plane that is asked about.")
        .body(ScopeBody.self)
        .answers(.ok, .authorized)
        .refuses(.invalidScope, .insufficientScope)
        .handle { call, body in
            answer(try call.authority.authorize(body.scope, by: call.caller))
        }

    private static let authorizeFile = Route.post(
        "/v1/authorize/file", "authorizeFile", .anyAudience, "Whether the caller may do something with a file"
    )
    .note("As `POST /v1/authorize` for `relayfile:fs`, with a path that may hold spaces and colons.")
    .body(FileBody.self)
    .answers(.ok, .authorized)
    .refuses(.invalidScope, .insufficientScope)
    .handle { call, body in
        answer(try call.authority.authorize(path: body.path, action: body.action, by: call.caller))
    }

    private static let authorizeProxied = Route.get(
        "/v1/authorize", "authorizeForProxy", .anyAudience, "Whether the caller holds a scope, for reverse proxies"
    )
    .note(
        "The scope is in the query or in the header `x-latchkey-scope`; the query wins. A 200 has no body; in `x-latchkey-scopes`, bytes that are no visible ASCII characters, and `%`, are percent-encoded."
    )
    .query("scope", .wantedScope, "The scope that is asked for")
    // any text, because it is not read when the query says the scope
    .header(.latchkeyScope, .string(), "The scope that is asked for, when it is not in the query")
    .answers(
        .ok, headers: .always(.latchkeySubject), .always(.organisation, .organisationId),
        .always(.latchkeyScopes, .string())
    )
    .refuses(.invalidScope, .insufficientScope)
    .handle { call in
        guard let scope = try call.query("scope") ?? call.header(.latchkeyScope) else {
            throw APIError.invalid("scope", "scope is missing: name it in the query or in the header x-latchkey-scope")
        }
        let caller = try call.caller
        _ = try call.authority.authorize(scope, by: caller)
        var headers: HTTPFields = [.cacheControl: "no-store"]
        headers[.latchkeySubject] = caller.principal.subject
        headers[.organisation] = caller.principal.organisation
        headers[.latchkeyScopes] = caller.principal.held.texts.map(HeaderText.encoded).joined(separator: " ")
        return Answer(.ok, headers: headers)
    }

    private static func answer(_ matched: Scope) -> Answer {
        .json { writer in
            writer.object { writer in
                writer.member("allowed", true)
                writer.member("matchedScope", matched.text)
            }
        }
    }
}

extension HTTPField.Name {
    static let latchkeyScope = HTTPField.Name("x-latchkey-scope")!
    static let latchkeyScopes = HTTPField.Name("x-latchkey-scopes")!
    static let latchkeySubject = HTTPField.Name("x-latchkey-subject")!
}

/// Text in a header's value: bytes that are no visible ASCII characters, and `%`, are percent-encoded, so that nothing can be mistaken.
enum HeaderText {
    static func encoded(_ text: String) -> String {
        let isPlain: (UInt8) -> Bool = { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "%") }
        if text.utf8.allSatisfy(isPlain) { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        return String(
            decoding: text.utf8.flatMap { isPlain($0) ? [$0] : [UInt8(ascii: "%"), digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }
}
