import LatchkeyAuthority
import LatchkeyVerifier

extension MintRequest {
    /// On what needs nobody to be asked: the name, by the rules of the daemon, and the end, by this host's clock.
    func ownFindings(at now: Timestamp) -> [MintRehearsal.Finding] {
        var findings: [MintRehearsal.Finding] = []
        do {
            _ = try DisplayText.normalised(name, field: "name", scalars: 1...100)
            findings.append(.init(subject: "name", isAllowed: true, reason: nil))
        } catch {
            findings.append(.init(subject: "name", isAllowed: false, reason: error.message))
        }
        if let expiresAt {
            let isAhead = expiresAt > now
            let reason = isAhead ? nil : "\(expiresAt) is not in the future"
            findings.append(.init(subject: "expires", isAllowed: isAhead, reason: reason))
        }
        return findings
    }
}
