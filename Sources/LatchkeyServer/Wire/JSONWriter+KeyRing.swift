import LatchkeyAuthority
import LatchkeyVerifier

extension JSONWriter {
    /// - Parameters:
    ///   - signer: the signing key that tokens are signed with; none while a cutover's legacy key signs.
    ///   - surface: the operator alone hears in full why the ring is not as it should be.
    mutating func keyRing(_ report: KeyRingReport, signer: String?, on surface: Surface) {
        object { writer in
            writer.key("keys")
            writer.array { writer in for key in report.keys { writer.signingKey(key, report) } }
            writer.key("schedule")
            writer.schedule(report, signer: signer, on: surface)
        }
    }

    private mutating func signingKey(_ key: SigningKeyRecord, _ report: KeyRingReport) {
        object { writer in
            writer.member("keyId", key.kid)
            writer.member("algorithm", "RS256")
            writer.member("bits", Int64(key.bits))
            writer.member("origin", key.origin.rawValue)
            writer.member("status", key.state.rawValue)
            writer.member("createdAt", key.createdAt)
            writer.member("publishedAt", key.publishedAt)
            writer.member("activatedAt", ifPresent: key.activatedAt)
            writer.member("deactivatedAt", ifPresent: key.deactivatedAt)
            writer.member("leavesAt", ifPresent: key.state == .grace ? key.leaves(report.timings) : nil)
            writer.member("leftAt", ifPresent: key.leftAt)
            writer.member("revokeReason", ifPresent: key.revokeReason)
            writer.member("knownBy", ifPresent: key.leftAt == nil ? key.isKnown(report.timings) : nil)
            writer.member("bundlesLackItUntil", ifPresent: key.bundlesLackItUntil)
            writer.key("jwk")
            writer.publicKey(key)
        }
    }

    private mutating func schedule(_ report: KeyRingReport, signer: String?, on surface: Surface) {
        let (schedule, timings) = (report.schedule, report.timings)
        object { writer in
            writer.member("now", report.now)
            writer.member("signerKeyId", ifPresent: signer)
            writer.member("standbyKeyId", ifPresent: schedule.standby?.kid)
            writer.member("rotationDueAt", ifPresent: schedule.rotationDueAt)
            if let next = schedule.next {
                writer.key("next")
                writer.object { writer in
                    switch next.step {
                    case .rotate:
                        writer.member("step", "rotate")
                        writer.member("keyId", ifPresent: schedule.standby?.kid)
                    case .beget: writer.member("step", "create_standby")
                    case .retire(let kid):
                        writer.member("step", "retire")
                        writer.member("keyId", kid)
                    }
                    writer.member("at", next.at)
                }
            }
            if let waiting = report.waitsFor {
                writer.key("waitsFor")
                writer.object { writer in
                    writer.member("reason", waiting.reason)
                    writer.member("until", ifPresent: waiting.until)
                }
            }
            writer.member(
                "problem",
                ifPresent: report.problem.map {
                    surface == .adminSocket ? $0 : "the signing keys could not be brought up to date; the operator's status says why"
                })
            writer.key("timings")
            writer.object { writer in
                writer.member("rotationPeriod", timings.rotation)
                writer.member("shortestStandby", timings.shortestStandby)
                writer.member("graceAfterUse", timings.graceAfterUse)
                writer.member("jwksMaxAge", timings.jwksMaxAge)
                writer.member("maxBundleLife", timings.maxBundleLife)
                writer.member("maxAccessTokenTTL", timings.longestToken)
            }
        }
    }

    mutating func keyRotation(_ rotation: KeyRotation) {
        object { writer in
            writer.member("newKeyId", rotation.newKeyId)
            writer.member("oldKeyId", rotation.oldKeyId)
            writer.member("standbyKeyId", rotation.standbyKeyId)
            writer.member("rotatedAt", rotation.rotatedAt)
            writer.member("oldKeyExpiresAt", rotation.oldKeyExpiresAt)
            writer.key("notYetAcceptedBy")
            writer.holders(rotation.notYetAcceptedBy)
        }
    }

    mutating func keyRevocation(_ revocation: KeyRevocation) {
        object { writer in
            writer.member("revokedKeyIds", revocation.revokedKeyIds)
            writer.member("revokedAt", revocation.revokedAt)
            writer.member("signerKeyId", ifPresent: revocation.signerKeyId)
            writer.member("standbyKeyId", ifPresent: revocation.standbyKeyId)
            writer.key("stillAcceptedBy")
            writer.holders(revocation.stillAcceptedBy)
            writer.member("outstandingTokens", Int64(revocation.outstandingTokens))
            writer.member("latestTokenExpiry", ifPresent: revocation.latestTokenExpiry)
            writer.key("notYetAcceptedBy")
            writer.holders(revocation.notYetAcceptedBy)
            writer.member("verifiersMustRefetch", revocation.verifiersMustRefetch)
        }
    }

    mutating func keyImport(_ imported: KeyImport) {
        object { writer in
            writer.member("keyId", imported.keyId)
            writer.member("status", SigningKeyRecord.State.standby.rawValue)
            writer.member("displacedKeyId", ifPresent: imported.displacedKeyId)
            writer.member("readyAt", imported.readyAt)
        }
    }

    mutating func holders(_ holders: [KeyHolder]) {
        array { writer in
            for holder in holders {
                writer.object { writer in
                    writer.member("who", holder.who)
                    writer.member("until", holder.until)
                    if let sequence = holder.sequence { writer.member("sequence", Int64(clamping: sequence)) }
                }
            }
        }
    }
}
