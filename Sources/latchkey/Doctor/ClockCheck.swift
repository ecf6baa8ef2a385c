import LatchkeyAuthority
import LatchkeyVerifier

/// Whether the host's clock is believed.
struct ClockCheck {
    private let install: ExaminedInstall

    init(_ install: ExaminedInstall) { self.install = install }

    var finding: Finding {
        let check = "clock"
        guard let status = install.status, let theirs = status["time"]?.moment else { return .skipped(check, install.silence) }
        let advice = "set the host's clock right; when it is right as it is: latchkey clock accept"
        guard let isReliable = status["clock"]?["reliable"]?.bool else { return .skipped(check, install.silence) }
        guard isReliable else {
            return .failed(
                check, "the daemon does not trust the clock and mints nothing: \(status["clock"]?["problem"]?.text ?? "")", mend: advice)
        }
        let difference = install.now.milliseconds.subtractingReportingOverflow(theirs.milliseconds).partialValue
        guard difference.magnitude <= SteadyClock.tolerance.magnitude else {
            return .failed(check, "the clock says \(install.now) here, and \(theirs) to the daemon", mend: advice)
        }
        return .ok(check, "the daemon trusts the host's clock, which says \(install.now)")
    }
}
