import LatchkeyScopes
import LatchkeyVerifier

/// What a mint would send, and what the daemon says to it before it is sent.
struct MintRehearsal {
    /// On one part of the request.
    struct Finding {
        let subject: String
        let isAllowed: Bool
        /// Why not.
        let reason: String?
        /// Whether the mint would go on all the same.
        var isAccepted = false

        /// What stands behind the subject.
        var remark: String? {
            let accepted = !isAllowed && isAccepted ? "accepted" : nil
            let remarks = [reason, accepted].compactMap(\.self)
            return remarks.isEmpty ? nil : remarks.joined(separator: "; ")
        }
    }

    let request: MintRequest
    let findings: [Finding]
    /// Routes of the API that the scopes can call; none for what is not known because a scope is none.
    let routes: [String]?

    var isAllowed: Bool { findings.allSatisfy { $0.isAllowed || $0.isAccepted } }

    /// - Throws: `.failed` when the mint would be refused, after all was printed.
    func print(json: Bool) throws(CommandFailure) {
        if json { try Output.json(document) } else { try printText() }
        guard isAllowed else { throw CommandFailure(.failed, "this key would be refused; nothing was minted") }
        if !json { Output.note("nothing was minted") }
    }

    private func printText() throws(CommandFailure) {
        try Output.line("POST /v1/api-keys " + String(decoding: Shown.json(body), as: UTF8.self))
        for finding in findings {
            let remark = finding.remark.map { ": " + Shown.sentence($0) } ?? ""
            try Output.line("\(Verdict(isAllowed: finding.isAllowed).mark) \(Shown.word(finding.subject))\(remark)")
        }
        for route in routes ?? [] { try Output.line("can call  " + Shown.text(route)) }
        if let routes, routes.isEmpty { try Output.line("can call  no protected route of this API") }
    }

    private var body: [UInt8] {
        var writer = JSONWriter()
        writer.object { request.write(to: &$0) }
        return writer.bytes
    }

    private var document: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("allowed", isAllowed)
            writer.key("request")
            writer.object { writer in
                writer.member("method", "POST")
                writer.member("path", "/v1/api-keys")
                writer.key("body")
                writer.raw(body)
            }
            writer.key("verdicts")
            writer.array { writer in
                for finding in findings {
                    writer.object { writer in
                        writer.member("subject", finding.subject)
                        writer.member("allowed", finding.isAllowed)
                        writer.member("reason", ifPresent: finding.reason)
                        if !finding.isAllowed { writer.member("accepted", finding.isAccepted) }
                    }
                }
            }
            if let routes { writer.member("routes", routes) }
        }
        return writer.bytes
    }
}

extension DaemonClient {
    /// The right to mint any key, its name and its end, and then each scope: is it one that was meant, and does the caller hold it? Then each
    /// promise: do they keep it?
    ///
    /// - Throws: what has nothing to do with the request.
    func rehearse(
        _ request: MintRequest, plan: ScopePlan, allowsUnmet: Bool, replacing old: String?
    ) async throws(CommandFailure) -> MintRehearsal {
        let right = try await verdict(on: "relayauth:api-key:manage:*", subject: "minting API keys")
        var findings: [MintRehearsal.Finding] = []
        if request.scopes.count > ScopeSet.mostScopes {
            let reason = "a key has at most \(ScopeSet.mostScopes), and these are \(request.scopes.count)"
            findings.append(.init(subject: "number of scopes", isAllowed: false, reason: reason))
        }
        for scope in request.scopes.prefix(ScopeSet.mostScopes) {
            if let slip = ScopePlan.slip(in: scope) {
                findings.append(.init(subject: scope, isAllowed: false, reason: slip))
            } else {
                findings.append(try await verdict(on: scope, subject: scope))
            }
        }
        let scopesAreGood = right.isAllowed && findings.allSatisfy(\.isAllowed)
        findings = [right] + request.ownFindings(at: SystemClock().now()) + findings
        for promise in plan.promised?.promises.all ?? [] {
            let missing = plan.promised?.unmet.first { $0.promise == promise }?.missing
            findings.append(
                .init(
                    subject: "promise: \(promise.text)", isAllowed: missing == nil, reason: missing.map(ProfileReport.needs),
                    isAccepted: allowsUnmet))
        }
        if let old { findings.append(try await replacing(old)) }
        let routes = scopesAreGood ? CallableRoutes(with: request.scopes).names.map(\.description) : nil
        return MintRehearsal(request: request, findings: findings, routes: routes)
    }

    private func replacing(_ old: String) async throws(CommandFailure) -> MintRehearsal.Finding {
        do {
            try await requireLive(old)
            return .init(subject: "replacing \(old)", isAllowed: true, reason: nil)
        } catch {
            guard let refusal = error.refusal, ["api_key_not_found", "api_key_not_active"].contains(refusal) else { throw error }
            return .init(subject: "replacing \(old)", isAllowed: false, reason: error.message)
        }
    }

    private func verdict(on scope: String, subject: String) async throws(CommandFailure) -> MintRehearsal.Finding {
        do throws(CommandFailure) {
            let answer = try await post("/v1/authorize") { $0.member("scope", scope) }
            guard answer.root["allowed"]?.bool == true else { throw JSONScanner.foreign }
            return .init(subject: subject, isAllowed: true, reason: nil)
        } catch {
            guard let refusal = error.refusal, ["insufficient_scope", "invalid_scope", "invalid_request"].contains(refusal) else {
                throw error
            }
            let isNone = refusal != "insufficient_scope"
            return .init(subject: subject, isAllowed: false, reason: isNone ? error.message : "whoever mints does not hold \(scope)")
        }
    }
}
