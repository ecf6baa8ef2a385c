import LatchkeyAuthority
import LatchkeyVerifier

extension JSONWriter {
    mutating func cutover(_ status: CutoverStatus?) {
        object { writer in
            guard let status else { return writer.member("phase", "none") }
            writer.member("phase", status.phase.rawValue)
            writer.member("since", status.since)
            writer.member("kid", status.kid)
            writer.member("issuer", status.issuer)
            writer.member("maxTTL", status.maxTTL)
            writer.member("issuedUntil", status.issuedUntil)
            writer.member("signs", status.signs)
            writer.member("verifies", status.verifies)
            writer.member("jwksPublicSince", ifPresent: status.jwksPublicSince)
            writer.member("latestLegacyExpiry", ifPresent: status.latestLegacyExpiry)
            writer.member("lastPresentedAt", ifPresent: status.lastPresentedAt)
            writer.verifiers(status.verifiers)
            writer.key("presenters")
            writer.array { writer in for presenter in status.presenters { writer.presenter(presenter) } }
            writer.member("rotationDueSince", ifPresent: status.rotationDueSince)
            if let next = status.next {
                writer.key("next")
                writer.object { writer in
                    writer.member("to", next.to.rawValue)
                    writer.gates(next.gates)
                }
            }
        }
    }

    mutating func cutoverStep(_ step: CutoverStep) {
        object { writer in
            writer.member("from", step.from.rawValue)
            writer.member("to", step.to.rawValue)
            writer.member("done", step.done)
            writer.gates(step.gates)
            writer.member("overridden", ifPresent: step.overridden)
        }
    }

    /// As a member of the object that is being written.
    mutating func verifiers(_ verifiers: [CutoverRecord.Verifier]) {
        key("verifiers")
        array { writer in
            for verifier in verifiers {
                writer.object { writer in
                    writer.member("name", verifier.name)
                    writer.member("accepts", verifier.accepts)
                }
            }
        }
    }

    private mutating func presenter(_ presenter: LegacyUseRow) {
        object { writer in
            writer.member("subject", presenter.subject)
            writer.member("address", presenter.address)
            writer.member("audience", presenter.audience)
            writer.member("lastSeenAt", presenter.lastSeenAt)
        }
    }

    private mutating func gates(_ gates: [CutoverGate]) {
        key("gates")
        array { writer in
            for gate in gates {
                writer.object { writer in
                    writer.member("name", gate.name)
                    writer.member("passed", gate.passed)
                    writer.member("overridable", gate.overridable)
                    writer.member("detail", gate.detail)
                }
            }
        }
    }
}
