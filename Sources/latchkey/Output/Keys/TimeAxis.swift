import LatchkeyVerifier

/// Columns of a drawing that stand for spans of time, with one between the past and the future for now.
struct TimeAxis {
    let start: Timestamp
    let now: Timestamp
    let end: Timestamp
    /// Without the one for now.
    let columns: Int

    /// - Precondition: start ≤ now < end, and at least two columns.
    init(start: Timestamp, now: Timestamp, end: Timestamp, columns: Int) {
        precondition(start <= now && now < end && columns >= 2)
        self.start = start
        self.now = now
        self.end = end
        self.columns = columns
    }

    /// How many columns the past has: none when there is no past, else its share, and at least one on either side.
    var pastColumns: Int {
        guard start < now else { return 0 }
        let share = Double(now.milliseconds - start.milliseconds) / Double(end.milliseconds - start.milliseconds)
        return min(max(Int((share * Double(columns)).rounded()), 1), columns - 1)
    }

    var past: [(from: Timestamp, to: Timestamp)] { Self.cells(from: start, to: now, count: pastColumns) }
    var future: [(from: Timestamp, to: Timestamp)] { Self.cells(from: now, to: end, count: columns - pastColumns) }

    /// The first and the last moment on one line; below it a mark over the column of now, with its moment where there is room.
    func head(now mark: String) -> [String] {
        let (first, last) = (text(start), text(end))
        let gap = columns + 1 - first.count - last.count
        let bounds = pastColumns > 0 && gap >= 1 ? first + String(repeating: " ", count: gap) + last : leading(last)
        let label = "now, \(text(now))"
        let marked: String
        if pastColumns + 2 + label.count <= columns + 1 {
            marked = String(repeating: " ", count: pastColumns) + "\(mark) \(label)"
        } else if pastColumns >= label.count + 1 {
            marked = String(repeating: " ", count: pastColumns - label.count - 1) + "\(label) \(mark)"
        } else {
            marked = String(repeating: " ", count: pastColumns) + mark
        }
        return [bounds, marked]
    }

    private func leading(_ text: String) -> String { String(repeating: " ", count: max(columns + 1 - text.count, 0)) + text }

    /// The day; with the minute where all is a matter of days.
    private func text(_ moment: Timestamp) -> String {
        let text = moment.description
        guard end.seconds - start.seconds < 4 * 86_400 else { return String(text.prefix(10)) }
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5)
    }

    /// The bounds are cut from whole milliseconds, so that they touch and nothing falls between two columns.
    private static func cells(from: Timestamp, to: Timestamp, count: Int) -> [(from: Timestamp, to: Timestamp)] {
        let length = to.milliseconds - from.milliseconds
        let bound = { (index: Int) in
            let whole = length / Int64(count) * Int64(index) + length % Int64(count) * Int64(index) / Int64(count)
            return from.adding(milliseconds: whole)
        }
        return (0..<count).map { (bound($0), bound($0 + 1)) }
    }
}
