@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier

/// The move from HS256 to RS256: this install signs with the legacy secret in some phases, and the issuer before it goes on.
extension Life {
    private static let maxTTL: Int64 = 2 * day
    private static let goesOn: Int64 = 3 * day

    func beginCutover() async throws {
        try await install.importSecret { request in
            request.maxTTL = Self.maxTTL
            request.issuedUntil = ManualClock.start.adding(seconds: Self.goesOn)
        }
        story.append("the legacy secret was brought")
    }

    func stepInCutover() async throws {
        switch roll(6) {
        case 0: try await move()
        case 1 where neighbour == nil:
            neighbour = try await install.otherOrganisation().principal.organisation
            story.append("another organisation")
        default: issueElsewhere()
        }
    }

    /// Never to its end, from which nothing leads back.
    private func move() async throws {
        let phase = try install.phase
        let step =
            if phase == .sunset || (phase != .legacy && roll(3) == 0) {
                try await install.rollBack { $0.override = "life" }
            } else {
                try await install.advance { $0.override = "life" }
            }
        story.append("the cutover went from \(step.from.rawValue) to \(step.to.rawValue)")
    }

    /// As the old issuer does it, which knows of nobody's suspension: for identities and for others, of organisations that are here or not, also
    /// for longer than it said.
    private func issueElsewhere() {
        let known = roll(3) > 0 ? identities.randomElement(using: &dice)?.id : nil
        let stranger = ["agent_of_old", "agent_00000000000000000000000000", "ada@example.org"].randomElement(using: &dice)!
        var token = OldToken(install, subject: known ?? stranger)
        // No issuer names an identity of one organisation together with another one.
        if known == nil, roll(2) == 0 { token.organisation = neighbour ?? "org_00000000000000000000000000" }
        if roll(4) == 0 { token.organisation = ["acme", "org_00000000000000000000000000"].randomElement(using: &dice)! }
        let issuedAt = install.clock.now().seconds - [0, 0, 1, 60, 3600].randomElement(using: &dice)!
        token.issuedAt = roll(8) > 0 ? issuedAt : nil
        token.expiresAt = issuedAt + [600, day, Self.maxTTL, Self.maxTTL, 6 * day].randomElement(using: &dice)!
        if roll(3) == 0 { token.tokenId = nil }
        oldTokens.append(token)
        story.append("old token \(oldTokens.count - 1) was issued elsewhere to \(token.subject) of \(token.organisation)")
    }
}
