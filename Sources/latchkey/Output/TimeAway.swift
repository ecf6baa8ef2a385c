import LatchkeyVerifier

/// Spans of time as people say them: in the greatest unit of which there are two, or exactly one; rounded down.
enum TimeAway {
    /// `in 62 days`, `3 hours ago`, or `now` for less than a second.
    static func text(from now: Timestamp, to moment: Timestamp) -> String {
        let seconds = moment.seconds.subtractingReportingOverflow(now.seconds).partialValue
        if seconds == 0 { return "now" }
        return seconds > 0 ? "in \(span(seconds))" : "\(span(-seconds)) ago"
    }

    static func span(_ seconds: Int64) -> String {
        let units: [(name: String, seconds: Int64)] = [("day", 86_400), ("hour", 3600), ("minute", 60)]
        for unit in units {
            if seconds == unit.seconds { return "1 \(unit.name)" }
            if seconds >= 2 * unit.seconds { return "\(seconds / unit.seconds) \(unit.name)s" }
        }
        return seconds == 1 ? "1 second" : "\(seconds) seconds"
    }
}
